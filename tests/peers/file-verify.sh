#!/bin/sh
# file-verify.sh - files are written, their disk is damaged from outside behind the file system's back, and each damage is named
# with its offset; undamaged they pass, read from the device.
. "$(dirname "$0")/../check.sh"
[ "$(id -u)" = 0 ] || { echo "ok - not root, nothing can be mounted # SKIP"; exit 77; }
skip_without mke2fs debugfs losetup

truncate -s 96M disk.img
mke2fs -q -F -t ext4 -b 4096 disk.img
loop=$(losetup -f --show disk.img 2> /dev/null) || { echo "ok - no loop device # SKIP"; exit 77; }
mkdir place
tidy() {
	umount -q place || :
	losetup -d "$loop"
}
trap 'tidy; cd /; rm -rf "$WORK"' EXIT
mount -t ext4 -o noatime "$loop" place

verify() { # NAME PARAMETER...
	name=$1
	shift
	code=0
	"$assay" run file.verify target=place format=jsonl seed=5 "$@" > "$name" 2>&1 || code=$?
	echo $code > "$name.code"
}
ended() { [ "$(cat "$1.code")" = "$2" ]; }
found() { grep -q "\"type\":\"FAIL\",\"message\":\"read in a row: $2" "$1"; }
passed() { ended "$1" 0 && grep -q '"verdict":"data","type":"PASS"' "$1"; }
from_device() { grep -q '"name":"from_device","value":100[,}]' "$1"; }
block_of() { # FILE BLOCK: where on the disk
	debugfs -R "bmap /assay-verify/$1 $2" disk.img 2> /dev/null
}
damage() { # FILE BLOCK COMMAND...: its output over that block, while nothing is mounted
	umount place
	at=$(block_of "$1" "$2")
	shift 2
	"$@" | dd of=disk.img bs=4096 seek="$at" conv=notrunc 2> /dev/null
	mount -t ext4 -o noatime "$loop" place
}
copy_block() { # FILE BLOCK
	dd if=disk.img bs=4096 skip="$(block_of "$1" "$2")" count=1 2> /dev/null
}

verify both size=24m cold=remount
check "written, remounted, read back right [M14]" passed both
check "from the device" from_device both
verify warm size=4m passes=1 cold=no
check "not made cold: it is said" grep -q 'of the bytes read came from the device, the rest from memory' warm
twin "and counted" from_device warm
check "nothing is left" [ "$(ls place)" = lost+found ]

set_of="size=8m passes=3"
# shellcheck disable=SC2086
{
	verify write phase=write $set_of
	verify read phase=read cold=remount $set_of
	check "written in one run, read right in another [M14]" passed read
	damage verify.02 100 head -c 512 /dev/zero
	verify zeros phase=read cold=remount $set_of
	check "zeros: exit 1" ended zeros 1
	check "zeros: where [M14]" found zeros 'verify.02, bytes 409600 to 410111: zeros"'
	damage verify.02 100 copy_block verify.00 7
	verify astray phase=read cold=remount $set_of
	check "another block's data: where, and whose [M14]" found astray 'verify.02, bytes 409600 to 413695: what belongs to file 0, byte 28672"'
	verify cut phase=read cold=remount size=8m passes=1 cut=yes
	twin "damage is none of the later generations that a cut allows [M14]" passed cut
	cp place/assay-verify/verify.03 kept
	verify again phase=write $set_of seed=6
	cp kept place/assay-verify/verify.03
	verify foreign phase=read cold=remount $set_of seed=6
	check "a file of another run" found foreign 'verify.03, bytes 0 to 2097151: data of a run with seed 5"'
}
finish
