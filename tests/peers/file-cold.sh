#!/bin/sh
# file-cold.sh - a remount leaves a file system as it was and its files cold, which the device's own counter shows; or it says why not.
. "$(dirname "$0")/../check.sh"
[ "$(id -u)" = 0 ] || { echo "ok - not root, nothing can be mounted # SKIP"; exit 77; }
skip_without mke2fs losetup

truncate -s 64M disk.img
mke2fs -q -F -t ext4 disk.img
loop=$(losetup -f --show disk.img 2> /dev/null) || { echo "ok - no loop device # SKIP"; exit 77; }
mkdir place other
tidy() {
	umount -q other place || :
	losetup -d "$loop"
}
trap 'tidy; cd /; rm -rf "$WORK"' EXIT
mount -t ext4 -o noatime,nodev,errors=remount-ro "$loop" place
mounted() { sed -n "s|^[0-9]* [0-9]* \([^ ]* [^ ]* $WORK/place .*\)|\1|p" /proc/self/mountinfo; }
mounted > before

iozone() { # NAME DIR PARAMETER...: its sectors read from the device in NAME.sectors
	name=$1 target=$2
	shift 2
	sectors=$(awk '{ print $3 }' "/sys/block/${loop#/dev/}/stat")
	code=0
	"$assay" run file.iozone target="$target" min_file=4m max_file=4m min_record=64k max_record=64k tests=0,1 "$@" > "$name" 2>&1 || code=$?
	echo $code > "$name.code"
	echo $(($(awk '{ print $3 }' "/sys/block/${loop#/dev/}/stat") - sectors)) > "$name.sectors"
}
succeeded() { [ "$(cat "$1.code")" = 0 ]; }
from_device() { [ "$(cat "$1.sectors")" -ge $((2 * 4 * 2048)) ]; } # both reads of 4 MiB
refused() { [ "$(cat "$1.code")" = 1 ] && grep -q "error: .*$2" "$1"; }

iozone warm place cold=no
iozone cold place cold=remount
mounted > after
check "warm: it ran" succeeded warm
check "cold: it ran" succeeded cold
check "cold: read and reread came from the device [M7]" from_device cold
twin "warm: they did not [M7]" from_device warm
check "the mount is as it was" cmp -s before after
twin "cold: nothing stayed in memory" grep -q 'stayed in the page cache' cold

mount --bind place other
iozone shared place cold=remount
check "the same file system elsewhere: refused" refused shared 'is mounted on .*/other, too'
umount other
exec 3> place/open
iozone busy place cold=remount
exec 3>&-
check "a file open in it: refused after a while [M7]" refused busy 'unmount .*, tried for 5 s: .*busy'
mkdir place/below
mount -t tmpfs none place/below
iozone below place cold=remount
check "something mounted in it: refused" refused below '/below is mounted on '
umount place/below
mkdir memory
mount -t tmpfs none memory
iozone tmpfs memory cold=remount
check "no device: refused" refused tmpfs 'not on a block device'
umount memory
mounted > after
check "all that while the mount stayed" cmp -s before after
finish
