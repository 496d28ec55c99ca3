#!/bin/sh
# results-broken.sh - a results partition that takes no more, from the middle of the run on: errors, pulled out; or from the start: a disk
# that is read-only. Each is a state with a name; the run goes on over serial where it had begun, and says so. [E4] [E9]
. "$(dirname "$0")/qemu.sh"
skip_without python3 debugfs

words="assay.self.null.seconds=1 assay.self.noise.seconds=2"
"$assay" format-results file=eio.raw size=16M > /dev/null
for name in unplug locked; do cp eio.raw $name.raw; done

# After 30 flushes the disk fails each write: some records are there, most are not.
state=1
while [ $state -le 30 ]; do
	printf '[set-state]\nevent = "flush_to_disk"\nstate = "%d"\nnew_state = "%d"\n' $state $((state + 1))
	state=$((state + 1))
done > rules
printf '[inject-error]\nstate = "31"\nevent = "write_aio"\niotype = "write"\nerrno = "5"\nonce = "off"\n' >> rules
python3 "$qmp" unplug.sock unplug/console 'await "testStepId":"s1".*deadlineSeconds' \
	'{"execute":"device_del","arguments":{"id":"r-device"}}' > unplug.qmp 2>&1 &
boot unplug 60 "$words" -machine q35 -device pcie-root-port,id=root -drive if=none,id=r,format=raw,file=unplug.raw \
	-device virtio-blk-pci,id=r-device,bus=root,drive=r,serial=r -qmp unix:unplug.sock,server=on,wait=off &
one=$!
boot eio 60 "$words" -blockdev driver=raw,node-name=r,file.driver=blkdebug,file.image.driver=file,file.image.filename=eio.raw,file.config=rules \
	-device virtio-blk-pci,drive=r,serial=r,werror=report,rerror=report &
wait $one $!
locked=$(sha256sum < locked.raw)
boot locked 60 "$words" -drive if=none,id=r,format=raw,file=locked.raw,readonly=on -device virtio-blk-pci,drive=r,serial=r

count_of() { "$assay" collect disk="$1.raw" results="$1.disk" payload="${image%/*}/payload.json" > "$1.disk.txt" 2>&1; cat "$1".disk/2*/journal.jsonl | wc -l; }
ended_in_error() { ended "$1" ERROR PASS || ended "$1" ERROR FAIL; } # a disk that goes may make a step invalid, too
for run in eio unplug; do
	check "$run: it is named [E4]" has_record $run '"symptom":"sink-failed","message":"the results partition failed'
	check "$run: people are told" has_line $run '^assay: the results partition failed: .*; what follows it is on serial only'
	check "$run: the run went on over serial" outcome $run s2 ok
	check "$run: and ended as one that kept not all [E4]" ended_in_error $run
	kept=$(count_of $run) all=$(wc -l < $run/records)
	check "$run: what was on the disk is kept: $kept of $all records" test "$kept" -ge 2
	twin "$run: it is not all of them" test "$kept" -ge "$all"
	check "$run: from both the whole run is put together [E3]" "$assay" collect console=$run/console disk=$run.raw results=$run.both payload="${image%/*}/payload.json"
	check "$run: none is missing" test "$(cat $run.both/2*/journal.jsonl | wc -l)" = "$all"
done
check "locked: it is named" has_record locked '"symptom":"results-unusable"'
check "locked: with the reason" has_record locked 'assay-results ([a-z0-9/]*) cannot be written: it is read-only'
check "locked: ended before anything was measured [E9]" ended locked ERROR NOT_APPLICABLE
twin "no step began" has_record locked testStepStart
check "locked: the disk is unchanged [E9]" is_unchanged locked.raw "$locked"
finish
