#!/bin/sh
# debian-guest.sh - a stock Debian 12 guest for comparisons, made once in $CACHE: prints its folder, which holds vmlinuz, initrd,
# disk.img and versions. Minimal base, systemd, udev, dbus, the cloud kernel, a login on ttyS0; booted once, so that what a first
# boot does is done. Needs root (mmdebstrap) and the machine's Debian mirror.
#
# On ttyS0 it says "guest: idle ..." when systemd calls itself running. With the kernel word assay.run=1 it then runs the commands of
# the disk whose serial is "commands" (a file that sh understands) and powers off.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
cache=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/assay}
packages=systemd-sysv,udev,dbus,linux-image-cloud-amd64,initramfs-tools,kmod
folder=$cache/debian-guest-$(sha256sum < "$0" | cut -c 1-16)

units() { # ROOT
	cat > "$1/etc/systemd/system/idle-marker.service" <<'UNIT'
[Unit]
Description=Says on the serial port when the system is idle
[Service]
Type=oneshot
ExecStart=/usr/local/sbin/idle-marker
StandardOutput=file:/dev/ttyS0
[Install]
WantedBy=multi-user.target
UNIT
	# A job of its own, so that waiting for the end of the start does not hold it up.
	cat > "$1/usr/local/sbin/idle-marker" <<'SCRIPT'
#!/bin/sh
exec systemd-run --quiet --no-block --unit=idle-marker-wait /usr/local/sbin/idle-marker-wait
SCRIPT
	cat > "$1/usr/local/sbin/idle-marker-wait" <<'SCRIPT'
#!/bin/sh
state=$(systemctl is-system-running --wait)
# On a line of its own: the login prompt, which has no end, may stand there.
printf '\nguest: idle %s, up %s s, %s processes\n' "$state" "$(cut -d ' ' -f 1 /proc/uptime)" "$(ls -d /proc/[0-9]* | wc -l)" > /dev/ttyS0
grep -q assay.run=1 /proc/cmdline && sh /dev/disk/by-id/virtio-commands > /dev/ttyS0 2>&1
grep -q 'assay.run=1\|assay.prepare=1' /proc/cmdline && systemctl poweroff
exit 0
SCRIPT
	chmod 0755 "$1/usr/local/sbin/idle-marker" "$1/usr/local/sbin/idle-marker-wait"
	ln -sf ../idle-marker.service "$1/etc/systemd/system/multi-user.target.wants/idle-marker.service"
	# On a busy host ttyS0 may take longer than the usual 90 s, and there would be no prompt.
	mkdir -p "$1/etc/systemd/system.conf.d"
	printf '[Manager]\nDefaultDeviceTimeoutSec=900\n' > "$1/etc/systemd/system.conf.d/patience.conf"
	echo "/dev/vda / ext4 defaults 0 1" > "$1/etc/fstab"
	echo debian > "$1/etc/hostname"
}

build() {
	work=$(mktemp -d "$cache/.work-guest.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	mmdebstrap --quiet --variant=minbase --include="$packages" bookworm "$work/root.tar" "$("$root/image/mirror.sh" bookworm deb)"
	mkdir "$work/root"
	tar -xf "$work/root.tar" -C "$work/root"
	units "$work/root"
	mkdir -p "$folder"
	cp "$work"/root/boot/vmlinuz-* "$folder/vmlinuz"
	cp "$work"/root/boot/initrd.img-* "$folder/initrd"
	chroot "$work/root" dpkg-query -W -f '${Package} ${Version}\n' systemd linux-image-cloud-amd64 base-files > "$folder/versions"
	rm -f "$folder/disk.img"
	mke2fs -q -t ext4 -d "$work/root" "$folder/disk.img" 1G
}

# What the first boot of a system does is not measured.
boot_once() {
	timeout 900 qemu-system-x86_64 -nodefaults -display none -no-reboot -M q35 -cpu max -accel tcg,thread=single -smp 2 -m 1G \
		-kernel "$folder/vmlinuz" -initrd "$folder/initrd" -append "root=/dev/vda ro quiet console=ttyS0 assay.prepare=1" \
		-drive "if=none,id=d,format=raw,file=$folder/disk.img" -device virtio-blk-pci,drive=d -serial "file:$folder/first-boot.log" < /dev/null
	grep -aq '^guest: idle ' "$folder/first-boot.log"
}

exec 9> "$cache/.lock-debian-guest"
flock 9
if [ ! -e "$folder/.complete" ]; then
	echo "  GUEST   Debian 12, once; a few minutes" >&2
	build > "$cache/log/debian-guest.log" 2>&1 && boot_once || {
		tail -n 15 "$cache/log/debian-guest.log" >&2
		echo "debian-guest: could not be made; its log: $cache/log/debian-guest.log, $folder/first-boot.log" >&2
		exit 1
	}
	touch "$folder/.complete"
fi
echo "$folder"
