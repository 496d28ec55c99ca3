#!/bin/sh
# machines.sh - each machine of config/machines that needs nothing of yours, and what stands in for metal: to its end, a file step on the
# disk that is named, by the drivers it is there for; and from each medium that a machine's file may name. The table at the end is what
# they were.
. "$(dirname "$0")/../image/qemu.sh"
skip_without iperf mcopy

cd "$here" # machine files by their names
# The media as `make disk iso pxe` builds them, from this image.
media=$WORK/media
mkdir -p "$media"
cp "$image" "$media/assay.efi"
cp "${image%/*}/payload.json" "$media"
make_medium() { "$here/image/media/$1.sh" "$media/assay.efi" "$media/$2" > "$WORK/media.txt" 2>&1 || { cat "$WORK/media.txt"; exit 1; }; }
make_medium disk assay.img
make_medium iso assay.iso
make_medium pxe pxe

cat > "$WORK/plan" << 'END'
assay.self.null.seconds=0.1 assay.self.noise.seconds=0.1 assay.net.ping.count=2 assay.net.tcp.seconds=0.5 assay.net.tcp.tradeoff=no
assay.net.udp.seconds=0.5 assay.file.bonnie.size=1m assay.file.bonnie.files=0 assay.file.bonnie.seeks=10 assay.file.bonnie.per_byte=no
assay.file.iozone.max_file=64k
END
words=$(echo $(cat "$WORK/plan"))

machine() { # NAME MACHINE [SETTING...]: booted as a user does it
	name=$1 dir=$WORK/$1
	shift
	mkdir -p "$dir"
	machine_once "$@"
	if is_silent "$dir"; then
		ln -sf guest/qemu.txt "$dir/qemu"
		remark_silence "$dir"
		rm -rf "$dir/guest" "$dir/results"
		machine_once "$@"
	fi
	records "$dir"
	echo "$(($(date +%s) - began))" > "$dir/seconds"
}
machine_once() {
	began=$(date +%s) code=0
	case "$*" in
	*media=iso* | *firmware=uefi*) ;; # boots with its own words, those of survey
	*) set -- "$@" plan=quick words="$words" ;;
	esac
	"$assay" boot "$@" accel="$accel" image="$media/assay.efi" ${initrd:+initrd="$initrd"} payload="$media/payload.json" \
		timeout=$((120 * patience)) results="$dir/results" work="$dir/guest" > "$dir/said" 2>&1 || code=$?
	echo $code > "$dir/code"
	cp "$dir/guest/console.log" "$dir/console" 2> /dev/null || : > "$dir/console"
}
# Two side by side, each taking the next from the list.
list() {
	cat << 'END'
qcow2 file-ahci disk.scratch.format=qcow2 disk.scratch.bus=virtio-scsi nic.net0.model=vmxnet3
file-ide file-ide
file-ahci file-ahci
ide metal-ide
ahci metal-ahci
nvme-uefi metal-nvme-uefi
megasas metal-megasas cpus=1
mptsas metal-mptsas cpus=1
usb metal-usb
one-cpu metal-ahci cpus=1
eight-cpus metal-ahci cpus=8 memory=8G
small metal-ahci cpus=1 memory=96M
two-nics metal-two-nics
six-disks metal-six-disks
disk file-virtio media=disk disk.results.kind=other
iso metal-ahci media=iso
disk-uefi metal-nvme-uefi media=disk media_bus=ahci disk.results.kind=other firmware=uefi
pxe file-virtio media=pxe
pxe-uefi file-virtio media=pxe firmware=uefi memory=512M
END
}
half() { list | awk -v half="$1" 'NR % 2 == half'; }
each() {
	# shellcheck disable=SC2086
	half "$1" | while read -r line; do machine $line < /dev/null; done
}
each 0 &
each 1 &
wait
cd "$WORK"

# ---- questions

