#!/bin/sh
# initramfs.sh whole|again|list - the initramfs on standard output, from image/initramfs.list. "again" is what `make rerun` lays over the
# image's own: init and the plans. "list" names the files of the whole with their digests. Every time stamp is the same, so the bytes depend on the contents only.
set -eu
export LC_ALL=C TZ=UTC
umask 022

export INIT="$B/stripped/assay-init" BUSYBOX="$B/piece/busybox/busybox" MKE2FS="$B/piece/mke2fs/mke2fs" MKFS_XFS="$B/piece/mkfs.xfs/mkfs.xfs"

firmware=
[ -z "${FIRMWARE:-}" ] || firmware=$(image/firmware.sh list)

contents() { # whole|again
	case $1 in
	whole) cat image/initramfs.list ;;
	again) grep -E '^file /init |^dir  /config' image/initramfs.list ;;
	esac
	[ "$1" = again ] || echo "$firmware"
	for plan in config/plans/*.ini; do
		[ ! -f "$plan" ] || echo "file /$plan $plan 0644 0 0"
	done
}

# What init/origin/payload.c finds in the first file system, a line each.
list() {
	contents whole | sed -e "s,\${INIT},$INIT," -e "s,\${BUSYBOX},$BUSYBOX," -e "s,\${MKE2FS},$MKE2FS," -e "s,\${MKFS_XFS},$MKFS_XFS," |
		while read -r kind name source mode rest; do
			case $kind in
			file) echo "file $name $mode $(sha256sum < "$source" | cut -d ' ' -f 1)" ;;
			slink) echo "slink $name $source" ;;
			esac
		done
}

case $1 in
list) list ;;
*) contents "$1" | "$B/piece/gen_init_cpio/gen_init_cpio" -t 1577836800 - ;;
esac
