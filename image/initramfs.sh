#!/bin/sh
# initramfs.sh whole|again - the initramfs on standard output, from image/initramfs.list. "again" is what `make rerun` lays over the
# image's own: init and the plans. Every time stamp is the same, so the bytes depend on the contents only.
set -eu

export INIT="$B/stripped/assay-init" BUSYBOX="$B/piece/busybox/busybox" MKE2FS="$B/piece/mke2fs/mke2fs" MKFS_XFS="$B/piece/mkfs.xfs/mkfs.xfs"

{
	case $1 in
	whole) cat image/initramfs.list ;;
	again) grep -E '^file /init |^dir  /config' image/initramfs.list ;;
	esac
	for plan in config/plans/*.ini; do
		[ ! -f "$plan" ] || echo "file /$plan $plan 0644 0 0"
	done
} | "$B/piece/gen_init_cpio/gen_init_cpio" -t 1577836800 -
