#!/bin/sh
# file-iozone.sh - file.iozone and file.iozone_throughput beside the stock iozone 3.489 (Debian's iozone3, non-free; IOZONE= says
# where) on the same directory: for every test the same system calls with the same sizes and offsets in the same order, the same
# of them inside the time, the same table, -R report and worksheet. Not the times: a busy machine would decide. Each check has a
# twin that must fail.
set -eu
iozone=$(realpath "${IOZONE:-$(command -v iozone || echo iozone)}")
visible=$(realpath "${B:-$(dirname "${ASSAY:-build/assay}")}/test/peers/visible")
worksheet=$(realpath "$(dirname "$0")/worksheet.py")
. "$(dirname "$0")/file-common"
need "$iozone" "$visible" "$visible-clock.so" python3

ours() { "$assay" run file.iozone target=fs "$@"; }
stock() { "$iozone" -a -f fs/iozone.stock "$@"; }

traced=read,write,pread64,pwrite64,lseek,fsync,open,openat,close,stat,newfstatat,getppid

# ---- the system calls on the test file

# One a line: "write 16384", "lseek 32768 SEEK_SET", "open O_RDONLY". How the empty file is made is each one's own affair.
lines() { # LOG [FILE]
	sed -n -e 's/^[0-9]* *//' -e '/O_WRONLY/d' -e 's/|O_CLOEXEC//' -e 's/|O_LARGEFILE//' \
		-e "s/^\(read\|write\)([0-9]*<[^>]*fs\/[^>]*iozone${2}[^>]*>.*, \([0-9]*\)) *= .*/\1 \2/p" \
		-e "s/^\(pread64\|pwrite64\)([0-9]*<[^>]*fs\/[^>]*iozone${2}[^>]*>.*, \([0-9]*\), \([0-9]*\)) *= .*/\1 \2 \3/p" \
		-e "s/^lseek([0-9]*<[^>]*fs\/[^>]*iozone${2}[^>]*>, \([-0-9]*\), \(SEEK_...\).*/lseek \1 \2/p" \
		-e "s/^fsync([0-9]*<[^>]*fs\/[^>]*iozone$2.*/fsync/p" -e 's/^getppid.*/time/p' \
		-e "s/^open\(at\)\?(.*\"fs\/[^\"]*iozone${2}[^\"]*\", \(O_[^),]*\).*/open \2/p" \
		-e "s/^close([0-9]*<[^>]*fs\/[^>]*iozone$2.*/close/p" "$1"
}
calls() { lines "$@" | sed -n -e '/^time/d' -e '/^write/,$p'; } # from the first write on, where the first test begins
both() { # "stock options" our options...
	options=$1
	shift
	# shellcheck disable=SC2086
	strace -f -y -e trace=$traced -o stock.log "$iozone" -a -f fs/iozone.stock $options > stock.out 2>&1
	strace -f -y -e trace=$traced -o ours.log "$assay" run file.iozone target=fs "$@" > ours.out 2>&1
}
same_calls() { # "stock options" our options...
	both "$@"
	calls stock.log "" > stock.calls
	calls ours.log "" > ours.calls
	cmp -s stock.calls ours.calls
}
all=tests=0,1,2,3,4,5,6,7,9,10
few="-n 64k -g 128k -y 4k -q 16k"
check "the same calls, sizes, offsets and ways to open, in the same order, of each test" \
	same_calls "$few -E" max_file=128k max_record=16k $all pattern=stock
check "there were some: $(wc -l < ours.calls)" test "$(wc -l < ours.calls)" -gt 2000
for call in "lseek -8192 SEEK_CUR" "lseek -4096 SEEK_END" "pread64 4096 61440" "pwrite64 16384 0" "lseek 69632 SEEK_SET"; do
	check "among them $call" grep -qx "$call" ours.calls
done
check "with fsync and close in the time, without second passes" \
	same_calls "-n 64k -g 64k -y 4k -q 8k -E -e -c -+n" max_file=64k max_record=8k $all flush=yes close=yes retests=no
