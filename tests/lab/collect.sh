#!/bin/sh
# collect.sh - what noisy lines, missing partitions and hostile disks do to a collection.
. "$(dirname "$0")/lib.sh"

make_run
make_disk disk.raw
before=$(sha256sum < disk.raw)
run=results/$run_id

collect() { "$assay" collect payload=payload.json "$@"; }

says "both channels" 0 '28 records' collect console=console.log disk=disk.raw
check "the journal is the partition's" cmp -s journal.jsonl $run/journal.jsonl
check "console.log as it came" cmp -s console.log $run/console.log
check "payload.json beside it" cmp -s payload.json $run/payload.json
check "stock files" test -f $run/s2-iozone.txt
check "collect.json: channels agree" grep -q '"channels":[[:space:]]*"agree"' $run/collect.json
check "results/latest" test "$(readlink results/latest)" = "$run_id"
check "the disk is unchanged" test "$before" = "$(sha256sum < disk.raw)"
says "collecting again is fine" 0 '28 records' collect console=console.log disk=disk.raw
says "verify says so too" 0 'verified' "$assay" verify "$run_id"

says "the disk alone" 0 '28 records' collect disk=disk.raw results=alone
says "the serial log alone" 0 'series elements went to the partition only' collect console=console.log results=serial
check "25 of 28 lines came over serial" test "$(wc -l < serial/$run_id/journal.jsonl)" = 25
says "verify of a serial log" 0 'rebuilt from the serial log' "$assay" verify "$run_id" results=serial

sed 's/PASS/FAIL/' console.log > other.log
says "a different run of the same name is not overwritten" 1 'left as it is' collect console=other.log disk=disk.raw
check "and was not" cmp -s console.log $run/console.log

sed 's/"buildId":"aa11"/"buildId":"ff99"/' payload.json > other.json
says "another image" 1 'another image' "$assay" collect payload=other.json console=console.log disk=disk.raw results=image
sed 's/bb22/ee55/' payload.json > init.json
says "a replaced init is said and no error" 0 'second initramfs' "$assay" collect payload=init.json console=console.log disk=disk.raw results=init

grep -v '^@assay 12 ' console.log > lost.log
says "a lost frame is named" 0 'record 12 is lost on serial' collect console=lost.log disk=disk.raw results=lost
says "and verify insists" 1 '^E3 *fail' "$assay" verify "$run_id" results=lost
sed 's/^@assay 4 \(.*\)941/@assay 4 \1942/' console.log > turned.log
says "a turned digit is dropped" 0 'record 4: its frame does not follow' collect console=turned.log disk=disk.raw results=turned
sed 's/^\(@assay 10 .*\)one segment/\1[  3.1] eth0: link/' console.log > into.log
says "the kernel printed into a frame behind a series" 1 'reads differently' collect console=into.log disk=disk.raw results=into
head -c 3000 console.log > cut.log
says "a log that stops" 0 'without the end of the run' collect console=cut.log results=cut
{ cat console.log; cat console.log; } > twice.log
says "frames that came twice" 0 '28 records' collect console=twice.log disk=disk.raw results=twice

mkdir -p full && (cd full && head -n 14 ../journal.jsonl > journal.jsonl && head -n 14 ../journal.sha256 > journal.sha256 && make_disk disk.raw)
says "a partition that was full: the rest from serial" 0 '14 records; 14 more' collect console=console.log disk=full/disk.raw results=rest
check "makes the whole journal" cmp -s journal.jsonl rest/$run_id/journal.jsonl

says "a disk without a partition table" 0 'no sound GPT' collect console=console.log disk=console.log results=nodisk
says "a disk without a partition table, alone" 1 'no sound GPT' collect disk=console.log results=nodisk2
echo "nothing here" > empty.log
says "a log without records" 1 'no record' collect console=empty.log results=none
says "a missing log" 1 'No such file' collect console=gone.log
says "an unknown argument" 2 'known:' collect cosnole=x
sed 's/"runId":"[^"]*"/"runId":"..\/..\/etc"/' journal.jsonl > journal.evil
chain journal.evil > evil.sha256
frames journal.evil evil.sha256 > evil.log
says "a run id that is a path" 1 'no run id' collect console=evil.log results=evil

debugfs -w -R "symlink /runs/$run_id/link /etc/passwd" 'disk.raw?offset=1048576' > put.log 2>&1
says "a link on the disk is left there" 0 'not a regular file' collect disk=disk.raw results=link
check "and is not here" test ! -e link/$run_id/link
debugfs -w -R "feature needs_recovery" 'disk.raw?offset=1048576' > put.log 2>&1
before=$(sha256sum < disk.raw)
says "not unmounted: a copy is repaired" 0 'a repaired copy was read' collect console=console.log disk=disk.raw results=dirty
check "and the disk is unchanged" test "$before" = "$(sha256sum < disk.raw)"
says "and read without the serial log, too" 0 '28 records' collect disk=disk.raw results=dirty-alone
check "whole" cmp -s journal.jsonl dirty-alone/$run_id/journal.jsonl
finish
