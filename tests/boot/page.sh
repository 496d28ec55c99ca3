#!/bin/sh
# page.sh - the report's page in headless Chromium: made-up runs of two machines, one reading at 0.7 of the other's speed; page.mjs does what a
# person would, with and without a pointer, and looks at what is drawn. Screenshots stay in $B/test/lab/page.pictures.
. "$(dirname "$0")/../lab/lib.sh"
need python3 node chromium pdftotext pdftoppm

python3 "$here/tests/lab/page-runs.py" metal metal 4 1
python3 "$here/tests/lab/page-runs.py" vm vm 4 0.7
says "two machines, four boots each" 0 'report.html: 8 runs, [1-9]' "$assay" report metal vm -o report.html
says "the latest run alone" 0 'one.html: 1 run, ' "$assay" report metal/boot-1 output=one.html
mkdir changed
cp -r metal/boot-1 changed/boot-1
sed '0,/"value":/s/"value":/"value":1/' metal/boot-1/journal.jsonl > changed/boot-1/journal.jsonl
says "a run that somebody changed" 0 'changed.html: 1 run, ' "$assay" report changed -o changed.html
says "-o without a file" 2 'the file to write is missing' "$assay" report metal -o
says "no such run" 1 'neither a run' "$assay" report metal nothing -o none.html
says "an empty folder" 1 'neither a run' "$assay" report "$WORK" -o none.html
says "a place that cannot be written" 1 'No such file or directory' "$assay" report metal/boot-1 -o nowhere/none.html
twin "a page of nothing" [ -e none.html ]

no_address() { ! sed '/plotly.js (gl3d/,/<\/script>/d' "$1" | grep -qiE '(src|href|url)[[:space:]]*[=(][[:space:]]*.?(https?:)?//'; }
check "the page names no other place to load from" no_address report.html
sed 's,<main,<img src="https://192.0.2.1/x.png"><main,' report.html > foreign.html
twin "the same page with a foreign picture" no_address foreign.html

pictures=$B/test/lab/page.pictures
rm -rf "$pictures"
mkdir -p "$pictures" home
HOME=$WORK/home node "$here/tests/lab/page.mjs" "$B/piece/playwright/" "$pictures" || failures=$((failures + 1))
[ ! -e "$pictures/report.pdf" ] || {
	pdftotext -layout "$pictures/report.pdf" - | tr -s ' \n' '  ' > printed.txt # captions of narrow tables are broken
	pdftoppm -r 50 -png "$pictures/report.pdf" "$pictures/printed"
}
printed() { grep -q "$1" printed.txt; }
for test in write rewrite read reread random_read random_write backward_read record_rewrite stride_read fwrite frewrite fread freread; do
	check "on paper: the ratio of $test" printed "ratio to metal: $test"
done
check "on paper: bonnie++'s table" printed 'Sequential Output'
check "on paper: shares over time, as a table" printed 'shares over time, Mbit/s'
twin "on paper: what only a screen needs" printed 'As the system\|as the system'
finish