check "O_SYNC" same_calls "-n 64k -g 64k -y 16k -q 16k -E -o" max_file=64k records=16k $all sync=sync
check "among them its flag" grep -q 'O_RDWR|O_CREAT|O_SYNC' ours.calls
check "O_DSYNC" same_calls "-n 64k -g 64k -y 16k -q 16k -i 0 -i 4 -+D" max_file=64k records=16k tests=0,4 sync=dsync
check "O_DIRECT" same_calls "-n 64k -g 64k -y 16k -q 16k -E -I" max_file=64k records=16k $all direct=yes
for records in 17 18 20 64; do
	check "the stride read of $records records" same_calls "-n $((records * 4))k -g $((records * 4))k -y 4k -q 4k -i 0 -i 5" \
		files=$((records * 4))k records=4k tests=0,5
done
check "a stride of 3" same_calls "-n 40k -g 40k -y 4k -q 4k -i 0 -i 5 -j 3" files=40k records=4k tests=0,5 stride=3
twin "another stride is told apart" same_calls "-n 40k -g 40k -y 4k -q 4k -i 0 -i 5 -j 3" files=40k records=4k tests=0,5 stride=2
twin "another record size is told apart" same_calls "$few -i 0 -i 1" max_file=128k min_record=8k max_record=16k tests=0,1
twin "a missing test is told apart" same_calls "$few -i 0 -i 3" max_file=128k max_record=16k tests=0

# The data: what stock writes has 8 bytes of 0x5f on each page, and so has ours with pattern=stock.
data() { sed -n 's/^[0-9]* *p\?write\(64\)\?([0-9]*<[^>]*fs\/[^>]*>, \("[^"]*"\).*/\2/p' "$1" | sort -u; }
both "-n 64k -g 64k -y 4k -q 16k -E" max_file=64k max_record=16k $all pattern=stock
check "pattern=stock writes what iozone writes" test "$(data stock.log)" = "$(data ours.log)"
both "-n 64k -g 64k -y 4k -q 16k -i 0" max_file=64k max_record=16k tests=0
twin "random data are told apart" test "$(data stock.log)" = "$(data ours.log)"

# ---- the calls inside the time

# The clock made visible. Before a file is open and after it was closed each looks at it for purposes of its own.
timed() { lines "$1" "" | awk '/^open/ { n++ } /^close/ && n { n-- } $1 != "time" || n' | sed -n '/^time/,$p'; }
same_time() { # "stock options" our options...
	options=$1
	shift
	# shellcheck disable=SC2086
	strace -f -y -E LD_PRELOAD="$visible-clock.so" -e trace=$traced -o stock.log "$iozone" -a -f fs/iozone.stock $options > stock.out 2>&1
	strace -f -y -E ASAN_OPTIONS=detect_leaks=0 -e trace=$traced -o ours.log "$visible" file.iozone "$@" > ours.out 2>&1
	timed stock.log > stock.calls
	timed ours.log > ours.calls
	cmp -s stock.calls ours.calls
}
check "the same calls inside the time of each test" same_time "-n 64k -g 64k -y 4k -q 16k -E" max_file=64k max_record=16k $all
check "there were times: $(grep -c time ours.calls)" test "$(grep -c time ours.calls)" = 108
check "with the flush in it" same_time "-n 64k -g 64k -y 4k -q 4k -E -e" max_file=64k records=4k $all flush=yes
twin "a flush more is told apart" same_time "-n 64k -g 64k -y 4k -q 4k -E" max_file=64k records=4k $all flush=yes

# ---- the reports

