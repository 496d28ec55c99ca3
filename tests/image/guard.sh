#!/bin/sh
# guard.sh - the one disk that was named is written; all others, and a named one with somebody's data on it, are not.
. "$(dirname "$0")/qemu.sh"
skip_without mke2fs sfdisk

words="assay.plan=quick assay.self.null.seconds=0.1 assay.self.noise.seconds=0.1 assay.file.bonnie.size=2m assay.file.bonnie.seeks=20 assay.file.bonnie.files=0 assay.file.bonnie.per_byte=no
	assay.file.iozone.max_file=64k"
words=$(echo $words)
truncate -s 128M scratch.raw blank.raw
cp scratch.raw bystander.raw
head -c 16777216 /dev/urandom > noise.raw
truncate -s 128M foreign.raw parts.raw
mke2fs -q -F -t ext4 -L precious foreign.raw
printf 'label: gpt\nsize=4M, name=home\n' | sfdisk -q parts.raw
for name in scratch blank bystander noise foreign parts; do
	sha256sum < $name.raw > $name.before
done
same() { is_unchanged "$1.raw" "$(cat "$1.before")"; }

# shellcheck disable=SC2046
boot named 240 "$words $(scratch scratch scratch.raw)" $(disk blank.raw blank) $(disk scratch.raw scratch) $(disk noise.raw noise) &
# shellcheck disable=SC2046
boot foreign 120 "$words $(scratch foreign foreign.raw)" $(disk foreign.raw foreign) $(disk bystander.raw blank) &
wait
# shellcheck disable=SC2046
boot parts 120 "$words $(scratch parts parts.raw)" $(disk parts.raw parts) $(disk bystander.raw blank) &
# shellcheck disable=SC2046
boot twice 120 "$words $(scratch same blank.raw)" $(disk blank.raw same) \
	-drive if=none,id=other,format=raw,file=noise.raw -device virtio-blk-pci,drive=other,serial=same &
wait
# shellcheck disable=SC2046
boot position 120 "$words assay.scratch=/dev/vda" $(disk blank.raw blank) &
# shellcheck disable=SC2046
boot unnamed 120 "$words" $(disk bystander.raw blank) &
wait

check "named: the first file step ran" outcome named s6 ok
check "named: and the second" outcome named s7 ok
check "named: who and what was said before" has_line named 'writing to /dev/vd.: serial:scratch'
twin "named: it was written" same scratch
check "named: an empty disk beside it is unchanged" same blank
check "named: a full disk beside it is unchanged" same noise

refused() { # RUN REASON: both file steps skipped for it, and nothing else wrong
	outcome "$1" s6 skipped && outcome "$1" s7 skipped && has_record "$1" "\"verdict\":\"skipped\".*$2" && ended "$1" COMPLETE PASS
}
check "foreign: refused for its signature" refused foreign 'may not be written: .*signature.*ext4'
check "foreign: unchanged" same foreign
check "parts: refused for its partitions" refused parts 'may not be written: .*partitions'
check "parts: unchanged" same parts
check "twice: two disks of one serial, neither is taken" refused twice '2 disks answer'
check "position: a name of place is no identity: the run is refused" ended position ERROR NOT_APPLICABLE
check "position: in one line" has_line position '^assay: refused: scratch=/dev/vda: expected serial:'
check "unnamed: refused" refused unnamed 'no scratch disk'
check "after all of them: the bystander is unchanged" same bystander
check "after all of them: the empty disk is unchanged" same blank
check "after all of them: the full disk is unchanged" same noise
twin "named: nothing was refused" refused named ''
printf x | dd of=bystander.raw bs=1 seek=70000000 conv=notrunc 2> /dev/null
twin "one byte would be seen" same bystander
finish
