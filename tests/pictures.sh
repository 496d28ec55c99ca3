#!/bin/sh
# pictures.sh FOLDER - what a person in front of the machine sees, as PNG: a survey by UEFI, a run in progress, its end.
# IMAGE is the payload (build/assay.efi), with assay.iso beside it.
set -eu

out=$(realpath "${1:?usage: pictures.sh FOLDER}")
image=$(realpath "${IMAGE:-build/assay.efi}")
qmp=$(realpath "$(dirname "$0")/image/qmp.py")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

guest() { # STEPS-FILE QEMU-ARGUMENT...: each line of the file is a step for qmp.py
	steps=$1
	shift
	rm -f qmp
	: > console
	timeout 400 qemu-system-x86_64 -nodefaults -no-user-config -display none -vga std -m 512M -smp 2 -cpu max -accel tcg,thread=single -no-reboot \
		-serial file:console -qmp unix:qmp,server=on,wait=off "$@" &
	pid=$!
	# shellcheck disable=SC2046
	(IFS='
'; python3 "$qmp" qmp console $(cat "$steps")) || :
	kill $pid 2> /dev/null || :
	wait $pid 2> /dev/null || :
}
shot() { echo "{\"execute\":\"screendump\",\"arguments\":{\"filename\":\"$out/$1.png\",\"format\":\"png\"}}"; }

truncate -s 300M scratch
cp /usr/share/OVMF/OVMF_VARS_4M.fd vars

{
	echo 'await ^assay: plan survey'
	echo 'sleep 3'
	shot survey
} > steps
guest steps -machine q35 -drive if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd -drive if=pflash,format=raw,file=vars \
	-drive if=none,id=c,media=cdrom,format=raw,readonly=on,file="${image%/*}/assay.iso" -device ide-cd,drive=c
{
	echo 'await ^  [0-9]/[0-9] file.bonnie'
	echo 'sleep 4'
	shot running
	echo 'await ^assay: end'
	echo 'sleep 2'
	shot end
} > steps
guest steps -machine pc -kernel "$image" -drive if=none,id=d,format=raw,file=scratch -device virtio-blk-pci,drive=d,serial=scratch-1 \
	-append "no_timer_check assay.after=halt assay.plan=quick assay.ip=none assay.scratch=serial:scratch-1:314572800 assay.countdown=3 assay.file.bonnie.size=64m"
ls -l "$out"/*.png
