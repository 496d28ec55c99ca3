#!/bin/sh
# disk.sh PAYLOAD IMAGE - a disk for USB sticks and virtual machines: GPT with an EFI system partition that syslinux starts as well, and
# the results partition. RESULTS_MIB (64) is the latter's size. Needs no root.
payload=$1
out=$2
. "$(dirname "$0")/common.sh"

config=$(cd "$(dirname "$0")/../../config" && pwd)
results_mib=${RESULTS_MIB:-64}
# In MiB. FAT32 has at least 65525 clusters: 40 MiB of single sectors.
esp_mib=40
begin
disk=$work/disk
esp=$work/esp
results=$work/results

# The boot sector must know how many sectors lie before it (-h).
efi_partition "$esp" 32 $((esp_mib * 1024)) -s 1 -h 2048
quietly mmd -i "$esp" ::/syslinux
syslinux_config disk /EFI/BOOT/BOOTX64.EFI none < "$config/syslinux/menu.cfg" > "$work/syslinux.cfg"
for file in "$work/syslinux.cfg" "$modules/libutil.c32" "$modules/menu.c32"; do
	fat_put "$esp" "$file" "::/syslinux/${file##*/}"
done
quietly syslinux --install --directory /syslinux "$esp"

# As init expects it (init/results.c). No lazy initialisation: its kernel thread would write during a measurement.
results_uuid=a55a9e50-0002-4000-8000-000000000002
truncate -s ${results_mib}M "$results"
E2FSPROGS_FAKE_TIME=$SOURCE_DATE_EPOCH
export E2FSPROGS_FAKE_TIME
quietly mke2fs -q -F -t ext4 -L assay-results -U $results_uuid -E hash_seed=$results_uuid,lazy_itable_init=0,lazy_journal_init=0,nodiscard,root_owner=0:0 \
	"$results"

# The attribute is what gptmbr.bin looks for.
truncate -s $((1 + esp_mib + results_mib + 1))M "$disk"
quietly sfdisk -q --no-reread --no-tell-kernel "$disk" << TABLE
label: gpt
label-id: A55A9E50-0000-4000-8000-000000000000
start=2048, size=$((esp_mib * 2048)), type=uefi, uuid=A55A9E50-0001-4000-8000-000000000001, name=assay-boot, attrs=LegacyBIOSBootable
start=$((2048 + esp_mib * 2048)), size=$((results_mib * 2048)), type=linux, uuid=$results_uuid, name=assay-results
TABLE
dd if=/usr/lib/syslinux/mbr/gptmbr.bin of="$disk" conv=notrunc bs=440 count=1 status=none
dd if="$esp" of="$disk" conv=notrunc,sparse bs=1M seek=1 status=none
dd if="$results" of="$disk" conv=notrunc,sparse bs=1M seek=$((1 + esp_mib)) status=none
mv "$disk" "$out"