passed() { [ "$(cat "$1/code")" = 0 ] && has_record "$1" '"testRunEnd":{"status":"COMPLETE","result":"PASS"}'; }
whole() { # RUN: no step was left out
	passed "$1" && ! has_record "$1" '"outcome":"skipped"' && outcome "$1" s6 ok && outcome "$1" s7 ok
}
fact() { # RUN JQ-FILTER
	jq -rs "[.[] | .testRunArtifact.testRunStart.dutInfo // empty] | first | $2" "$1/records" 2> /dev/null
}
disk_driver() { fact "$1" '.metadata.blocks[] | select(.serial == "assay-scratch" and .driver) | .driver'; }
card_driver() { fact "$1" '[.hardwareInfos[] | select(.partType == "nic") | .name] | join("+")'; }
drives() { # RUN DISK-DRIVER CARD-DRIVER FIRMWARE
	[ "$(disk_driver "$1")" = "$2" ] && [ "$(card_driver "$1")" = "$3" ] && [ "$(fact "$1" .metadata.firmware)" = "$4" ]
}
shape() { # RUN CPUS LEAST-MIB MOST-MIB
	[ "$(fact "$1" .metadata.cpus)" = "$2" ] && mib=$(fact "$1" '.metadata.memoryBytes / 1048576 | floor') && [ "$mib" -ge "$3" ] && [ "$mib" -le "$4" ]
}
bare() { # RUN: nothing of a virtual machine that can be left out
	[ "$(fact "$1" .metadata.hypervisor)" = none ] && ! grep -q 'virtio\|pvpanic\|vmgenid' "$1/guest/command.sh"
}
fact_is() { [ "$(fact "$1" "$2")" = "$3" ]; } # RUN JQ-FILTER VALUE
written() { [ -n "$(tr -d '\0' < "$1/guest/$2.raw" | head -c 1)" ]; }

while read -r run disk card firmware; do
	check "$run: every step, to a good end" whole "$run"
	check "$run: $disk and $card on $firmware" drives "$run" "$disk" "$card" "$firmware"
done << 'END'
qcow2 virtio_scsi vmxnet3 BIOS
file-ide ata_piix e1000 BIOS
file-ahci ahci e1000 BIOS
ide ata_piix e1000 BIOS
ahci ahci e1000e BIOS
nvme-uefi nvme e1000e UEFI
megasas megaraid_sas e1000e BIOS
mptsas mptsas e1000e BIOS
disk virtio_blk virtio_net BIOS
pxe virtio_blk virtio_net BIOS
usb uas e1000e BIOS
one-cpu ahci e1000e BIOS
eight-cpus ahci e1000e BIOS
small ahci e1000e BIOS
two-nics ahci e1000e+8139cp BIOS
six-disks ahci e1000e BIOS
END
while read -r run path; do
	check "$run: its plan to a good end" passed "$run"
	check "$run: came by $path" fact_is "$run" .metadata.boot.path "$path"
	check "$run: collected as the payload that was built" grep -q '"payload":[[:space:]]*"same"' "$run/results/latest/collect.json"
done << 'END'
disk bios-disk
iso bios-iso-cd
disk-uefi uefi-disk
pxe bios-pxe
pxe-uefi uefi-pxe
END
twin "by another way" fact_is pxe .metadata.boot.path uefi-pxe
words_refused() { (cd "$here" && "$assay" boot metal-ahci media=iso plan=quick image="$media/assay.efi" work="$WORK/refused" results="$WORK/refused" > "$WORK/said" 2>&1); }
twin "a medium that takes no words is not told any" words_refused
check "which is said" grep -q 'boots with its own words' "$WORK/said"
twin "drivers of another" drives ide ahci e1000 BIOS
twin "firmware of another" drives ahci ahci e1000e UEFI
check "mptsas: the disks are known by their WWN" fact_is mptsas '[.metadata.blocks[] | select(.serial == "assay-scratch") | .wwid] | first' naa.3000000000000001
check "one CPU" shape one-cpu 1 900 1024
check "eight CPUs, 8 GB" shape eight-cpus 8 7600 8192
check "96 MB" shape small 1 60 96
twin "more than it has" shape small 2 60 96
for run in ide ahci nvme-uefi megasas mptsas usb two-nics six-disks; do
	check "$run: says nothing of a hypervisor" bare $run
done
twin "a virtual machine does" bare file-ahci
check "six disks: the named one is written" written six-disks scratch
for other in 1 2 3 4; do
	twin "six disks: another is written" written six-disks other$other
done
check "two cards: the one with a cable" has_record two-nics '"message":"network: .*eth1\|eth1 has '
twin "not the one without" has_record two-nics 'eth0 has '
check "the stick: started by syslinux, from USB" has_record usb '"path":"disk"\|"bootPath":"disk"\|assay.boot=disk'
twin "not by QEMU" has_record ahci 'assay.boot=disk'

printf '# %-11s %-8s %-13s %-14s %5s %7s %8s  %s\n' machine firmware disk card CPUs MiB seconds outcome
list | while read -r run rest; do
	printf '# %-11s %-8s %-13s %-14s %5s %7s %8s  %s\n' "$run" "$(fact "$run" .metadata.firmware)" "$(disk_driver "$run")" "$(card_driver "$run")" \
		"$(fact "$run" .metadata.cpus)" "$(fact "$run" '.metadata.memoryBytes / 1048576 | floor')" "$(cat "$run/seconds")" \
		"$(sed -n 's/.*"testRunEnd":{"status":"\([A-Z]*\)","result":"\([A-Z_]*\)".*/\1 \2/p' "$run/records")"
done
finish
