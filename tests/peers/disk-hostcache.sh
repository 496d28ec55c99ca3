#!/bin/sh
# disk-hostcache.sh - a slow disk under a layer with a page cache and under one without: only the first is said to have a cache below.
# The disk is a loop device held at 10 requests a second, one in each of the throttle's tenths of a second; the layer is a second
# loop device, on a file of the first one's file system.
. "$(dirname "$0")/../check.sh"
[ "$(id -u)" = 0 ] || { echo "ok - not root, nothing can be mounted # SKIP"; exit 77; }
skip_without mke2fs losetup
throttle=/sys/fs/cgroup/blkio/blkio.throttle.read_iops_device
[ -w $throttle ] || { echo "ok - no $throttle # SKIP"; exit 77; }

slow='' layer=''
tidy() {
	umount -q upper || :
	[ -z "$layer" ] || losetup -d "$layer" || :
	umount -q lower || :
	[ -z "$slow" ] || echo "$(cat "/sys/block/${slow#/dev/}/dev") 0" > $throttle
	[ -z "$slow" ] || losetup -d "$slow" || :
}
trap 'tidy; cd /; rm -rf "$WORK"' EXIT
truncate -s 128M slow.img
mke2fs -q -F -t ext4 slow.img
slow=$(losetup -f --show --direct-io=on slow.img 2> /dev/null) || { echo "ok - no loop device # SKIP"; exit 77; }
mkdir lower upper
mount -t ext4 -o noatime "$slow" lower
truncate -s 64M lower/layer.img
mke2fs -q -F -t ext4 lower/layer.img

# over NAME on|off PARAMETER...: the layer with or without a page cache below it, which is empty
over() {
	name=$1 direct=$2
	shift 2
	layer=$(losetup -f --show --direct-io="$direct" lower/layer.img)
	mount -t ext4 -o noatime "$layer" upper
	[ -f upper/disk ] || head -c 12582912 /dev/urandom > upper/disk
	sync upper/disk
	sync lower/layer.img
	dd of=lower/layer.img oflag=nocache conv=notrunc,fdatasync count=0 2> /dev/null
	echo "$(cat "/sys/block/${slow#/dev/}/dev") 10" > $throttle
	code=0
	"$assay" run disk.hostcache target=upper/disk least=1m record=128k seconds=12 format=jsonl "$@" > "$name" 2>&1 || code=$?
	echo "$(cat "/sys/block/${slow#/dev/}/dev") 0" > $throttle
	echo $code > "$name.code"
	umount upper
	losetup -d "$layer"
	layer=
}
ended() { [ "$(cat "$1.code")" = "$2" ]; }
verdict() { grep -q "\"verdict\":\"cache below\",\"type\":\"$2\",\"message\":\"[^\"]*$3" "$1"; }
figure() { # NAME METRIC: its value
	sed -n "s/.*\"measurement\":{\"name\":\"$2\",\"value\":\([0-9.e+-]*\).*/\1/p" "$1" | head -n 1
}

over cached off
over bare on
over wanted off expected=yes seconds=6
check "a cache below: FAIL" verdict cached FAIL 'a cache of at least [0-9]* MiB answers below'
check "and exit 1" ended cached 1
check "of at least the largest span" [ "$(figure cached cache_below)" = 4 ]
check "no cache below: PASS, at 100 ms a read" verdict bare PASS 'no cache below is seen'
check "and exit 0" ended bare 0
check "of none nothing is kept" [ "$(figure bare cache_below)" = 0 ]
twin "of a cache nothing is kept" [ "$(figure cached cache_below)" = 0 ]
check "a cache that was expected: PASS" verdict wanted PASS 'as expected'
finish