# Every number becomes 9s up to its last digit, so that the place where it ends is what is compared.
shape() { sed -n '/random *random/,/iozone test complete/p' "$1" | awk '
	/^ *[0-9]+ +[0-9]+ / { line = ""; rest = $0
		while (match(rest, /[0-9]+/)) {
			line = line sprintf("%*s", RSTART + RLENGTH - 1, "9")
			rest = substr(rest, RSTART + RLENGTH)
		}
		print line rest; next }
	{ print }'; }
blocks() { sed -n '/^Excel output is below/,$p' "$1" | sed '/^file\.iozone: /,$d' |
	sed -e 's/ [0-9][0-9]* / N /g' -e 's/ *[0-9]*\.[0-9][0-9]/ N.N/g'; }
trimmed() { sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'; } # no blank lines at the end
same_reports() { # "stock options" our options...
	options=$1
	shift
	# shellcheck disable=SC2086
	stock $options -R > stock.txt 2>&1
	ours "$@" > ours.txt 2>&1
	shape stock.txt > stock.shape
	shape ours.txt > ours.shape
	blocks stock.txt | trimmed > stock.blocks
	blocks ours.txt | trimmed > ours.blocks
	cmp stock.shape ours.shape && cmp stock.blocks ours.blocks
}
small="-n 64k -g 256k"
check "the table and the -R report, of all tests" same_reports "$small" max_file=256k tests=0,1,2,3,4,5,6,7
check "it has rows: $(grep -c '^ *9' ours.shape)" test "$(grep -c '^ *9' ours.shape)" = 18
check "it has 13 blocks" test "$(grep -c ' report"$' ours.blocks)" = 13
sed 's/^ /  /' ours.shape > shifted.shape
twin "one blank more is told apart" cmp -s stock.shape shifted.shape
grep -v '"256"' ours.blocks > short.blocks
twin "a missing row is told apart" cmp -s stock.blocks short.blocks
# In small numbers: a pread of 10 GB/s runs into the column before it.
check "with pwrite and pread" same_reports "$small -E -O" max_file=256k $all unit=ops
check "without second passes" same_reports "$small -+n" max_file=256k tests=0,1,2,3,4,5,6,7 retests=no
check "with processor time" same_reports "-n 64k -g 64k -i 0 -i 1 -+u" max_file=64k tests=0,1 cpu=yes
for tests in 2 3,4 5 6 7; do
	check "without all but 0 and $tests: blank columns" same_reports "-n 64k -g 64k -i 0 $(echo ",$tests" | sed 's/,/ -i /g')" \
		max_file=64k tests=0,$tests
done
check "in operations a second" same_reports "-n 64k -g 64k -i 0 -O" max_file=64k tests=0 unit=ops
check "as small numbers" same_reports "-n 64k -g 64k -i 0 -N" max_file=64k tests=0 unit=us
check "above 16 MiB the small records are left out" same_reports "-n 16m -g 32m -i 0" min_file=16m max_file=32m tests=0
check "it has rows: $(grep -c '^ *9' ours.shape)" test "$(grep -c '^ *9' ours.shape)" = 22

# How scripts split it: the third to fifteenth number of each row that begins with one.
same_reports "$small" max_file=256k tests=0,1,2,3,4,5,6,7 || :
split() { awk '/^ *[0-9]/ { for (i = 3; i <= 15; i++) print i, $1, $2, ($i > 0) }' "$1"; }
split stock.txt > stock.split
split ours.txt > ours.split
check "split by columns as iozone's own Generate_Graphs does" cmp stock.split ours.split

# The worksheet, by its records, the rates left out.
stock -n 64k -g 256k -i 0 -i 1 -+u -b stock.xls > stock.out 2>&1
ASAN_OPTIONS=detect_leaks=0 "$visible" file.iozone max_file=256k tests=0,1 cpu=yes > ours.out 2>&1
python3 "$worksheet" stock.xls > stock.sheet
python3 "$worksheet" iozone.xls > ours.sheet
check "the worksheet" cmp stock.sheet ours.sheet
check "as long as iozone's" test "$(wc -c < stock.xls)" = "$(wc -c < iozone.xls)"
check "it has eight titles and three lines of heading" test "$(grep -c label ours.sheet)" = 11

# What `assay compare` reads there. The same run's table and worksheet hold the same figures.
figures_of() { # FILE: metric, place, value, unit
	"$assay" compare "$1" format=json | python3 -c 'import json, sys
for metric in json.load(sys.stdin)["metrics"]:
	if not metric["detail"]:
		print(metric["metric"], *[axis["value"] for axis in metric["at"]], metric["subjects"][0]["median"], metric["unit"])' | sort
}
figures_of stock.out > table.figures
figures_of stock.xls > sheet.figures
check "compare reads the same in iozone's worksheet as in its table" cmp table.figures sheet.figures
check "four figures of 18 cells: $(wc -l < sheet.figures)" test "$(grep -c 'KiB/s$' sheet.figures)" = 72
figures_of iozone.xls > ours.figures
check "as many in ours" test "$(wc -l < ours.figures)" = 72
twin "another run's are others" cmp -s table.figures ours.figures

# ---- many at once

# A call that was traced in two pieces, since another thread's came between.
joined() { awk '
	/<unfinished \.\.\.>$/ { sub(/ *<unfinished \.\.\.>$/, ""); held[$1] = $0; next }
	/<\.\.\. [a-z0-9]+ resumed>/ { thread = $1; sub(/^.* resumed>/, ""); print held[thread] $0; next }
	{ print }' "$1"; }
of_child() { # LOG PATTERN SUFFIX
	joined "$1" | grep "$2" | calls /dev/stdin "$3" | grep -v 'open\|close'
}
# Without its pauses.
strace -f -y -E LD_PRELOAD="$visible-clock.so" -e trace=$traced -o stock.log "$iozone" -t 2 -T -x -s 128k -r 16k -R \
	-F fs/iozone.0 fs/iozone.1 > stock.txt 2>&1
strace -f -y -e trace=$traced -o ours.log "$assay" run file.iozone_throughput target=fs threads=2 stonewall=no file=128k record=16k \
	pause=0 > ours.txt 2>&1
for child in 0 1; do
	of_child stock.log "fs/iozone.${child}[\">]" ".$child" > stock.calls
	of_child ours.log "DUMMY.${child}[\">]" "" > ours.calls
	check "child $child makes the same calls" cmp stock.calls ours.calls
done
check "there were some: $(wc -l < ours.calls)" test "$(wc -l < ours.calls)" -gt 150
of_child ours.log "DUMMY.0[\">]" "" > ours.calls
twin "the other child's are told apart: one reads where the other writes" cmp -s stock.calls ours.calls
figures() { sed -n '/Children see/,/test complete/p' "$1" | sed -e '/^file\.iozone/,$d' -e 's/[ 0-9]*[0-9]\.[0-9][0-9]/ N.N/g'; }
figures stock.txt > stock.figures
figures ours.txt > ours.figures
check "the report of many at once" cmp stock.figures ours.figures
check "it has 13 blocks" test "$(grep -c 'Children see' ours.figures)" = 13
grep -v mixed ours.figures > short.figures
twin "a missing test is told apart" cmp -s stock.figures short.figures

# iozone prints the sums twice: with each block, where compare reads them, and at the end (-R).
sums() { sed -n 's/^" *[A-Z][A-Za-z -]* " *\([0-9.]*\) *$/\1/p' "$1" | awk '{ printf "%.2f\n", $1 }' | sort; }
figures_of stock.txt > many.figures
awk '{ printf "%.2f\n", $(NF - 1) }' many.figures | sort > many.sums
sums stock.txt > stock.sums
check "compare reads iozone's report of many" cmp stock.sums many.sums
check "13 sums of two children: $(wc -l < many.figures)" test "$(grep -c '^[a-z_]* 2 [0-9.]* KiB/s$' many.figures)" = 13
sums ours.txt > ours.sums
twin "another run's are others" cmp -s ours.sums many.sums
"$assay" run file.iozone_throughput target=fs threads=2 file=128k record=16k pause=0 format=jsonl > many.journal
for metric in $(cut -d ' ' -f 1 many.figures); do
	check "ours is called the same, at the same place: $metric" grep -q "\"name\":\"$metric\",.*\"unit\":\"KiB/s\".*\"axis\":\"threads\",\"value\":2,\"unit\":\"\"" many.journal
done

# ---- the records

ours max_file=128k max_record=64k format=jsonl tests=0,1,2,3,4,5,6,7 > journal
for metric in write rewrite read reread random_read random_write backward_read record_rewrite stride_read fwrite frewrite fread freread; do
	check "$metric: a measurement for each of 10 cells" test "$(grep -c "\"measurement\":{\"name\":\"$metric\",.*\"unit\":\"KiB/s\"" journal)" = 10
done
check "nothing is left behind" test -z "$(ls fs)"
finish
