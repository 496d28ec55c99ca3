#!/bin/sh
# disk-truth.sh - QEMU's cache modes as a guest sees them: a flush that nobody acts on, one that is acted on, none sent at all; reads
# that the host's page cache answers; data checked in 128 MB of memory. Slow disks are loop devices held at few requests a second.
. "$(dirname "$0")/qemu.sh"

words="assay.ip=none assay.disk.flush.seconds=1 assay.disk.hostcache.least=1m assay.disk.hostcache.record=128k
	assay.disk.hostcache.seconds=5 assay.disk.hostcache.fill=no assay.file.verify.size=48m"
words=$(echo $words)
guest() { # NAME SECONDS WORDS FILE CACHE [ARGUMENT...]
	name=$1 limit=$2 more=$3 file=$4 cache=$5
	shift 5
	boot "$name" "$limit" "$words $(scratch s "$file") $more" -drive "if=none,id=d,format=raw,file=$file,cache=$cache" -device virtio-blk-pci,drive=d,serial=s "$@"
}
verdict() { has_record "$1" "\"verdict\":\"$2\",\"type\":\"$3\",\"message\":\"[^\"]*$4"; }
figure() { has_record "$1" "\"name\":\"$2\",\"value\":$3,"; }
noted() { has_record "$1" "\"message\":\"$2"; }

# ---- slow disks, where this machine can make them

throttle=/sys/fs/cgroup/blkio/blkio.throttle
loops=''
tidy() {
	umount -q slow-kept slow-bare || :
	for loop in $loops; do
		for way in read write; do echo "$(cat "/sys/block/${loop#/dev/}/dev") 0" > $throttle.${way}_iops_device || :; done
		losetup -d "$loop" || :
	done
}
slow_disk() { # NAME WAY=REQUESTS...: slow-NAME/raw, on a file system of a device of its own, not in memory
	name=$1
	shift
	truncate -s 64M "$name.img"
	mke2fs -q -F -t ext4 -m 0 "$name.img"
	loop=$(losetup -f --show --direct-io=on "$name.img") || return 1
	loops="$loops $loop"
	mkdir "slow-$name"
	mount -t ext4 -o noatime "$loop" "slow-$name"
	head -c 33554432 /dev/urandom > "slow-$name/raw"
	sync "slow-$name/raw"
	dd of="slow-$name/raw" oflag=nocache conv=notrunc,fdatasync count=0 2> /dev/null
	for way; do echo "$(cat "/sys/block/${loop#/dev/}/dev") ${way#*=}" > "$throttle.${way%=*}_iops_device"; done
}
slow=no
if [ "$(id -u)" = 0 ] && [ -w $throttle.read_iops_device ] && installed losetup mke2fs; then
	trap 'tidy; cd /; rm -rf "$WORK"' EXIT
	if slow_disk kept read=10 write=30 && slow_disk bare read=10; then slow=yes; fi
fi

# ---- boots

head -c 33554432 /dev/urandom > unsafe.raw
cp unsafe.raw through.raw
truncate -s 256M verify.raw
# A flush may take three times as long with data and still do nothing: a busy machine is no proof.
guest unsafe 60 "assay.plan=truth assay.disk.flush.same=3 assay.disk.flush.program=5ms" unsafe.raw unsafe &
guest through 60 "assay.plan=truth" through.raw writethrough &
guest verify 90 "assay.plan=verify" verify.raw writeback -m 128M &
if [ $slow = yes ]; then
	guest kept 120 "assay.plan=truth assay.disk.flush.seconds=8 assay.disk.hostcache.seconds=12" slow-kept/raw writeback &
	guest bare 120 "assay.plan=truth" slow-bare/raw none &
fi
wait

check "cache=unsafe: the disk's facts are recorded [M7]" noted unsafe 'write_cache=write back fua=[01] rotational=[01] hypervisor=yes: virtual'
check "Linux sends each flush" figure unsafe flushes_sent 1
check "nobody acts on them: FAIL" verdict unsafe flush FAIL 'the layer below ignores flushes'
check "and the step failed" outcome unsafe s1 failed
check "cache=writethrough: no cache, it says" noted through 'write_cache=write through'
check "so Linux sends no flush" figure through flushes_sent 0
check "and nothing can be told" verdict through flush UNKNOWN 'no cache to flush'
twin "where flushes are ignored nothing passes" verdict unsafe flush PASS ''

check "128 MB: data written, remounted, read back right" verdict verify data PASS '50331648 bytes in 4 files'
check "from the device" figure verify from_device 100
twin "nothing of it stayed in memory" has_record verify 'stayed in the page cache'

if [ $slow = yes ]; then
	check "cache=writeback: a flush that is acted on takes its time" verdict kept flush PASS 'acts on it'
	check "the host's page cache is found" verdict kept 'cache below' FAIL 'answers below: random reads take'
	check "and its step failed" outcome kept s2 failed
	check "cache=none: no cache is found" verdict bare 'cache below' PASS 'no cache below is seen'
	twin "and none is said to be" verdict bare 'cache below' FAIL ''
else
	ok "no device can be slowed down here, as root by blkio # SKIP"
fi
finish
