#!/bin/sh
# survey.sh - the image with an empty command line: to its end by itself, no disk written, every record sound.
. "$(dirname "$0")/qemu.sh"

head -c 8388608 /dev/urandom > noise.raw
truncate -s 16M blank.raw
noise=$(sha256sum < noise.raw)
blank=$(sha256sum < blank.raw)
# shellcheck disable=SC2046
boot run 120 "" $(disk noise.raw noise) $(disk blank.raw blank) $(nic)

check "runs to its end" ended run COMPLETE PASS
twin "not with an error" ended run ERROR NOT_APPLICABLE
check "plan survey" has_record run '"plan":"survey"'
twin "not plan quick" has_record run '"plan":"quick"'
check "it says what ran, and from where it was booted [R2]" says_what_ran run
reports() { has_record run "\"payloadDigest\":\"$(sed -n "1s/^# payload //p" "$1")\""; }
check "it reports the payload digest that SHA256SUMS says [B8]" reports "${image%/*}/SHA256SUMS"
sed "1s/.$/x/" "${image%/*}/SHA256SUMS" > other.sums
twin "and no other [B8]" reports other.sums
check "that there is no TPM is stated [E8]" has_record run '"tpm":{"state":"none"}'
twin "and no key of one [E8]" has_record run '"quoteKey"'
mkdir less
sed 's/"payloadDigest":"[^"]*",//' run/records > less/records
twin "not one without the payload's digest [R2]" says_what_ran less
check "both steps ran" outcome run s2 ok
twin "and no third" outcome run s3 ok
check "the disks are known" has_record run '"serial[A-Za-z]*":"noise"'
check "a full disk nobody named is unchanged [S1]" is_unchanged noise.raw "$noise"
check "an empty disk nobody named is unchanged [S1]" is_unchanged blank.raw "$blank"
printf x | dd of=blank.raw bs=1 seek=5000 conv=notrunc 2> /dev/null
twin "one byte would be seen" is_unchanged blank.raw "$blank"
check "the records verify" collected run
sed -i '0,/^@assay .*DEBUG/s/DEBUG/DEBUT/' run/console
twin "not with a byte turned" collected run

# ---- kernel and initramfs apart, as SHA256SUMS names them
image=${image%/*}/kernel.efi initrd=${image%/*}/initramfs.cpio
boot apart 120 "assay.self.noise.seconds=0.3"
check "kernel.efi with initramfs.cpio beside it runs to its end [B8]" ended apart COMPLETE PASS
twin "it calls itself the payload that is one file [B8]" grep -q "\"payloadDigest\":\"$(sed -n "1s/^# payload //p" "${image%/*}/SHA256SUMS")\"" apart/records
finish
