#!/bin/sh
# file-bonnie.sh - file.bonnie beside the stock bonnie++ 2.00a on the same directory: its readers take our CSV and show our
# rates, and both do the same system calls. Not the times: a busy machine would decide. Each check has a twin that must fail.
set -eu
. "$(dirname "$0")/file-common"
need bonnie++ bon_csv2txt bon_csv2html

ours() { "$assay" run file.bonnie target=fs ram=0 machine=ours files=0 "$@"; }
as_root=
[ "$(id -u)" != 0 ] || as_root="-u root" # or it refuses to start
# shellcheck disable=SC2086
stock() { bonnie++ -d fs -r 0 -n 0 -m stock $as_root "$@"; }
after() { sed -n "/^$1:\$/{n;p;}" "$2"; }

# ---- the readers

ours size=64m > text
after bonnie.csv text > csv
stock -q -s 16 -f > stock.csv 2> stock.txt
fields() { awk -F, 'END { print NF }' "$1"; }
check "as many fields as the stock line: $(fields stock.csv)" test "$(fields csv)" = "$(fields stock.csv)"
bon_csv2txt < csv > read.txt 2>&1

# 3 MiB byte by byte take more than half a second, or the machine is that fast; then another of our rates.
shown() { # CSV - the first of our rates in KiB/s that is a number
	awk -F, '{ for (i = 10; i <= 18; i += 2) if ($i ~ /^[0-9]+$/) { print $i; exit } }' "$1"
}
as_text() { # KIB_PER_SECOND, as the reader rounds
	awk -v k="$1" 'BEGIN { if (k < 10000) printf "%dk", k; else if (k < 102400) printf "%.1fm", k / 1024; else printf "%dm", k / 1024 }'
}
rate=$(shown csv)
if [ -n "$rate" ]; then
	check "bon_csv2txt shows our rate $(as_text "$rate")" grep -q " $(as_text "$rate") " read.txt
	twin "another rate is told apart" grep -q " $(as_text $((rate * 3))) " read.txt
else
	grep -q '+++++' read.txt && ok "bon_csv2txt shows +++++ for all, the machine is that fast" || not_ok "no rate in: $(cat csv)"
fi
check "bon_csv2txt shows our latency" grep -q "^Latency.* $(awk -F, '{ print $39 }' csv) " read.txt
bon_csv2html < csv > read.html 2> read.err
check "bon_csv2html makes a row of it" grep -q 'ours' read.html
check "bon_csv2html does not complain" test ! -s read.err
sed 's/^1\.98/1.97/' csv > wrong.csv
bon_csv2txt < wrong.csv > wrong.txt 2>&1 || :
check "a line of another format is refused" grep -q 'Expected 1.98\|process' wrong.txt
twin "ours is not" grep -q 'Expected 1.98\|process' read.txt

# Our own text report and what the stock reader makes of our CSV say the same figures, column by column.
figures() { sed -n '/^ours/{s/^[^ ]* *[^ ]* *//;s/ \{1,\}/ /g;p;q;}' "$1"; }
check "our text has the reader's figures" test "$(figures text)" = "$(figures read.txt | sed 's/ 0k +++/ +++++ +++/g; s/^0k/+++++/')"

"$assay" run file.bonnie target=fs ram=0 files=0 size=64m per_byte=no definition=1.03 machine=ours > old.text
after bonnie.csv old.text > old.csv
check "27 fields in the layout of 1.03" test "$(fields old.csv)" = 27

# ---- the system calls on the test file

# The stock tool flushes twice more: an empty file that -f leaves of the per-byte phase, and its own descriptor, which
# it closes while its threads begin to seek.
calls() { # LOG [FSYNCS MORE] - reads writes-minus-lseeks fsyncs
	awk -v more="${2:-0}" '/Bonnie\.[0-9]+/ && /(read|write|lseek|fsync)\(/ { sub(/^[0-9]+ +/, ""); sub(/\(.*/, ""); n[$0]++ }
		END { print n["read"] + 0, n["write"] - n["lseek"], n["fsync"] - more }' "$1"
}
# shellcheck disable=SC2086
trace stock.log bonnie++ -d fs -r 0 -n 0 -f $as_root -s 8:8192:1000:5
trace ours.log "$assay" run file.bonnie target=fs ram=0 files=0 size=8m per_byte=no seeks=1000 seekers=5 pattern=stock
trace other.log "$assay" run file.bonnie target=fs ram=0 files=0 size=8m per_byte=no seeks=1000 seekers=5 chunk=16k
# Updates are drawn at random: each is one write and one lseek, so that the difference does not depend on them.
check "reads, writes less lseeks, fsyncs as the stock tool: $(calls stock.log 2)" test "$(calls ours.log)" = "$(calls stock.log 2)"
twin "another chunk is told apart: $(calls other.log)" test "$(calls other.log)" = "$(calls stock.log 2)"
updates=$(awk '/Bonnie/ && /lseek\(/ { n++ } END { print n - 1024 - 2 - 1000 }' ours.log)
check "about a tenth of 1000 seeks write: $updates" test "$updates" -gt 50 -a "$updates" -lt 150

written() { grep 'Bonnie' "$2" | grep -c "write(.*, $1) *= $1\$" || :; }
trace bytes.log "$assay" run file.bonnie target=fs ram=0 files=0 size=1m seeks=1 per_byte_bytes=4k
trace chars.log "$assay" run file.bonnie target=fs ram=0 files=0 size=1m seeks=1 per_byte_bytes=4k definition=1.03
check "2.00 writes each byte" test "$(written 1 bytes.log)" = 4096
check "1.03 writes a buffer of them" test "$(written 1 chars.log) $(written 4096 chars.log)" = "0 1"

check "nothing is left behind" test -z "$(ls fs)"
finish
