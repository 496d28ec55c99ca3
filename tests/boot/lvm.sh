#!/bin/sh
# lvm.sh - a virtual machine on a logical volume, all of it real: an outer guest (our kernel, Debian's lvm2 and QEMU) makes a volume group
# with two volumes and boots config/machines/lvm-virtio.ini on one of them, as it stands. The inner guest's results come back; the
# volume was written, the one beside it was not.
. "$(dirname "$0")/../image/qemu.sh"
skip_without lvm cpio mke2fs sfdisk debugfs tar qemu-system-x86_64 ldd

root=$WORK/root
lvm_config='activation{udev_sync=0 udev_rules=0 monitoring=0} devices{obtain_device_list_from_udev=0 use_devicesfile=0 scan="/dev"} global{use_lvmpolld=0 event_activation=0}'

# ---- what the outer guest is: the programs installed here, with their libraries

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

words="assay.file.verify.size=4m assay.file.verify.passes=1"
cat > "$root/outer" << END
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
sha256sum < /dev/vg0/beside > /tmp/before
echo "outer: the volume before: \$(head -c 16777216 /dev/vg0/assay-scratch | tr -d '\\0' | head -c 8 | sha256sum)"
cd /assay
./assay boot lvm-virtio accel=tcg plan=verify words='$words' memory=256M cpus=1 nic.net0.model=none peer.kind=none timeout=$((400 * patience)) \
	image=assay.efi payload=payload.json results=/tmp/results work=/tmp/desk
echo "outer: assay boot ended with \$?"
sha256sum < /dev/vg0/beside > /tmp/after
echo "outer: the volume after: \$(head -c 16777216 /dev/vg0/assay-scratch | tr -d '\\0' | head -c 8 | sha256sum)"
volumes lvs --noheadings --units b -o lv_name,lv_size,segtype
mkdir -p /tmp/out
tar -cf /dev/vdb -C /tmp results desk/console.log desk/command.sh before after
sync
echo "outer: end"
echo o > /proc/sysrq-trigger
sleep 60
END
chmod +x "$root/outer"
(cd "$root" && find . | cpio -o -H newc --quiet -R 0:0) > outer.cpio

# ---- it runs

truncate -s 512M volumes.raw
truncate -s 256M out.raw
mkdir outer
case $accel in kvm) cpu=host how=kvm ;; *) cpu=max how=$accel,thread=single ;; esac
began=$(date +%s)
code=0
timeout -k 5 $((420 * patience)) qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot -m 1G -smp 1 -cpu $cpu -accel $how \
	-kernel "$image" -initrd outer.cpio -append "no_timer_check rdinit=/outer" -serial file:outer/console \
	-drive if=none,id=d0,format=raw,file=volumes.raw -device virtio-blk-pci,drive=d0 \
	-drive if=none,id=d1,format=raw,file=out.raw -device virtio-blk-pci,drive=d1 > outer/qemu 2>&1 < /dev/null || code=$?
echo "# the outer guest: $(($(date +%s) - began)) s, code $code"
mkdir -p inner
tar -xf out.raw -C inner 2> /dev/null || echo "# nothing came back"
cp inner/desk/console.log inner/console 2> /dev/null || : > inner/console
echo 0 > inner/code
records inner

# ---- questions

outer_said() { tr -d '\r' < outer/console | grep -q -e "^outer: $2"; }
are_linear() { [ "$(tr -d '\r' < outer/console | grep -c '^ *\(assay-scratch *268435456B\|beside *4194304B\) *linear')" = 2 ]; }
of_volume() { tr -d '\r' < outer/console | sed -n "s/^outer: the volume $1: //p"; }
written() { [ -n "$(of_volume after)" ] && [ "$(of_volume before)" != "$(of_volume after)" ]; }
had_volume() { grep -q 'file=/dev/vg0/assay-scratch' "$1/desk/command.sh"; }
same_beside() { [ -s inner/before ] && cmp -s inner/before inner/after; }
verifies() { "$assay" verify results=inner/results > inner/verify 2>&1; }

check "the volumes are made" outer_said inner 'volumes made'
check "lvm knows both as linear" are_linear inner
check "assay boot on the volume: exit 0" outer_said inner 'assay boot ended with 0'
twin "not with another" outer_said inner 'assay boot ended with 1'
check "the inner guest runs to its end" has_record inner '"testRunEnd":{"status":"COMPLETE","result":"PASS"}'
check "what it wrote there it read back" outcome inner s1 ok
twin "nothing was skipped" outcome inner s1 skipped
check "its disk is the volume, to the byte" has_record inner '"serial":"assay-scratch",.*"bytes":268435456'
check "QEMU had the volume itself" had_volume inner
check "the volume was written" written inner
check "the volume beside it was not" same_beside inner
echo >> inner/after
twin "a difference would be seen" same_beside inner
check "its results verify, back here" verifies inner
sed -i '0,/^@assay .*DEBUG/s/DEBUG/DEBUT/' inner/results/*/console.log
sed -i '3s/"sequenceNumber":/&1/' inner/results/*/journal.jsonl
twin "not with a byte turned" verifies inner
[ "$failures" = 0 ] || tr -d '\r' < outer/console | cut -c 1-200 | tail -n 40 | sed 's/^/  # /'
finish
