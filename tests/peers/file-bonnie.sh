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

# ---- the many files

# In memory where that can be: a call is a call there, too, and a flush takes no time.
many=fs
if shm=$(mktemp -d /dev/shm/assay.XXXXXX 2> /dev/null); then
	many=$shm
	trap 'rm -rf "$shm" "$WORK"' EXIT
fi

# A letter a call of the process that makes the directory, from then on: Make a directory, open one (D) and read it (g), Create a file,
# open it, write, read, close, stat it, Flush, unlink; Link, sYmlink, Remove a directory, Sync all. Changing into the directory, and a
# descriptor of it instead, are left out.
letters() { # LOG
	pid=$(awk '/mkdir(at)?\(.*"(\.\/)?Bonnie\./ { print $1; exit }' "$1")
	awk -v pid="$pid" '
		$1 != pid { next }
		{ sub(/^[0-9]+ +/, "") }
		/^mkdir/ { begun = 1; printf "M"; next }
		!begun { next }
		/^sync\(/ { printf "S"; next }
		/^(rmdir|unlinkat\(.*AT_REMOVEDIR)/ { printf "R"; next }
		/^unlink/ { printf "u"; next }
		/^link/ { printf "L"; next }
		/^symlink/ { printf "Y"; next }
		!/Bonnie\.[0-9]+/ { next }
		/^openat.*O_CREAT/ { printf "C"; next }
		/^openat\([^,]*, "Bonnie/ || /^close\([0-9]+<[^>]*Bonnie\.[0-9]+>\)/ || /AT_EMPTY_PATH/ { next }
		/^openat\([^,]*, "([0-9][0-9][0-9][0-9][0-9]|\.)"/ { printf "D"; next }
		/^openat/ { printf "o"; next }
		/^(newfstatat|stat)/ { printf "s"; next }
		/^fsync/ { printf "F"; next }
		/^getdents/ { printf "g"; next }
		/^(read|write|close)\(/ { printf "%s", substr($0, 1, 1) }' "$1"
}
ours_many() { # LOG PARAMETER...
	log=$1
	shift
	trace_calls "$log" "$assay" run file.bonnie target="$many" io=no files=1 "$@"
	letters "$log"
}
stock_many() { # LOG -n-OPTION...
	log=$1
	shift
	# shellcheck disable=SC2086
	trace_calls "$log" bonnie++ -d "$many" -r 0 -s 0 $as_root -n "$@"
	letters "$log"
}
summary() { # of the letters
	fold -w 1 "$1" | sort | uniq -c | awk '{ printf "%s%s ", $1, $2 }'
}

stock_many many.stock.log 1:3000:3000:3:2048 > many.stock
ours_many many.log files_max=3000 files_min=3000 files_dirs=3 files_chunk=2k > many.ours
check "as many calls as there should be: $(summary many.stock)" test "$(wc -c < many.stock)" -gt 20000
check "files in directories: call by call as the stock tool" cmp -s many.ours many.stock
ours_many many.log files_max=3000 files_min=3000 files_dirs=3 files_chunk=2k definition=1.03 > many.old
check "1.03: the same without sync" test "$(cat many.old)" = "$(tr -d S < many.stock)"
twin "2.00's are told apart" cmp -s many.old many.stock

stock_many links.stock.log 1:-1:0:2 -b > links.stock
ours_many links.log files_max=link files_dirs=2 sync=yes > links.ours
check "hard links, -b: $(summary links.stock)" cmp -s links.ours links.stock
stock_many links.stock.log 1:-2:0:1 > links.stock
ours_many links.log files_max=-2 > links.ours
# In one directory reading it takes two calls, and the names' lengths decide where the second falls.
same_but_reading() { test "$(tr -d g < "$1")" = "$(tr -d g < "$2")"; }
check "symbolic links: $(summary links.stock)" same_but_reading links.ours links.stock
twin "are told apart from files" same_but_reading links.ours many.stock

# The stock readers show our figures of them, from both definitions.
ours target="$many" size=16m per_byte=no seeks=100 files=1 files_max=2000 files_min=100 files_dirs=3 definition=1.03 repeats=2 > many.text
after_blank() { sed -n "/^$1:\$/,/^\$/{/:\$/d;/^\$/d;/^file.bonnie: /d;p;}" many.text; }
after_blank bonnie-1.98.csv > many.csv
check "two repeats: a header and two lines" test "$(wc -l < many.csv)" = 3
bon_csv2txt < many.csv > many.read 2> /dev/null
columns() { sed -n 's/^.*1:2000:100\/3 *//p' "$1" | tr -s ' '; }
columns many.read > many.read.columns
after_blank bonnie.txt > many.own
columns many.own > many.own.columns
check "their text has our figures of many files, twice" test "$(wc -l < many.read.columns)" = 2 -a "$(cat many.read.columns)" = "$(cat many.own.columns)"
bon_csv2html < many.csv > many.html 2> many.err
check "their table has two rows" test "$(grep -c 'ours' many.html)" = 2 -a ! -s many.err
check "the page's table: two runs, average, deviation, for both halves" test "$(after_blank bonnie-page.txt | wc -l)" -gt 0 -a \
	"$(sed -n '/^bonnie-page/,/^bonnie-/p' many.text | grep -c '^ours .* \(run [12]\|average\|deviation\) ')" = 8

# ---- what goes wrong: one clear line, the figures until then, and nothing left

said() { grep -q "$1" fault; }
figure() { grep -q "^file.bonnie  *$1 .*[0-9]" fault; }
fault() { # MOUNT-OPTIONS PARAMETER...
	mount -t tmpfs -o "$1" none faulty
	shift
	"$assay" run file.bonnie target=faulty ram=0 size=4m seeks=100 per_byte_bytes=100k "$@" > fault 2>&1 || :
	mount -o remount,rw none faulty
	find faulty -mindepth 1 > fault.left
	umount faulty
}
mkdir faulty
if [ "$(id -u)" = 0 ] && mount -t tmpfs none faulty 2> /dev/null; then
	umount faulty
	fault size=30m,nr_inodes=500 files=1
	check "no inode is left: said after so many files" said 'create files in sequential order in .*: create, number 49[0-9] of 1024: No space left'
	check "and the large file's figures are kept" figure seeks
	twin "those of the many files there are none" figure seq_create
	check "and nothing is left" test ! -s fault.left
	fault size=3m files=0
	check "too small for the file: said before anything is written" said 'needs 4.1 MiB in .*, [0-9.]* MiB are free'
	twin "and nothing was measured" figure put_block
	fault size=30m,ro files=0
	check "read-only: said" said 'Read-only file system'
	fault size=30m files=0 direct=yes per_byte_bytes=4k
	check "a file system without O_DIRECT: said, or done" said 'with O_DIRECT.*: Invalid argument\|^file.bonnie: ok'
	check "what needs none was measured" figure putc
	check "and nothing is left" test ! -s fault.left
else
	ok "no mount here: full and read-only file systems # SKIP"
fi
rmdir faulty

check "nothing is left behind" test -z "$(ls fs)$(ls "$many")"
finish
