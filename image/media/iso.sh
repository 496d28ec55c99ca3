#!/bin/sh
# iso.sh PAYLOAD ISO - one image for four ways in: BIOS and UEFI, optical and disk. isolinux starts the payload for BIOS; for UEFI the
# payload is the boot file of the EFI image: syslinux.efi crashes on optical media.
payload=$1
out=$2
. "$(dirname "$0")/common.sh"

config=$(cd "$(dirname "$0")/../../config" && pwd)
begin
tree=$work/tree
mkdir -p "$tree/isolinux" "$tree/boot"
cp "$payload" "$tree/assay.efi"
cp /usr/lib/ISOLINUX/isolinux.bin "$modules/ldlinux.c32" "$modules/libutil.c32" "$modules/menu.c32" "$tree/isolinux"
syslinux_config iso /assay.efi 0x80 < "$config/syslinux/menu.cfg" > "$tree/isolinux/isolinux.cfg"
# FAT16 has at least 4085 clusters: 16 MiB holds the payload and is one for every tool; more when the payload is larger.
kib=$((($(stat -L -c %s "$payload") / 1024 + 2048 + 4095) / 4096 * 4096))
[ $kib -ge 16384 ] || kib=16384
efi_partition "$tree/boot/efi.img" 16 $kib
chmod -R u=rwX,go=rX "$tree"
same_times "$tree"
quietly xorriso -as mkisofs -o "$work/iso" -V ASSAY -r -J --set_all_file_dates set_to_mtime \
	-isohybrid-mbr /usr/lib/ISOLINUX/isohdpfx.bin \
	-b isolinux/isolinux.bin -c isolinux/boot.cat -no-emul-boot -boot-load-size 4 -boot-info-table \
	-eltorito-alt-boot -e boot/efi.img -no-emul-boot -isohybrid-gpt-basdat "$tree"
mv "$work/iso" "$out"
