#!/bin/sh
# guard.sh - the one disk that was named is written, after it was said and counted down, and once more without being asked about what the
# first run left; all others, and a named one with somebody's data on it, are not, by their bytes and by QEMU's count.
. "$(dirname "$0")/qemu.sh"
skip_without mke2fs sfdisk python3

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
boot foreign 120 "$words $(scratch foreign foreign.raw)" $(disk foreign.raw foreign) $(disk bystander.raw blank) $(counted foreign) &
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
boot unnamed 120 "$words" $(disk bystander.raw blank) $(bystander unnamed) &
wait
# On top of what the first run left there; and stopped by hand, at a keyboard.
# shellcheck disable=SC2046
boot again 240 "$words $(scratch scratch scratch.raw)" $(disk scratch.raw scratch) $(bystander again) &
stopped() { # NAME KEYS
	name=$1 keys=
	shift
	for key; do keys="$keys${keys:+,}{\"type\":\"qcode\",\"data\":\"$key\"}"; done
	python3 "$here/tests/image/qmp.py" "$name.sock" "$name/console" 'await is overwritten in [0-9]* s' \
		"{\"execute\":\"send-key\",\"arguments\":{\"keys\":[$keys]}}" shutdown "writes $name.writes" '{"execute":"quit"}' > "$name.qmp" 2>&1 &
	# shellcheck disable=SC2046
	boot "$name" 240 "$words $(scratch blank blank.raw) assay.countdown=60" $(disk blank.raw blank) -no-shutdown -qmp "unix:$name.sock,server=on,wait=off"
}
stopped key ret
stopped reset ctrl alt delete
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
check "foreign: refused for its signature [S2]" refused foreign 'may not be written: .*signature.*ext4'
check "foreign: unchanged" same foreign
check "foreign: QEMU counted no write to it [S2]" is_unwritten foreign d-foreign
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
check "named: who, what and how large, before [S3]" has_line named '^  a disk, serial scratch, WWN none, 134217728 bytes'
check "named: and who named it" has_line named '^  named by: serial:scratch:134217728 (kernel command line)'
record_before() { # RUN A B: in the journal A stands before B
	a=$(grep -n -m1 -e "$2" "$1/records" | cut -d: -f1) b=$(grep -n -m1 -e "$3" "$1/records" | cut -d: -f1)
	[ -n "$a" ] && [ -n "$b" ] && [ "$a" -lt "$b" ]
}
check "named: recorded before any step [S3]" record_before named 'guard: /dev/vdb will be written: .*serial scratch.*134217728 bytes.*kernel command line' testStepStart
twin "not after it" record_before named testStepStart 'guard: /dev/vdb will be written'
check "foreign: the refusal is recorded, too [S2]" has_record foreign 'guard: no disk is written: serial:foreign:134217728 .*ext4'
check "again: what the first run left is its own" outcome again s6 ok
check "again: the disk that nobody named is untouched [S1]" is_untouched again
check "unnamed: so it is without any name [S1]" is_untouched unnamed
twin "again: the one that was named is not [S1]" is_unwritten again d-scratch
for run in key reset; do
	check "$run: stopped by hand: the steps are skipped [S3]" refused $run 'stopped by hand before anything was written'
	check "$run: and it is said" has_line $run '^assay: stopped by hand: no disk is written'
	check "$run: QEMU counted no write" is_unwritten $run d-blank
done
printf x | dd of=bystander.raw bs=1 seek=70000000 conv=notrunc 2> /dev/null
twin "one byte would be seen" same bystander
finish
