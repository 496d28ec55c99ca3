#!/bin/sh
# link.sh INITRAMFS IMAGE - the kernel of the cache with this initramfs in it; and beside it, as kernel.efi, the same with nothing in it. One at
# a time: the object tree holds the initramfs of the last link.
set -eu
export LC_ALL=C TZ=UTC
umask 022

image=$2
objects=$(cat "$B/piece/kernel.stamp")
kernel_make="$(cd "$(dirname "$0")" && pwd)/kernel-make.sh $(cat "$B/piece/linux.stamp") $objects"

# The tree is complete but for usr/, so make need not visit its 250 folders again (build-dir names those it visits): half the time,
# the same bits. built-in.a only lists the objects, hence the touch.
relink() { # INITRAMFS
	cmp -s "$1" "$objects/assay.cpio" && [ ! -e "$objects/.assay-linking" ] && return
	touch "$objects/.assay-linking"
	cp "$1" "$objects/assay.cpio"
	$kernel_make usr/ && touch "$objects/built-in.a" && $kernel_make build-dir=none bzImage && rm "$objects/.assay-linking"
}
link() { # INITRAMFS
	relink "$1" > "$B/link.log" 2>&1 || $kernel_make bzImage > "$B/link.log" 2>&1 || {
		tail -n 15 "$B/link.log" >&2
		exit 1
	}
}
# The kernel by itself, which needs linking once: boots with any initramfs beside it, and has a digest of its own.
link_alone() {
	[ ! -f "$objects/assay-alone" ] || return 0
	"$(cat "$B/piece/gen_init_cpio.stamp")/gen_init_cpio" -t 0 /dev/null > "$B/empty.cpio"
	link "$B/empty.cpio"
	cp "$objects/arch/x86/boot/bzImage" "$objects/assay-alone.new"
	mv "$objects/assay-alone.new" "$objects/assay-alone"
}

(
	flock 9
	link_alone
	link "$(realpath "$1")"
	cp "$objects/assay-alone" "$(dirname "$image")/kernel.efi"
	cp "$objects/arch/x86/boot/bzImage" "$image.new"
	readelf -n "$objects/vmlinux" | sed -n 's/.*Build ID: //p' > "$image.build-id"
	cp "$objects/.config" "$B/kernel.config"
	cp "$objects/System.map" "$B/System.map" # the kernel holds no names; an address in a crash is looked up here
) 9> "$objects/.assay-lock"
mv "$image.new" "$image"
