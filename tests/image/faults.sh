#!/bin/sh
# faults.sh - disks that break while they are measured: errors at one sector, once, or for want of room; pulled out; read-only; too small; odd
# sizes and sectors; one that never answers. Each step ends in one named outcome, what was measured before is kept, the run goes on and
# powers off by itself, and no other disk is touched.
. "$(dirname "$0")/qemu.sh"
skip_without python3 mke2fs

# Steps: s1 self.null, s2 file.iozone, s3 file.bonnie, s4 disk.latency on all of the disk, s5 file.iozone, s6 self.null.
plan="assay.plan=selftest-storage"
rounds="assay.file.bonnie.repeats=1000"
head -c 8388608 /dev/urandom > noise
noise=$(sha256sum < noise)

# broken NAME SECONDS WORDS [QEMU ARGUMENT...]: with a results partition of its own and a disk that is none of its business
broken() {
	name=$1 seconds=$2 extra=$3
	shift 3
	"$assay" format-results file="$name.results" size=16M > /dev/null
	cp noise "$name.bystander"
	# shellcheck disable=SC2046
	boot "$name" "$seconds" "$plan $(scratch s "$name.raw") $extra" $(disk "$name.results" r) $(disk "$name.bystander" bystander) "$@"
}
rules() { # NAME FLUSHES KEY=VALUE...: what fails, from the first time after so many flushes, in the words of QEMU's blkdebug
	name=$1 flushes=$2 state=1
	shift 2
	{
		while [ $state -le "$flushes" ]; do
			printf '[set-state]\nevent = "flush_to_disk"\nstate = "%d"\nnew_state = "%d"\n' $state $((state + 1))
			state=$((state + 1))
		done
		echo '[inject-error]'
		[ "$flushes" = 0 ] || echo "state = \"$state\""
		for rule; do echo "${rule%%=*} = \"${rule#*=}\""; done
	} > "$name.rules"
}
failing() { # NAME: the disk s, failing by NAME's rules; every error goes to the guest
	echo "-blockdev driver=raw,node-name=s,file.driver=blkdebug,file.image.driver=file,file.image.filename=$1.raw,file.config=$1.rules"
}
plain() { echo "-drive if=none,id=s,format=raw,file=$1.raw"; }
report=drive=s,serial=s,werror=report,rerror=report
# meanwhile NAME COMMAND: in the middle of s3, when it has measured something: each of its runs flushes the disk several times
meanwhile() {
	python3 "$here/tests/image/qmp.py" "$1.sock" "$1/console" 'await 3/6 file.bonnie .*\.\.\.' 'count s flush_operations 30' "$2" > "$1.qmp" 2>&1 &
	monitor="-qmp unix:$1.sock,server=on,wait=off"
}
unplug='{"execute":"device_del","arguments":{"id":"s-device"}}'
throttle='{"execute":"block_set_io_throttle","arguments":{"device":"s","bps":1,"bps_rd":0,"bps_wr":0,"iops":0,"iops_rd":0,"iops_wr":0}}'

for name in bad once full usb pci stuck locked small; do
	truncate -s 64M $name.raw
done
truncate -s 67109376 bad.raw # half a page more than 64 MiB
truncate -s 320M pci.raw
truncate -s 16M small.raw
truncate -s 1M tiny.raw
locked=$(sha256sum < locked.raw)

meanwhile stuck "$throttle"
# shellcheck disable=SC2046,SC2086
broken stuck 200 "$rounds assay.deadline=15" $(plain stuck) -device virtio-blk-pci,drive=s,serial=s $monitor &
last=$!

rules bad 0 event=none sector=60000 errno=5 once=off
# shellcheck disable=SC2046
broken bad 60 "assay.file.bonnie.size=40m" $(failing bad) -device virtio-blk-pci,$report,physical_block_size=4096 &
one=$!
rules once 150 event=write_aio iotype=write errno=5 once=on
# shellcheck disable=SC2046
broken once 60 "$rounds" $(failing once) -device virtio-blk-pci,$report,logical_block_size=4096,physical_block_size=4096 &
wait $one $!
rules full 150 event=write_aio iotype=write errno=28 once=off
# shellcheck disable=SC2046
broken full 60 "$rounds" $(failing full) -device virtio-scsi-pci -device scsi-hd,$report &
one=$!
meanwhile usb "$unplug"
# shellcheck disable=SC2046,SC2086
broken usb 90 "$rounds assay.settle=20" $(plain usb) -device qemu-xhci -device usb-storage,id=s-device,drive=s,serial=s $monitor &
wait $one $!
meanwhile pci "$unplug"
# shellcheck disable=SC2046,SC2086
broken pci 90 "$rounds assay.file.bonnie.file_system=xfs" -machine q35 -device pcie-root-port,id=root $(plain pci) \
	-device virtio-blk-pci,id=s-device,bus=root,drive=s,serial=s $monitor &
one=$!
# shellcheck disable=SC2046
broken locked 60 "" $(plain locked),readonly=on -device virtio-blk-pci,drive=s,serial=s &
wait $one $!
# shellcheck disable=SC2046
broken small 60 "assay.file.bonnie.size=40m" $(plain small) -device virtio-blk-pci,drive=s,serial=s,logical_block_size=512 &
one=$!
# shellcheck disable=SC2046
broken tiny 60 "" $(plain tiny) -device virtio-blk-pci,drive=s,serial=s &
wait $one $! $last

