#!/bin/sh
# disk-guard.sh - a disk benchmark on a device of this machine, as a command: what the stock tools made on it, or have open, is refused;
# an empty one is measured, its settings are put back. On loop devices of files made here.
given=${WORK:-}
. "$(dirname "$0")/../check.sh"
[ "$(id -u)" = 0 ] || { echo "ok - needs root for loop devices # SKIP"; exit 77; }
need losetup mke2fs sfdisk

truncate -s 64M disk.raw
device=$(losetup -f --show disk.raw) || { echo "ok - no loop device to be had # SKIP"; exit 77; }
trap 'umount "$WORK/mounted" 2> /dev/null || :; losetup -d "$device"; cd /; [ -n "$given" ] || rm -rf "$WORK"' EXIT
queue=/sys/block/${device#/dev/}/queue
mkdir mounted

bytes=67108864
measure() { "$assay" run disk.flush target="${name:-path:$device:$bytes}" seconds=0.1 "$@" > said 2>&1; }
refused() { # REASON [WORD...]
	reason=$1
	shift
	! measure "$@" && grep -q "^assay run: .*$reason" said
}
measure_fails() { ! measure "$@" && grep -q 'no command that would set it' said; }
empty() { dd if=/dev/zero of=disk.raw bs=1M count=64 conv=notrunc 2> /dev/null && blockdev --flushbufs "$device"; }
untouched() { [ "$(sha256sum < disk.raw)" = "$before" ]; }

cat "$queue/scheduler" "$queue/read_ahead_kb" > settings.before
check "an empty device is measured" measure scheduler=kyber read_ahead=64k trim=yes format=jsonl
check "what it stood on is in its records" grep -q '"name":"ground".*"trimmed":"yes".*"scheduler":"kyber","read_ahead_kb":"64"' said
cat "$queue/scheduler" "$queue/read_ahead_kb" > settings.after
check "and its settings are put back" cmp -s settings.before settings.after
twin "none was refused" refused 'may not be written'
check "a write cache that nobody can switch is an error" measure_fails write_cache=off
check "a raw disk has no file system to ask for" refused 'without a file system' file_system=xfs
# A ring that was only closed would hold the device a while longer.
in_a_row() { for _ in 1 2 3 4 5 6 7 8; do "$assay" run disk.latency target="path:$device:$bytes" records=4k depths=32 seconds=0.1 ramp=0 > said 2>&1 || return 1; done; }
check "eight io_uring runs directly behind each other find it free" in_a_row

# A loop device has neither serial nor WWN: its path is taken with its exact size, and never without.
before=$(sha256sum < disk.raw)
name=$device
check "a path alone names no device [S2]" refused "not named by a path alone; expected target=path:$device:$bytes\$"
name=path:$device:$((bytes - 512))
check "nor does it with another size [S2]" refused "has $bytes bytes, not $((bytes - 512)): it is not taken"
name=path:$device
check "nor with none" refused 'expected path:/dev/NAME:BYTES'
check "none of these wrote [S2]" untouched
name=

empty
mke2fs -q -F -t ext4 -L precious "$device"
sync
before=$(sha256sum < disk.raw)
check "a file system of somebody's is refused" refused 'signature of something else (ext4)'
check "and is as it was" untouched
mke2fs -q -F -t ext4 -L assay-scratch "$device"
mount "$device" mounted
check "ours, but mounted" refused 'is mounted'
umount mounted
check "ours, and free" measure
sync
twin "it was written" untouched
empty
printf 'label: gpt\nsize=4M\n' | sfdisk -q --no-reread "$device" > /dev/null 2>&1
check "a partition table is refused" refused 'may not be written'
losetup -d "$device"
device=$(losetup -r -f --show disk.raw)
check "a read-only device is refused" refused 'read-only'
check "what is no disk is refused" sh -c "! $assay run disk.flush target=/dev/null > said 2>&1 && grep -q 'not a plain file or block device' said"
finish
