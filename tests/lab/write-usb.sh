#!/bin/sh
# write-usb.sh - a medium onto a disk (a loop device) that is named rightly, and not onto one that is not, or that holds something.
. "$(dirname "$0")/lib.sh"
skip_without losetup sfdisk mke2fs e2fsck resize2fs wipefs mount
[ "$(id -u)" = 0 ] || { echo "ok - loop devices need root # SKIP"; exit 77; }

# A small medium of the form that make disk makes.
truncate -s 12M image
printf 'label: gpt\nstart=2048, size=8192, type=uefi, name=assay-boot\n' | sfdisk -q --no-reread --no-tell-kernel image
head -c 4000000 /dev/urandom | dd of=image bs=1M seek=1 conv=notrunc status=none
bytes=16777216
truncate -s $bytes stick
device=$(losetup --show -f stick)
trap 'umount place 2> /dev/null || :; losetup -d "$device" || :' EXIT

write() { # ARGUMENT...
	"$assay" write-usb image=image device="$device" countdown=0 "$@" > said 2>&1
}
blank() { head -c $bytes /dev/zero | cmp -s - "$device"; }
said() { grep -q -e "$1" said; }
# But for what says how large the disk is: the MBR, the header, and the copy at the image's end, which has moved.
written() { cmp -s -i 1024 -n $((12582912 - 1024 - 16896)) image "$device"; }
sound() { sfdisk --verify "$1" > verified 2>&1 && grep -q 'No errors detected' verified && ! grep -qi 'backup\|mismatch\|corrupt' verified; }

twin "not by another size" write serial=none size=$((bytes - 512))
check "which is said" said "has size=$bytes, not"
twin "not by another serial" write serial=4711 size=$bytes
check "which is said, too" said 'has serial=none, not 4711'
twin "not without a size" write serial=none
twin "not from a file that is no medium" "$assay" write-usb image=said device="$device" serial=none size=$bytes countdown=0
truncate -s 32M large
cp image large && truncate -s 32M large
twin "not more than fits" "$assay" write-usb image=large device="$device" serial=none size=$bytes countdown=0
check "nothing was written by any of these" blank

mke2fs -q -t ext4 "$device"
twin "not over a file system" write serial=none size=$bytes
check "it is named" said 'carries ext4; over=ext4'
mkdir place
mount "$device" place
twin "not while it is mounted, whatever may be lost" write serial=none size=$bytes over=ext4
check "mounted, it says" said 'is mounted'
umount place
sum=$(sha256sum < image | cut -d ' ' -f 1)
check "over a file system that may be lost" write serial=none size=$bytes over=ext4
check "it said what and how large" said "^$device: .*serial none, $bytes bytes (16M); it carries ext4"
check "what was written is there" written
check "and its digest is said" said "12582912 bytes written and read back, SHA-256 $sum"
check "the partition table says how large the disk is, at both ends" sound "$device"
check "which is said" said "the partition table's copy is in its last sectors"
copies() { grep -a -b -o 'EFI PART' "$1" | cut -d : -f 1 | tr '\n' ' '; }
check "its headers are the second and the last sector, and no others" [ "$(copies stick)" = "512 $((bytes - 512)) " ]
cp stick plain && dd if=image of=plain conv=notrunc bs=1M status=none
twin "a plain copy of the image says otherwise" sound plain
printf x | dd of="$device" bs=1 seek=2000000 conv=notrunc status=none
twin "a byte turned would be seen" written
twin "not again without a word: it holds a medium now" write serial=none size=$bytes
check "again with one" write serial=none size=$bytes over=gpt,PMBR

# ---- with a results partition, which grows to the disk's end
truncate -s 12M small
printf 'label: gpt\nstart=2048, size=8192, type=uefi, name=assay-boot\nstart=10240, size=12288, type=linux, name=assay-results\n' |
	sfdisk -q --no-reread --no-tell-kernel small
mkdir -p folder && echo 'plan = quick' > folder/assay.ini
mke2fs -q -F -t ext4 -L assay-results -d folder -E offset=5242880 small 6144k
write_small() { "$assay" write-usb image=small device="$device" countdown=0 serial=none size=$bytes over=gpt,PMBR,ext4 "$@" > said 2>&1; }
results() { # of the stick, its file system by itself
	dd if="$device" of=alone bs=1M skip=5 count=$1 status=none
	e2fsck -fn alone > checked 2>&1 && debugfs -R 'cat assay.ini' alone 2> /dev/null | grep -q 'plan = quick' &&
		dumpe2fs -h alone 2> /dev/null | grep -q "Block count: *$2\$"
}
check "with a results partition" write_small
check "the table is sound" sound "$device"
check "the partition has its size" results 6 6144
check "grow=yes" write_small grow=yes
check "which is said, with its size" said "assay-results has 10485760 bytes"
check "the table is sound" sound "$device"
check "its file system has grown, what was in it is there" results 10 10240
twin "grow=perhaps" write_small grow=perhaps
losetup -d "$device"
device=$(losetup --show -b 4096 -f stick)
twin "not on a disk with sectors of 4096 bytes" write_small
check "which is said" said 'has sectors of 4096 bytes'
losetup -d "$device"
device=$(losetup --show -f small)
bytes=12582912
"$assay" write-usb image=image device="$device" countdown=0 serial=none size=$bytes over=gpt,PMBR,ext4 > said 2>&1 || cat said
whole() { cmp -s image "$device"; }
check "on a disk of the image's size nothing moves" whole
losetup -d "$device"
bytes=16777216
device=$(losetup --show -r -f stick)
twin "not on a read-only disk" write serial=none size=$bytes over=gpt,PMBR
check "read-only, it says" said 'is read-only'
# The disk that / lies on, whatever it is called here: never, however well it is named.
root=$(findmnt -n -o SOURCE / || :)
if [ -b "$root" ]; then
	disk=$(lsblk -n -d -o PKNAME "$root" | grep . || basename "$root")
	serial=$(cat "/sys/block/$disk/serial" 2> /dev/null || :)
	refused() {
		"$assay" write-usb image=image device="/dev/$disk" serial="${serial:-none}" size=$(($(cat "/sys/block/$disk/size") * 512)) \
			over=gpt,PMBR,dos,vfat,ext4,xfs,btrfs countdown=60 > said 2>&1
		[ $? = 1 ]
	}
	check "not the disk that holds /" refused
	check "it is in use" said 'is mounted\|is used as swap\|holders'
fi
finish
