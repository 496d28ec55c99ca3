#!/bin/sh
# file-iozone.sh - file.iozone beside the stock iozone 3.489 (Debian's iozone3, non-free; IOZONE= says where) on the same
# directory: the same system calls with the same sizes and offsets in the same order, the same table and the same -R report.
# Not the times: a busy machine would decide. Each check has a twin that must fail.
set -eu
iozone=$(realpath "${IOZONE:-$(command -v iozone || echo iozone)}")
. "$(dirname "$0")/file-common"
need "$iozone"

ours() { "$assay" run file.iozone target=fs "$@"; }
stock() { "$iozone" -a -f fs/stock "$@"; }

# ---- the system calls on the test file

# One a line: "write 16384", "lseek 32768"; from the first write on, which is where the first test begins.
calls() {
	sed -n -e 's/^[0-9]* *//' -e 's/^\(read\|write\)([0-9]*<[^>]*fs\/[^>]*>.*, \([0-9]*\)) *= .*/\1 \2/p' \
		-e 's/^lseek([0-9]*<[^>]*fs\/[^>]*>, \([0-9]*\), SEEK_SET.*/lseek \1/p' \
		-e 's/^fsync([0-9]*<[^>]*fs\/.*/fsync/p' "$1" | sed -n '/^write/,$p'
}
same_calls() { # NAME "stock options" our options...
	name=$1 options=$2
	shift 2
	# shellcheck disable=SC2086
	trace stock.log "$iozone" -a -f fs/stock $options
	trace ours.log "$assay" run file.iozone target=fs "$@"
	calls stock.log > stock.calls
	calls ours.log > ours.calls
	cmp -s stock.calls ours.calls
}
few="-n 64k -g 128k -y 4k -q 16k -i 0 -i 1 -i 2"
check "the same calls, sizes and offsets, in the same order" \
	same_calls plain "$few" max_file=128k max_record=16k pattern=stock
check "there were some: $(wc -l < ours.calls)" test "$(wc -l < ours.calls)" -gt 500
check "with fsync in the time" same_calls flush "$few -e" max_file=128k max_record=16k flush=yes
check "with random tests only" same_calls random "-n 64k -g 64k -y 4k -q 4k -i 0 -i 2" max_file=64k max_record=4k tests=0,2
twin "another record size is told apart" same_calls other "$few" max_file=128k min_record=8k max_record=16k
twin "a missing test is told apart" same_calls fewer "$few" max_file=128k max_record=16k tests=0,2

# The data: what stock writes has 8 bytes of 0x5f on each page, and so has ours with pattern=stock.
data() { sed -n 's/^[0-9]* *write([0-9]*<[^>]*fs\/[^>]*>, \("[^"]*"\).*/\1/p' "$1" | sort -u; }
same_calls plain "$few" max_file=128k max_record=16k pattern=stock || :
check "pattern=stock writes what iozone writes" test "$(data stock.log)" = "$(data ours.log)"
same_calls plain "$few" max_file=128k max_record=16k || :
twin "random data are told apart" test "$(data stock.log)" = "$(data ours.log)"

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
blocks() { sed -n '/^Excel output is below/,$p' "$1" | sed '/^file\.iozone: /,$d' | sed 's/ [0-9][0-9]* / N /g'; }
trimmed() { sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'; } # no blank lines at the end

# A file of 32 MiB has a hole where the records are small: the cross-over.
stock -n 16m -g 32m -i 0 -i 1 -i 2 -R > stock.txt 2>&1
ours min_file=16m max_file=32m > ours.txt 2>&1
shape stock.txt > stock.shape
shape ours.txt > ours.shape
check "the table, title and place of each number" cmp stock.shape ours.shape
check "it has rows: $(grep -c 9 ours.shape)" test "$(grep -c '^ *9' ours.shape)" = 22
sed 's/^ /  /' ours.shape > shifted.shape
twin "one blank more is told apart" cmp -s stock.shape shifted.shape
stock -n 64k -g 64k -i 0 -i 2 > stock.txt 2>&1
ours max_file=64k tests=0,2 > ours.txt 2>&1
shape stock.txt > stock.shape
shape ours.txt > ours.shape
check "tests left out leave their columns blank" cmp stock.shape ours.shape

stock -n 16m -g 32m -i 0 -i 1 -i 2 -R > stock.txt 2>&1
ours min_file=16m max_file=32m > ours.txt 2>&1
blocks stock.txt | trimmed > stock.blocks
blocks ours.txt | trimmed > ours.blocks
check "the -R report, blanks and holes included" cmp stock.blocks ours.blocks
check "it has six tables" test "$(grep -c ' report"$' ours.blocks)" = 6
grep -v '"32768"' ours.blocks > short.blocks
twin "a missing row is told apart" cmp -s stock.blocks short.blocks

# ---- the records

ours max_file=128k max_record=64k format=jsonl > journal
for metric in write rewrite read reread random_read random_write; do
	check "$metric: a measurement for each of 10 cells" test "$(grep -c "\"measurement\":{\"name\":\"$metric\",.*\"unit\":\"KiB/s\"" journal)" = 10
done
check "nothing is left behind" test -z "$(ls fs)"
finish
