#!/bin/sh
# audit.sh - docs/audit.md says what is so: each of the 44 ids has one row, each test it names is there and carries the id, and a row without
# a test says what is missing. Prints how many of each there are.
. "$(dirname "$0")/../check.sh"

ids="B1 B2 B3 B4 B5 B6 B7 B8 R1 R2 R3 R4 R5 R6 M1 M2 M3 M4 M5 M6 M7 M8 M9 M10 M11 M12 M13 M14 M15
	E1 E2 E3 E4 E5 E6 E7 E8 E9 E10 S1 S2 S3 V1 V2"

# rows TABLE: "id <tab> holds <tab> tests <tab> missing" a line
rows() {
	awk -F'|' 'function trim(s) { gsub(/^ +| +$/, "", s); return s }
		/^\| *[A-Z][0-9]+ *\|/ { if (NF != 6) { print "malformed\t" $0 > "/dev/stderr"; exit 1 }
			print trim($2) "\t" trim($3) "\t" trim($4) "\t" trim($5) }' "$1"
}
each_id_once() { # TABLE
	rows "$1" > rows.txt && [ "$(cut -f 1 rows.txt)" = "$(echo "$ids" | tr -s ' \t' '\n\n')" ]
}
each_test_carries_its_id() { # TABLE
	rows "$1" | awk -F'\t' '{ gsub(/[`,]/, "", $3); n = split($3, file, " "); for (i = 1; i <= n; i++) print $1, file[i] }' > named.txt
	while read -r id file; do
		case $file in tests/*) ;; *) echo "# $id: $file is no test" && return 1 ;; esac
		[ -f "$here/$file" ] || { echo "# $id: no test $file" && return 1; }
		grep -qF "[$id]" "$here/$file" || { echo "# $id: $file does not carry [$id]" && return 1; }
	done < named.txt
	[ -s named.txt ]
}
gaps_are_said() { # TABLE
	rows "$1" | awk -F'\t' '$3 == "" && $4 == "" { print "# " $1 ": neither a test nor what is missing"; bad = 1 }
		$2 == "" && $3 != "" { print "# " $1 ": a test of nothing"; bad = 1 } END { exit bad }'
}
# Tests with an id that its row does not name: to be added, but no untruth.
unlisted() { # TABLE
	for id in $ids; do
		for file in $(cd "$here" && grep -rlF "[$id]" tests --include='*.sh' --include='*.c' --include='*.py' | grep -v 'lab/audit\.sh$'); do
			rows "$1" | awk -F'\t' -v id="$id" -v file="\`$file\`" '$1 == id && index($3, file) { found = 1 } END { exit !found }' || echo "# $id: $file carries it and is not listed"
		done
	done
}

table=$here/docs/audit.md
check "each of the 44 ids has one row, in order" each_id_once "$table"
check "each test that is named is there and carries the id" each_test_carries_its_id "$table"
check "a row without a test says what is missing" gaps_are_said "$table"
unlisted "$table"

sed '/^| M7 /d' "$table" > less.md
twin "a row less" each_id_once less.md
sed '/^| M7 /p' "$table" > more.md
twin "a row twice" each_id_once more.md
sed '/^| S1 /s,tests/image/survey.sh,tests/image/nothing.sh,' "$table" > gone.md
twin "a test that is not there" each_test_carries_its_id gone.md
sed '/^| S1 /s,tests/image/survey.sh,tests/image/pair.sh,' "$table" > other.md
twin "a test without the id" each_test_carries_its_id other.md
awk -F'|' 'BEGIN { OFS = "|" } $2 == " S1 " { $4 = " "; $5 = " " } { print }' "$table" > empty.md
twin "a row without a test and without a word" gaps_are_said empty.md

rows "$table" | awk -F'\t' '{ total++ } $3 != "" && $4 == "" { whole++ } $3 != "" && $4 != "" { partly++ } $3 == "" { none++ }
	END { printf "# %d requirements: %d shown by a test, %d shown with something left, %d without a test\n", total, whole, partly, none }'
finish
