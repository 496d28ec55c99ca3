#!/bin/sh
# matrix.sh - every way to boot it: direct, from the disk, from the ISO as disc and as stick, over the network as the tree of `make pxe`
# says, each by BIOS and UEFI. All run plan survey to its end, name their way rightly and report the one digest that payload.json states.
# Two guests side by side, each in a network namespace of its own with dnsmasq and an HTTP server. Prints a table.
. "$(dirname "$0")/../image/qemu.sh"
self=$here/tests/boot/matrix.sh
media=$(dirname "$image")
address=198.18.0.1
skip_without dnsmasq python3 unshare ip
for file in assay.iso assay.img pxe/dnsmasq.conf.in; do
	[ -e "$media/$file" ] || { echo "not ok - no $media/$file: make pxe iso disk makes it"; exit 1; }
done

# ---- one lane: guests one after the other, in a namespace of their own

serve() { # CONFIG: who asks at tap0 is answered
	ip link set lo up
	ip tuntap add dev tap0 mode tap
	ip address add $address/24 dev tap0
	ip link set tap0 up
	dnsmasq --no-daemon --conf-file="$1" --log-facility=- --user=root --group=root --dhcp-leasefile="$1.leases" --pid-file= > "$1.log" 2>&1 &
	dnsmasq_pid=$!
	python3 -m http.server --bind $address --directory "$media/pxe" 80 > "$1.http" 2>&1 &
	http_pid=$!
	trap 'kill $dnsmasq_pid $http_pid 2> /dev/null || :' EXIT
}

# guest NAME LIMIT QEMU-ARGUMENT...: a boot of which only its machine is known; whatever it boots brings its own words.
# Each has a disk that nobody named beside it, and QEMU counts what is written where.
guest() {
	run=$1 limit=$2
	shift 2
	mkdir -p "$run"
	head -c 4194304 /dev/urandom > "$run/bystander"
	sha256sum < "$run/bystander" > "$run/bystander.sha256"
	case $accel in kvm) cpu=host how=kvm ;; *) cpu=max how=$accel,thread=single ;; esac
	# shellcheck disable=SC2046
	set -- qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot -m 512M -smp 2 -cpu $cpu -accel "$how" -boot menu=off \
		-serial "file:$run/console" -drive "if=none,id=by,format=raw,file=$run/bystander" -device virtio-blk-pci,drive=by,serial=bystander \
		$(counted "$run") "$@"
	echo "$*" > "$run/command"
	start=$(date +%s.%N)
	run_guest "$@"
	if is_silent "$run"; then
		remark_silence "$run"
		start=$(date +%s.%N)
		run_guest "$@"
	fi
	echo "$(date +%s.%N) $start" | awk '{ printf "%.1f\n", $1 - $2 }' > "$run/seconds"
	records "$run"
}
bios() { # NAME QEMU-ARGUMENT...
	name=$1
	shift
	guest "$name" 120 -machine pc "$@"
}
uefi() { # NAME QEMU-ARGUMENT...
	name=$1
	shift
	mkdir -p "$name"
	cp /usr/share/OVMF/OVMF_VARS_4M.fd "$name/vars"
	guest "$name" 150 -machine q35 -drive if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd \
		-drive "if=pflash,format=raw,file=$name/vars" "$@"
}
disc="-drive if=none,id=m,format=raw,media=cdrom,readonly=on,file=$media/assay.iso"
stick() { # NAME: the ISO on a disk of its own, which may be written and is not
	mkdir -p "$1"
	cp "$media/assay.iso" "$1/stick"
	echo "-drive if=none,id=m,format=raw,file=$1/stick"
}
own_disk() { # NAME: a copy, as the results go there
	mkdir -p "$1"
	cp --sparse=always "$media/assay.img" "$1/disk"
	echo "-drive if=none,id=m,format=raw,file=$1/disk"
}
tap="-netdev tap,id=n,ifname=tap0,script=no,downscript=no"

