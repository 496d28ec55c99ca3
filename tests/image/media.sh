#!/bin/sh
# media.sh - what the media carry and how they are made, without booting them: the payload's own bytes on each, the same bytes from every
# build, the tables that firmware looks for.
. "$(dirname "$0")/../check.sh"
image=$(realpath "${IMAGE:-$here/build/assay.efi}")
media=$(dirname "$image")
skip_without xorriso mtools sfdisk debugfs

digest_of() { sha256sum < "$1" | cut -d ' ' -f 1; }
ours=$(digest_of "$image")
carries() { [ "$(digest_of "$1")" = "$ours" ]; }

# ---- the same payload everywhere

xorriso -osirrox on -indev "$media/assay.iso" -extract /assay.efi iso.efi -extract /boot/efi.img iso-esp.img > xorriso.said 2>&1
mcopy -n -i iso-esp.img ::/EFI/BOOT/BOOTX64.EFI iso-boot.efi
mcopy -n -i "$media/assay.img@@1M" ::/EFI/BOOT/BOOTX64.EFI disk.efi
for file in iso.efi iso-boot.efi disk.efi "$media/pxe/assay.efi" "$media/pxe/bios/assay.efi"; do
	check "$(basename "$(dirname "$file")")/$(basename "$file") has the payload's SHA-256" carries "$file"
done
head -c 1000 disk.efi > cut.efi
twin "a part of it has not" carries cut.efi
sums() { (cd "$media" && grep ' assay.iso$\| assay.img$\| pxe/assay.efi$' SHA256SUMS > "$WORK/sums" && [ "$(wc -l < "$WORK/sums")" = 3 ] && sha256sum -c --status "$WORK/sums"); }
check "SHA256SUMS lists them rightly [B8]" sums
loader_free() { ! mdir -b -/ -i "$1" :: | grep -qi 'syslinux.efi\|ldlinux.e64'; }
check "no syslinux.efi on the disc" loader_free iso-esp.img

# ---- the same bytes from every build

build() { # FOLDER
	mkdir -p "$1"
	cp "$image" "$1/payload"
	for kind in iso disk pxe; do
		(cd "$here" && image/media/$kind.sh "$WORK/$1/payload" "$WORK/$1/$kind") || return 1
	done
}
(umask 022; TZ=UTC; export TZ; build first)
sleep 2 # FAT counts time in steps of two seconds
(umask 077; TZ=Asia/Tokyo LANG=C.UTF-8; export TZ LANG; build second/with/a/longer/name)
same() { cmp -s "first/$1" "second/with/a/longer/name/$1"; }
check "the ISO, built twice [B5]" same iso
check "the disk, built twice [B5]" same disk
check "the tree, built twice [B5]" diff -r first/pxe second/with/a/longer/name/pxe
check "and as make built it" cmp -s first/iso "$media/assay.iso"
printf x | dd of=second/with/a/longer/name/iso bs=1 seek=500 conv=notrunc status=none
twin "not with one byte turned [B5]" same iso
mkdir late
cp "$image" late/payload
(cd "$here" && SOURCE_DATE_EPOCH=1600000000 image/media/disk.sh "$WORK/late/payload" "$WORK/late/disk")
twin "nor with another date [B5]" cmp -s first/disk late/disk

# ---- what firmware looks for

xorriso -indev "$media/assay.iso" -report_el_torito plain -report_system_area plain > report 2> /dev/null
check "the ISO boots BIOS and UEFI from disc" eval 'grep -q "El Torito boot img : *1  BIOS" report && grep -q "El Torito boot img : *2  UEFI" report'
check "and from disk" grep -q 'System area summary: MBR isohybrid .*GPT' report
sfdisk -d "$media/assay.img" > table
check "the disk's first partition is marked for BIOS" grep -q 'type=C12A7328.*name="assay-boot", attrs="LegacyBIOSBootable"' table
twin "the second is not" grep -q 'name="assay-results".*attrs="LegacyBIOSBootable"' table
check "its table is sound" sfdisk -q --verify "$media/assay.img"
dd if="$media/assay.img" of=results bs=1M skip=41 count=64 status=none
check "its results partition is a clean ext4" e2fsck -fn results
twin "its first partition is none" e2fsck -fn "$media/assay.img"
check "the FAT is clean" eval 'mcopy -n -i "$media/assay.img@@1M" ::/syslinux/syslinux.cfg - > menu.cfg && fsck.fat -n iso-esp.img > fsck.said 2>&1'
says() { grep -q "assay.boot=$2" "$1"; }
check "the disk's menu says what it is" says menu.cfg disk
twin "and not something else" says menu.cfg pxe
check "the tree's too" says "$media/pxe/bios/pxelinux.cfg/default" pxe
unfilled() { grep -q '@[A-Z]*@' "$media/pxe/$1"; }
check "dnsmasq.conf.in is to be filled in" unfilled dnsmasq.conf.in
twin "dnsmasq.conf is filled in" unfilled dnsmasq.conf
finish