reason() { # RUN STEP OUTCOME WORDS
	has_record "$1" "\"testStepId\":\"$2\".*\"outcome\":\"$3\",.*\"reason\":\"[^\"]*$4"
}
kept() { # RUN STEP FIGURE
	has_record "$1" "\"testStepId\":\"$2\",\"measurement\":{\"name\":\"$3\""
}
on_sectors() { # RUN LOGICAL PHYSICAL: of the disk s, as its steps found it
	has_record "$1" "\"testStepId\":\"s2\".*\"logical_block_size\":\"$2\",\"physical_block_size\":\"$3\""
}
fails_near() { # RUN BYTE: s4 does; kernel and QEMU make one request of neighbours that wait, at most the 16 of 128 KiB that it keeps there, and all of them fail with it
	at=$(sed -n 's/.*"testStepId":"s4".*"outcome":"error".* at byte \([0-9]*\) .*I\/O error.*/\1/p' "$1/records")
	[ -n "$at" ] && [ "$at" -le "$2" ] && [ "$at" -gt $(($2 - 16 * 131072)) ]
}
for run in stuck bad once full usb pci small tiny; do
	check "$run: it ended by itself, and failed" ended $run COMPLETE FAIL
	check "$run: what was measured before is kept" kept $run s2 write
done
for run in stuck bad once full usb pci small tiny locked; do
	check "$run: the step after all of them ran" outcome $run s6 ok
	check "$run: both channels agree" collected $run $run.results
	check "$run: the other disk is unchanged" is_unchanged $run.bystander "$noise"
done

check "bad: the file's flush says it" reason bad s3 error 'flush and close .* after the block write: I/O error'
lost_to() { # RUN STEP KIND: its reason stands beside the step's own outcome
	has_record "$1" "\"testStepId\":\"$2\",\"diagnosis\":{\"verdict\":\"invalid-$3\",\"type\":\"FAIL\""
}
check "bad: a sector that cannot be read is the kernel's word too [M13]" lost_to bad s4 disk-error
twin "before it there is none" lost_to bad s2 disk-error
check "bad: the raw disk says where" fails_near bad $((60000 * 512))
twin "and nowhere else" fails_near bad $((90000 * 512))
check "bad: the next step is on a new file system" outcome bad s5 ok
twin "and is no error, too" outcome bad s5 error
check "bad: 512-byte sectors on pages of 4096" on_sectors bad 512 4096
check "once: the step is an error" outcome once s3 error
check "once: its figures from before are kept" kept once s3 put_block
check "once: the disk is well again" outcome once s4 ok
check "once: and so is a file system on it" outcome once s5 ok
check "once: sectors of 4096 bytes" on_sectors once 4096 4096
twin "not of 512" on_sectors once 512 512
# Which word depends on what was written first: the journal's writer knows only that it failed.
check "full: the file's step is an error" reason full s3 error 'No space left on device\|I/O error\|Read-only file system'
check "full: its figures from before are kept" kept full s3 put_block
check "full: no room, by its name" reason full s4 error ' at byte [0-9]* .*: No space left on device'
twin "and by no other" reason full s4 error 'I/O error'
check "full: no file system can be made" reason full s5 error 'mke2fs'
for run in usb pci; do
	check "$run: the step ends, with the disk" outcome $run s3 error
	check "$run: its figures from before are kept" kept $run s3 put_block
	check "$run: the disk is gone for the raw step" reason $run s4 error 'the scratch disk is gone: '
	check "$run: and for the next file system" reason $run s5 error 'the scratch disk is gone: '
done
twin "once: it is not gone" reason once s4 error 'the scratch disk is gone: '
check "pci: it was xfs" has_record pci '"testStepId":"s3".*"fileSystem":"xfs"'
check "stuck: a step in the kernel's hands is given up" reason stuck s3 timeout 'not done after 15 s'
check "stuck: its figures from before are kept" kept stuck s3 put_block
check "stuck: nothing more is asked of the disk" reason stuck s4 error 'left alone since'
check "stuck: nor by the next file system" reason stuck s5 error 'left alone since'
check "stuck: the way out does not wait for it" has_line stuck '^assay: leaving without'
twin "otherwise nothing is left behind" has_line bad '^assay: leaving without'
for step in s3 s5; do
	check "locked: $step is skipped" reason locked $step skipped 'may not be written: it is read-only'
done
check "locked: that is no failure" ended locked COMPLETE PASS
check "locked: the disk is unchanged" is_unchanged locked.raw "$locked"
for run in small tiny; do
	check "$run: larger than the disk: refused before a byte is written" reason $run s3 error 'needs .* MiB are free: No space left on device'
	twin "$run: nothing of it was measured" kept $run s3 put_block
	for step in s4 s5; do
		check "$run: what fits is measured: $step" outcome $run $step ok
	done
done
printf x | dd of=bad.bystander bs=1 seek=70000 conv=notrunc 2> /dev/null
twin "one byte on another disk would be seen" is_unchanged bad.bystander "$noise"
finish
