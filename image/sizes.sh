#!/bin/sh
# sizes.sh - what the image's bytes are spent on: each part as it is, and what it adds once compressed.
set -eu

row() { # WHAT FILE
	packed=$(zstd -q -12 -c "$2" | wc -c)
	printf '  %-22s %12s %12s\n' "$1" "$(stat -L -c %s "$2")" "$packed"
}

printf '  %-22s %12s %12s\n' part bytes packed
row "kernel and all parts" "$B/piece/kernel/arch/x86/boot/compressed/vmlinux.bin"
row initramfs "$B/initramfs.cpio"
row "  init" "$B/stripped/assay-init"
row "  busybox" "$B/piece/busybox/busybox"
row "  mke2fs" "$B/piece/mke2fs/mke2fs"
row "  mkfs.xfs" "$B/piece/mkfs.xfs/mkfs.xfs"
printf '  %-22s %12s of %s allowed\n' assay.efi "$(stat -c %s "$B/assay.efi")" $((10 * 1024 * 1024))
echo
echo "  the kernel's code and data by folder, in bytes before linking:"
find "$B/piece/kernel/" -name built-in.a | sed "s,^$B/piece/kernel/,," | awk -F/ 'NF <= 3 || /drivers\/(net\/ethernet|scsi)\/[^\/]*\/built-in.a/ || /ethernet\/[^\/]*\/[^\/]*\/built-in.a/' |
while read -r archive; do
	(cd "$B/piece/kernel" && ar t "$archive" | sort -u | xargs -r size 2>/dev/null |
		awk -v name="${archive%/built-in.a}" 'NR > 1 { sum += $1 + $2 } END { if (sum > 150000) printf "  %10d  %s\n", sum, name }')
done | sort -rn