# shellcheck disable=SC2046
lane() {
	case $1 in
	one)
		bios direct -kernel "$image"
		bios bios-disk $(own_disk bios-disk) -device virtio-blk-pci,drive=m,bootindex=0
		bios iso-bios-cd $disc -device ide-cd,drive=m,bootindex=0
		uefi iso-uefi-cd $disc -device ide-cd,drive=m,bootindex=0
		bios pxe-bios-http $tap -device virtio-net-pci,netdev=n,mac=52:54:00:00:00:01,bootindex=0
		uefi uefi-http $tap -device virtio-net-pci,netdev=n,mac=52:54:00:00:00:02,bootindex=0,romfile= \
			-fw_cfg name=opt/org.tianocore/IPv4PXESupport,string=no -fw_cfg name=opt/org.tianocore/IPv6PXESupport,string=no
		uefi pxe-uefi-ipxe $tap -device virtio-net-pci,netdev=n,mac=52:54:00:00:00:03,bootindex=0
		;;
	two)
		uefi uefi-disk $(own_disk uefi-disk) -device qemu-xhci -device usb-storage,drive=m,bootindex=0
		bios iso-bios-disk $(stick iso-bios-disk) -device ide-hd,drive=m,bootindex=0
		uefi iso-uefi-usb $(stick iso-uefi-usb) -device qemu-xhci -device usb-storage,drive=m,bootindex=0
		bios pxe-bios-tftp $tap -device virtio-net-pci,netdev=n,mac=52:54:00:00:00:11,bootindex=0
		uefi pxe-uefi $tap -device virtio-net-pci,netdev=n,mac=52:54:00:00:00:12,bootindex=0,romfile=
		uefi pxe-uefi-ipxe-plain $tap -device e1000,netdev=n,mac=52:54:00:00:00:13,bootindex=0
		no_attribute
		;;
	esac
}

# Twin of bios-disk: gptmbr.bin finds no partition to start; the firmware says so on its debug port.
no_attribute() {
	mkdir -p unmarked
	cp --sparse=always "$media/assay.img" unmarked/disk
	quiet_sfdisk --part-attrs unmarked/disk 1 ''
	: > unmarked/console
	: > unmarked/firmware
	timeout -k 5 $((60 * patience)) qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot -machine pc -m 256M -accel tcg \
		-chardev file,id=d,path=unmarked/firmware -device isa-debugcon,iobase=0x402,chardev=d -serial file:unmarked/console \
		-drive if=virtio,format=raw,file=unmarked/disk > unmarked/qemu 2>&1 < /dev/null &
	pid=$!
	while kill -0 $pid 2> /dev/null && ! grep -q 'No bootable device' unmarked/firmware && is_silent unmarked; do sleep 0.5; done
	kill $pid 2> /dev/null || :
	wait $pid || :
}
quiet_sfdisk() { sfdisk -q --no-reread --no-tell-kernel "$@"; }

if [ "${LANE:-}" ]; then
	serve "$WORK/$LANE.conf"
	lane "$LANE"
	exit 0
fi

# ---- both lanes; then what came of it

fill() { # the shipped configuration on this network
	sed -e 's/@INTERFACE@/tap0/' -e 's/@RANGE@/198.18.0.50,198.18.0.99/' -e "s,@ROOT@,$media/pxe," -e "s,@URL@,http://$address," \
		"$media/pxe/dnsmasq.conf.in"
}
fill > one.conf
# TFTP alone, and iPXE gets the payload itself: it hands it the file's name as words.
fill | sed -e 's,bios/lpxelinux.0,bios/pxelinux.0,' -e '/210,/d' -e 's/^dhcp-boot=tag:script,.*/dhcp-boot=tag:script,assay.efi/' > two.conf

own_namespace="unshare -n"
[ "$(id -u)" = 0 ] || own_namespace="unshare -rn"
for lane in one two; do
	LANE=$lane WORK=$WORK IMAGE=$image ASSAY=$assay $own_namespace sh "$self" > $lane.said 2>&1 &
	eval "pid_$lane=\$!"
done
# shellcheck disable=SC2154
wait "$pid_one" || not_ok "lane one ended: $(tail -n 3 one.said)"
# shellcheck disable=SC2154
wait "$pid_two" || not_ok "lane two ended: $(tail -n 3 two.said)"
grep -h '^#' one.said two.said || :

digest=$(sed -n 's/.*"digest": "\([0-9a-f]*\)".*/\1/p' "$media/payload.json")
value() { sed -n "s/.*\"$2\":\"\([^\"]*\)\".*/\1/p" "$1/records" | head -n 1; }
is() { [ "$(value "$1" "$2")" = "$3" ]; } # RUN KEY VALUE
boot_is() { has_record "$1" "\"boot\":{[^}]*\"$2\":\"$3\""; }

