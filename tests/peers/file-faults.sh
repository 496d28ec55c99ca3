#!/bin/sh
# file-faults.sh - file systems without room, filled by somebody else meanwhile, read-only, with a limit on files; files of odd sizes in the
# place of a disk. Each run ends in one named outcome and with a failure's code, what was measured before is kept, nothing is left behind.
given=${WORK:-}
. "$(dirname "$0")/../check.sh"
[ "$(id -u)" = 0 ] || { echo "ok - only root may mount # SKIP"; exit 77; }
need mount

mkdir fs locked
mount -t tmpfs -o size=48m none fs
trap 'umount locked fs 2> /dev/null || :; [ -n "$given" ] || rm -rf "$WORK"' EXIT

measure() { # NAME BENCHMARK ARGUMENT...: its code in NAME.code, its records in NAME
	name=$1
	shift
	code=0
	"$assay" run "$@" format=jsonl > "$name" 2> "$name.said" || code=$?
	echo $code > "$name.code"
}
fill_up() { # NAME: all that is free and all that becomes free, as soon as NAME has measured something, until it has ended
	tries=0
	while [ ! -e "$1.code" ] && [ $tries -lt 600 ]; do
		tries=$((tries + 1))
		sleep 0.1
		[ $tries -gt 20 ] || continue
		head -c 50331648 /dev/zero > fs/theirs.$tries 2> /dev/null || :
	done
	rm -f fs/theirs.*
}
ended() { # NAME CODE OUTCOME WORDS
	[ "$(cat "$1.code")" = "$2" ] && grep -q "\"outcome\":\"$3\",.*\"reason\":\"[^\"]*$4" "$1"
}
kept() { grep -q "\"measurement\":{\"name\":\"$2\"" "$1"; }
is_empty() { [ -z "$(ls -A "$1")" ]; }

short="ram=0 per_byte=no files=0 seeks=50"
# shellcheck disable=SC2086
measure large file.bonnie target=fs size=64m $short
measure surface file.iozone target=fs min_file=64m max_file=64m
check "larger than what is free: refused" ended large 1 error 'needs 64.* MiB in .*, 48.0 MiB are free: No space left on device'
twin "and nothing is measured" kept large put_block
check "the same of a surface" ended surface 1 error 'needs 64.* MiB in .*No space left on device'

# shellcheck disable=SC2086
measure filled file.bonnie target=fs size=16m repeats=1000 $short &
fill_up filled
wait
check "filled by somebody else: which call, where, and why" ended filled 1 error 'write of .*[0-9] bytes at [0-9]*: No space left on device'
check "what was measured before is kept" kept filled put_block
# shellcheck disable=SC2086
measure well file.bonnie target=fs size=16m $short
check "with room again it runs" ended well 0 ok ''
twin "and ends in no other way" ended well 1 error ''

sh -c 'ulimit -f 8000; exec "$@"' limit "$assay" run file.bonnie target=fs size=16m ram=0 per_byte=no files=0 format=jsonl > limited 2>&1 || echo $? > limited.code
check "at a limit on files: named, not killed" ended limited 1 error 'write of .*[0-9] bytes at [0-9]*: File too large'

mount --bind fs locked
mount -o remount,bind,ro locked
measure locked.run file.bonnie target=locked size=1m ram=0
check "read-only: exit 1" test "$(cat locked.run.code)" = 1
check "and said" grep -q 'cannot make a folder in it: Read-only file system' locked.run.said
check "nothing is left behind" is_empty fs
: > fs/something
twin "it would be seen" is_empty fs

for bytes in 0 100 511 512 1000 4096 1049000; do
	truncate -s $bytes disk
	measure disk$bytes disk.latency target=disk records=4k depths=1 seconds=0.05 ramp=0 span=0
	if [ $bytes -lt 512 ]; then
		check "a disk of $bytes bytes: too small, and said so" ended disk$bytes 1 error 'smaller than a sector of'
	elif [ $bytes -ge 4096 ]; then
		check "a disk of $bytes bytes: its whole sectors are measured" ended disk$bytes 0 ok ''
	else
		check "a disk of $bytes bytes: one outcome" grep -q '"outcome":"\(ok\|error\)"' disk$bytes
	fi
	check "and is no longer than it was" test "$(stat -c %s disk)" = $bytes
done
finish
