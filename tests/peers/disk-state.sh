#!/bin/sh
# disk-state.sh - in which state a raw disk was before it was measured: purged, not, or unable to be; what was written to it before, beside
# the device's own counter. On loop devices of files made here.
. "$(dirname "$0")/../check.sh"
[ "$(id -u)" = 0 ] || { echo "ok - needs root for loop devices # SKIP"; exit 77; }
need losetup blockdev

truncate -s 32M disk.raw
device=$(losetup -f --show disk.raw) || { echo "ok - no loop device to be had # SKIP"; exit 77; }
trap 'losetup -d "$device"; cd /; rm -rf "$WORK"' EXIT
named=path:$device:33554432
sectors() { awk '{ print $7 }' "/sys/block/${device#/dev/}/stat"; }

measure() { # NAME BENCHMARK TARGET PARAMETER...: sectors written to the device in NAME.sectors
	name=$1 bench=$2 target=$3
	shift 3
	before=$(sectors)
	"$assay" run "$bench" target="$target" span=8m seconds=0.05 format=jsonl "$@" > "$name" 2> "$name.err" || :
	echo $(($(sectors) - before)) > "$name.sectors"
}
steady() { # NAME TARGET PARAMETER...
	name=$1 target=$2
	shift 2
	measure "$name" disk.steady "$target" rounds=5 records=4k mixes=0 "$@"
}
said() { grep -q "\"message\":\"$2" "$1"; }
wrote() { [ "$(cat "$1.sectors")" = $(($2 / 512)) ]; } # NAME BYTES
wrote_at_least() { [ "$(cat "$1.sectors")" -ge $(($2 / 512)) ]; }

# Reads alone: what the counter counts is what was written before them.
measure never disk.latency "$named" records=4k depths=1 op=read precondition=no
steady purged "$named"
steady kept "$named" purge=no passes=1 pattern=zero
steady none "$named" purge=no passes=0
truncate -s 32M plain.raw
steady plain plain.raw
measure once disk.latency "$named" records=4k depths=1 op=read precondition=yes
check "a disk that takes TRIM: purged [M2]" said purged 'purged: TRIM of the region"'
check "told not to: not purged, and why [M2]" said kept 'not purged: purge=no"'
check "one that cannot: not purged, and why [M2]" said plain 'not purged: a plain file"'
twin "it was not purged and says so [M2]" said kept 'purged: TRIM'
check "twice 8 MiB before: passes, bytes, record, pattern, seconds [M3]" said purged \
	'the region was written several times in a row before: passes=2 bytes=16777216 record=131072 pattern=random seconds=[0-9.]*,'
check "and the device counted no less [M3]" wrote_at_least purged 16777216
check "once, zeros [M3]" said kept 'the region was written once before: passes=1 bytes=8388608 record=131072 pattern=zero seconds=[0-9.]*,'
check "not at all: said [M3]" said none 'not preconditioned: passes=0"'
check "once before reads [M3]" said once 'the region was written once before: passes=1 bytes=8388608 record=131072 pattern=random'
check "the device counted just as many [M3]" wrote once 8388608
twin "and none without [M3]" wrote never 8388608
check "reads on what was never written are said to be that [M6]" said never '[0-9]* of [0-9]* blocks drawn from the region hold zeros'
twin "not where it was written [M6]" said once '[0-9]* of [0-9]* blocks drawn from the region hold zeros'
finish
