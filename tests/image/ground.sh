#!/bin/sh
# ground.sh - what a storage step stands on: ext4, xfs and the raw disk in one boot with 128 MB and sectors of 4096 bytes; a disk's
# settings set, recorded and put back; disks too small, odd, a partition, and settings that cannot be had: one named outcome each, and the
# others run.
. "$(dirname "$0")/qemu.sh"
skip_without sfdisk

small="assay.plan=storage assay.file.bonnie.per_byte=no assay.file.bonnie.files=1 assay.file.bonnie.seeks=20 assay.file.iozone.max_file=64k
	assay.disk.flush.seconds=0.2 assay.file.verify.size=4m assay.disk.latency.seconds=0.1 assay.disk.latency.ramp=0 assay.disk.latency.span=16m
	assay.disk.latency.records=4k,1m assay.disk.latency.depths=1,128 assay.disk.flush.protection=yes assay.disk.hostcache.seconds=1
	assay.disk.hostcache.expected=yes assay.countdown=0"
small=$(echo $small)
truncate -s 400M whole.raw
truncate -s 104858112 odd.raw # 100 MiB and a sector
truncate -s 500M parts.raw
printf 'label: gpt\nsize=400M, name=assay-scratch\nname=home\n' | sfdisk -q parts.raw
home=$(sfdisk -d parts.raw | sed -n 's/.*start= *\([0-9]*\),.*name="home".*/\1/p')
head -c 1048576 /dev/urandom | dd of=parts.raw bs=512 seek="$home" conv=notrunc 2> /dev/null
neighbour() { dd if=parts.raw bs=512 skip="$home" count=2048 2> /dev/null | sha256sum; }
before=$(neighbour)


boot whole 200 "$small $(scratch scratch whole.raw) assay.file.bonnie.size=16m assay.file.bonnie.scheduler=kyber assay.file.bonnie.trim=yes assay.file.iozone.read_ahead=1m assay.file.iozone.mount_options=relatime assay.disk.flush.write_cache=off" \
	-m 128M -drive if=none,id=d,format=raw,file=whole.raw,discard=unmap -device virtio-blk-pci,drive=d,serial=scratch,logical_block_size=4096,physical_block_size=4096 &
# shellcheck disable=SC2046
boot odd 200 "$small $(scratch scratch odd.raw) assay.file.bonnie.size=256m assay.file.iozone.mkfs_options=\"-i 77\" assay.disk.latency.span=0" $(disk odd.raw scratch) &
wait
boot part 200 "$small assay.file.bonnie.size=16m assay.file.bonnie.trim=yes assay.file.bonnie.mkfs_options=\"-i maxpct=20\" assay.file.iozone.write_cache=off" \
	-drive if=none,id=d,format=raw,file=parts.raw -device virtio-blk-pci,drive=d,config-wce=off,discard=off

id_of() { # RUN STEP
	sed -n "s/.*\"testStepId\":\"\(s[0-9]*\)\",\"testStepStart\":{\"name\":\"$2\"}.*/\1/p" "$1/records"
}
stood_on() { # RUN STEP PATTERN...: in the record of its ground
	run=$1 line=$(grep "\"testStepId\":\"$(id_of "$1" "$2")\",\"extension\":{\"name\":\"ground\"" "$1/records")
	shift 2
	for pattern; do
		case $line in *"$pattern"*) ;; *) return 1 ;; esac
	done
}
ended_as() { # RUN STEP OUTCOME [REASON]
	grep "\"testStepId\":\"$(id_of "$1" "$2")\"" "$1/records" | grep '"name":"outcome"' | grep -q "\"outcome\":\"$3\".*\"reason\":\"${4:-}"
}

check "whole: the run passes" ended whole COMPLETE PASS
for step in "file.bonnie ext4" "file.bonnie xfs" "file.iozone ext4" "file.iozone xfs" "file.verify ext4" "file.verify xfs" disk.flush \
	"disk.latency random read" "disk.latency random write" "disk.latency sequential read" disk.hostcache; do
	check "whole: $step ran" ended_as whole "$step" ok
done
twin "whole: it did not fail" ended_as whole "file.verify xfs" failed
check "ext4, trimmed, with the scheduler that was asked for [M2]" stood_on whole "file.bonnie ext4" '"fileSystem":"ext4"' '"trimmed":"yes"' \
	'"scheduler":"kyber"' '"mkfs":"/sbin/mke2fs ' 'errors=remount-ro' '"transport":"virtio"'
check "on sectors of 4096 bytes" stood_on whole "file.bonnie ext4" '"logical_block_size":"4096"'
check "xfs the same" stood_on whole "file.bonnie xfs" '"fileSystem":"xfs"' '"trimmed":"yes"' '"scheduler":"kyber"' '"mkfs":"/sbin/mkfs.xfs '
twin "xfs is not ext4" stood_on whole "file.bonnie xfs" '"fileSystem":"ext4"'
check "the scheduler is put back, the read-ahead set" stood_on whole "file.iozone ext4" '"scheduler":"none"' '"read_ahead_kb":"1024"' \
	'"trimmed":"no"' ',relatime'
check "the read-ahead is put back, the write cache off" stood_on whole disk.flush '"read_ahead_kb":"128"' '"write_cache":"write through"'
twin "the write cache was on before" stood_on whole "file.iozone ext4" '"write_cache":"write through"'
twin "a raw disk has no file system" stood_on whole disk.flush '"fileSystem"'
check "what was asked for is among the step's parameters" has_record whole '"name":"step".*"file_system":"xfs".*"scheduler":"kyber"'
check "each step has its peak memory" [ "$(grep -c '"peakMemoryBytes":[1-9]' whole/records)" = "$(grep -c testStepStart whole/records)" ]
check "128 MB: the machine has no more, and no swap" has_record whole '"memoryBytes":1[0-2][0-9]\{7\},"swapBytes":0'
twin "nothing was ended for want of memory" grep -qi 'out of memory\|want of memory\|oom-kill' whole/console
check "the records verify" collected whole

check "odd: more than the file system has room for" ended_as odd "file.bonnie ext4" error 'needs 256'
check "odd: xfs needs a larger disk" ended_as odd "file.bonnie xfs" skipped 'file_system=xfs needs a disk of 300 MiB'
check "odd: mkfs's own words" ended_as odd "file.iozone ext4" error '.*-i 77.*invalid inode ratio'
check "odd: the steps after them ran" ended_as odd "file.verify ext4" ok
check "odd: on the raw disk too" ended_as odd disk.flush ok
check "odd: to its last byte" ended_as odd "disk.latency random read" ok
check "odd: its size to the byte" has_record odd '"bytes":104858112'
check "odd: the run ends" ended odd COMPLETE FAIL

check "part: xfs with an option of the plan's" stood_on part "file.bonnie xfs" '-i maxpct=20' '"fileSystem":"xfs"'
check "part: a disk without discard is measured without [M2]" stood_on part "file.bonnie xfs" '"trimmed":"no: the disk has no discard"'
check "part: with a warning [M2]" has_record part '"severity":"WARNING".*trim=yes: /dev/vda1 has no discard'
check "part: an option that is only xfs's" ended_as part "file.bonnie ext4" error
check "part: a write cache that cannot be set" ended_as part "file.iozone ext4" error 'write_cache=off: .* no command that would set it'
check "part: raw on the partition" ended_as part disk.flush ok
check "part: the partition beside it is unchanged" [ "$(neighbour)" = "$before" ]
printf x | dd of=parts.raw bs=512 seek="$((home + 7))" conv=notrunc 2> /dev/null
twin "one byte would be seen" [ "$(neighbour)" = "$before" ]
finish