row() { # RUN FIRMWARE PATH LOADER
	check "$1: survey to its end" ended "$1" COMPLETE PASS
	check "$1: plan survey" is "$1" plan survey
	check "$1: says what ran, and from where it was booted [R2]" says_what_ran "$1"
	check "$1: the one digest [R3]" is "$1" payloadDigest "$digest"
	check "$1: $2, by $4, path $3" eval "boot_is $1 firmware $2 && boot_is $1 path $3 && boot_is $1 loader '$4'"
	check "$1: a disk that nobody named is unchanged [S1]" is_unchanged "$1/bystander" "$(cat "$1/bystander.sha256")"
	check "$1: and QEMU counted no write to it [S1]" is_unwritten "$1" by
	first=$(sed -n 's/.*"timestamp":"[^T]*T\([^Z]*\)Z".*/\1/p' "$1/records" | sed -n '1p;$p' | awk -F: '{ print $1 * 3600 + $2 * 60 + $3 }')
	echo "$1 $2 $3 $(value "$1" loader | tr ' ' _) $(cat "$1/seconds") $(echo $first) $(value "$1" payloadDigest | cut -c 1-16) $(ended "$1" COMPLETE PASS && echo PASS || echo FAIL)" >> table
}
row direct BIOS direct QEMU
row bios-disk BIOS bios-disk SYSLINUX
row uefi-disk UEFI uefi-disk 'EFI stub'
row iso-bios-cd BIOS bios-iso-cd ISOLINUX
row iso-bios-disk BIOS bios-iso-disk ISOLINUX
row iso-uefi-cd UEFI uefi-iso-cd 'EFI stub'
row iso-uefi-usb UEFI uefi-iso-disk 'EFI stub'
row pxe-bios-tftp BIOS bios-pxe PXELINUX
row pxe-bios-http BIOS bios-pxe PXELINUX
row pxe-uefi UEFI uefi-pxe 'EFI stub'
row pxe-uefi-ipxe UEFI uefi-ipxe iPXE
row pxe-uefi-ipxe-plain UEFI uefi-ipxe iPXE
row uefi-http UEFI uefi-http 'EFI stub'

sent() { grep -q "sent .*$2 to" "$1.conf.log"; } # LANE FILE: by TFTP
got() { grep -q "\"GET /$2 HTTP/1.[01]\" 20[06]" "$1.conf.http"; }
# A file of whole blocks ends with an empty one, which pxelinux does not wait for: it has all bytes, and dnsmasq calls that a failure.
took_whole() { # LANE FILE BLOCK
	sent "$1" "$2" || { [ $(($(stat -c %s "$media/pxe/$2") % $3)) = 0 ] && grep -q "failed sending .*/$2 to" "$1.conf.log"; }
}
check "pxelinux.0 took all by TFTP" took_whole two bios/assay.efi 1408
twin "and nothing by HTTP" got two bios/assay.efi
check "lpxelinux.0 took its menu and the payload by HTTP" eval 'got one bios/assay.efi && got one bios/pxelinux.cfg/default'
twin "not the payload by TFTP" sent one bios/assay.efi
check "UEFI's own stack took the payload by TFTP" sent two /assay.efi
check "UEFI HTTP Boot took it by HTTP" got one assay.efi
check "iPXE took its script" sent one assay.ipxe
check "BOOTIF names the NIC" boot_is pxe-bios-http bootNic 52:54:00:00:00:01
check "without words the boot option names it" boot_is pxe-uefi bootNic 52:54:00:00:00:12
twin "not another one" boot_is pxe-uefi bootNic 52:54:00:00:00:11
twin "a wrong digest is not taken [R3]" is direct payloadDigest "$(echo "$digest" | tr 0-9a-f 1-9a-f0)"
for run in bios-disk uefi-disk; do
	check "$run: its results partition has the run" collected $run $run/disk
	check "$run: it is the image that was built [B8]" grep -q '"payload":[[:space:]]*"same"' $run/results/latest/collect.json
done
for run in iso-bios-disk iso-uefi-usb; do
	check "$run: the stick is as it was" cmp -s "$media/assay.iso" $run/stick
	check "$run: and QEMU counted no write to it" is_unwritten $run m
done
twin "uefi-disk: the disk that keeps the results was written" is_unwritten uefi-disk m
sed "s/\"digest\": \"./\"digest\": \"x/" "$media/payload.json" > other.json
other_payload() {
	rm -rf bios-disk/other
	"$assay" collect console=bios-disk/console results=bios-disk/other payload=other.json > bios-disk/said 2>&1
	grep -q '"payload":[[:space:]]*"same"' bios-disk/other/latest/collect.json
}
twin "nor is it with another digest in payload.json" other_payload
boots() { ! is_silent "$1"; }
check "the marked disk boots by BIOS" boots bios-disk
twin "one without the attribute does not" boots unmarked
check "the firmware says so" grep -q 'No bootable device' unmarked/firmware

# To the first record: what QEMU took less what the guest's own clock says from the first record to the last.
echo
awk 'BEGIN { printf "%-20s %-5s %-14s %-9s %10s %8s  %-16s %s\n", "way", "fw", "path", "loader", "s to start", "s in all", "digest", "result" }
	{ if (NF == 9) printf "%-20s %-5s %-14s %-9s %10.1f %8.1f  %-16s %s\n", $1, $2, $3, $4, $5 - ($7 - $6), $5, $8, $9; else print }' table
finish
