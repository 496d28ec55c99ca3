#!/bin/sh
# firmware.sh - FIRMWARE=bnx2 puts that driver's files into an image, says so in the build record, and keeps within the budget; nothing
# does without it.
. "$(dirname "$0")/qemu.sh"
skip_without cpio jq

make_initramfs() { # FILE "DRIVERS"
	(cd "$here" && FIRMWARE=$2 image/initramfs.sh whole) > "$1" 2> "$1.said"
}
holds() { cpio -t --quiet < "$1" | grep -qxF "$2"; }
# The payload of a bzImage: everything behind the first magic number of zstd.
unpacks_to() { # IMAGE PATTERN
	at=$(LC_ALL=C grep -aobP '\x28\xb5\x2f\xfd' "$1" | head -n 1 | cut -d : -f 1)
	tail -c +$((at + 1)) "$1" | zstd -dcq 2> /dev/null | grep -qaF "$2"
}
fits() {
	echo "# $1: $(stat -c %s "$1") of 10485760 bytes"
	[ "$(stat -c %s "$1")" -le 10485760 ]
}
build_record() { # "DRIVERS"
	(cd "$here" && FIRMWARE=$1 image/payload.sh "$image")
}
file=lib/firmware/bnx2/bnx2-mips-09-6.2.1b.fw

make_initramfs plain.cpio ""
make_initramfs bnx2.cpio bnx2
make_initramfs two.cpio "bnx2 tg3"
check "two drivers: the second one's, too" holds two.cpio lib/firmware/tigon/tg3.bin
check "nothing asked for: the same bytes as the image's own" cmp -s plain.cpio "$B/initramfs.cpio"
check "bnx2: its file is there" holds bnx2.cpio $file
twin "nothing asked for: it is not" holds plain.cpio $file
(cd "$here" && image/link.sh "$WORK/bnx2.cpio" "$WORK/bnx2.efi")
check "an image can be linked with it, within the budget" fits bnx2.efi
check "and holds it" unpacks_to bnx2.efi $file
twin "the plain image does not" unpacks_to "$image" $file
plain=$image
image=$WORK/bnx2.efi
boot with 120 "assay.self.noise.seconds=0.3"
image=$plain
check "it boots" ended with COMPLETE PASS
check "the build record names file, sum, package and license" sh -c 'echo "$1" | jq -e ".firmware | length == 5 and all(.[]; .driver == \"bnx2\" and
	(.sha256 | length == 64) and (.package | startswith(\"firmware-bnx2 \")) and .license == \"binary-redist-firmware\")" > /dev/null' sh "$(build_record bnx2)"
twin "and none when none was asked for" sh -c 'echo "$1" | jq -e .firmware > /dev/null' sh "$(build_record "")"
twin "a driver nobody knows" make_initramfs nonsense.cpio nonsense
check "is refused by name" grep -q 'FIRMWARE=nonsense: no such driver' nonsense.cpio.said
finish
