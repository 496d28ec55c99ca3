# shellcheck shell=sh
# lib.sh - an outer guest in which volumes and the machines on them are real: our kernel, Debian's lvm2 and QEMU, the host command, the image.
# It makes a volume group vg0 with the volumes assay-scratch (256 MiB), which lvm-virtio.ini names, and beside (4 MiB, random bytes), does
# what the test says, and hands files of its /tmp back. Sourced by lvm*.sh.
. "$(dirname "$0")/../image/qemu.sh"
skip_without lvm cpio mke2fs sfdisk debugfs tar qemu-system-x86_64 ldd

root=$WORK/root
lvm_config='activation{udev_sync=0 udev_rules=0 monitoring=0} devices{obtain_device_list_from_udev=0 use_devicesfile=0 scan="/dev"} global{use_lvmpolld=0 event_activation=0}'

# ---- what it is made of: the programs installed here, with their libraries

put() { # FILE...: at the same place
	for file; do
		[ -e "$root$file" ] && continue
		mkdir -p "$root${file%/*}"
		cp -L "$file" "$root$file"
	done
}
put_program() { # NAME...
	for name; do
		path=$(command -v "$name")
		put "$path"
		# shellcheck disable=SC2046
		put $(ldd "$path" | awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\// { print $1 }')
	done
}
make_root() {
	mkdir -p "$root/bin" "$root/proc" "$root/sys" "$root/dev" "$root/tmp" "$root/run" "$root/etc" "$root/assay/config"
	put_program dash mount mkdir cat sha256sum dd tar sync head tr sleep lvm qemu-system-x86_64 mke2fs sfdisk debugfs e2fsck
	cp -L "$(command -v dash)" "$root/bin/sh"
	put "$(find /usr/share/seabios /usr/share/qemu -name bios-256k.bin | head -n 1)"
	# Debian's QEMU loads its emulator as a module.
	for module in /usr/lib/*/qemu/accel-tcg-*.so; do
		[ ! -e "$module" ] || put "$module"
	done
	for rom in linuxboot_dma.bin kvmvapic.bin; do put "$(find /usr/share/qemu /usr/share/seabios -name $rom | head -n 1)"; done
	cp -r "$here/config/machines" "$root/assay/config"
	cp "$assay" "$image" "$root/assay"
	cp "${image%/*}/payload.json" "$root/assay"
}

# ---- what it does: "outer: ..." on its console is what it says of itself

write_script() { # COMMANDS FILE...: makes the volumes, does COMMANDS in /assay, hands back FILEs of /tmp
	commands=$1
	shift
	cat << END
#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /run
exec > /dev/ttyS0 2>&1
echo "outer: up"
volumes() { lvm "\$@" --config '$lvm_config'; }
volumes pvcreate -q /dev/vda && volumes vgcreate -q vg0 /dev/vda && volumes lvcreate -q -y -n assay-scratch -L 256M vg0 &&
	volumes lvcreate -q -y -n beside -L 4M vg0 && echo "outer: volumes made"
dd if=/dev/urandom of=/dev/vg0/beside bs=1M count=4
sync
beginning() { head -c 16777216 /dev/vg0/assay-scratch | tr -d '\\0' | head -c 8 | sha256sum; }
sha256sum < /dev/vg0/beside > /tmp/before
echo "outer: the volume before: \$(beginning)"
cd /assay
$commands
sha256sum < /dev/vg0/beside > /tmp/after
echo "outer: the volume after: \$(beginning)"
volumes lvs --noheadings --units b -o lv_name,lv_size,segtype
cd /tmp && tar -cf /dev/vdb before after $*
sync
echo "outer: end"
echo o > /proc/sysrq-trigger
sleep 60
END
}

boot_outer() { # SECONDS FILE... < COMMANDS: what it handed back is in inner/ afterwards
	limit=$1
	shift
	commands=$(cat)
	make_root
	write_script "$commands" "$@" > "$root/outer"
	chmod +x "$root/outer"
	(cd "$root" && find . | cpio -o -H newc --quiet -R 0:0) > outer.cpio
	truncate -s 512M volumes.raw
	truncate -s 256M out.raw
	mkdir -p outer inner
	case $accel in kvm) cpu=host how=kvm ;; *) cpu=max how=$accel,thread=single ;; esac
	began=$(date +%s)
	code=0
	timeout -k 5 $((limit * patience)) qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot -m 1G -smp 1 -cpu $cpu -accel $how \
		-kernel "$image" -initrd outer.cpio -append "no_timer_check rdinit=/outer" -serial file:outer/console \
		-drive if=none,id=d0,format=raw,file=volumes.raw -device virtio-blk-pci,drive=d0 \
		-drive if=none,id=d1,format=raw,file=out.raw -device virtio-blk-pci,drive=d1 > outer/qemu 2>&1 < /dev/null || code=$?
	echo "# the outer guest: $(($(date +%s) - began)) s, code $code"
	tar -xf out.raw -C inner 2> /dev/null || echo "# nothing came back"
}

# ---- questions

explain() { :; } # questions here name no run; show_outer says more at the end

outer_printed() { tr -d '\r' < outer/console | grep -q -e "$1"; }
outer_said() { outer_printed "^outer: $1"; }
are_linear() { [ "$(tr -d '\r' < outer/console | grep -c '^ *\(assay-scratch *268435456B\|beside *4194304B\) *linear')" = 2 ]; }
of_volume() { tr -d '\r' < outer/console | sed -n "s/^outer: the volume $1: //p"; }
written() { [ -n "$(of_volume after)" ] && [ "$(of_volume before)" != "$(of_volume after)" ]; }
same_beside() { [ -s inner/before ] && cmp -s inner/before inner/after; }
show_outer() { # the end of its console, when a check failed
	[ "$failures" = 0 ] || tr -d '\r' < outer/console | cut -c 1-200 | tail -n 40 | sed 's/^/  # /'
}
