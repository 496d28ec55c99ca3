#!/bin/sh
# consoles.sh - who is listening, and who is not: no serial port and no display at all; a third port that only the firmware's SPCR table
# names; and words on the results partition of a stick that UEFI boots without any.
. "$(dirname "$0")/qemu.sh"
media=$(dirname "$image")
skip_without python3 debugfs

# An SPCR table as ACPI has it: the port at 0x3e8, 115200 baud.
cat > spcr.py << 'PYTHON'
import struct, sys
address = int(sys.argv[1], 16)
body = struct.pack('<B3xBBBBQBBIBBBBBB', 0, 1, 8, 0, 1, address, 1, 4, 0, 7, 0, 1, 0, 0, 0) + struct.pack('<HHBBBIBI', 0xffff, 0xffff, 0, 0, 0, 0, 0, 0)
open(sys.argv[2], 'wb').write(body)
PYTHON
python3 spcr.py 3e8 spcr.table

common="-nodefaults -no-user-config -display none -no-reboot -smp 2"
case $accel in kvm) common="$common -m 256M -cpu host -accel kvm" words= ;; *) common="$common -m 512M -cpu max -accel $accel,thread=single" words=no_timer_check ;; esac
noise="assay.self.noise.seconds=0.5"

# shellcheck disable=SC2086
guest() { # NAME QEMU-ARGUMENT...
	run=$1
	shift
	mkdir -p "$run"
	code=0
	: > "$run/console"
	timeout -k 5 $((90 * patience)) qemu-system-x86_64 $common "$@" > "$run/qemu" 2>&1 < /dev/null || code=$?
	echo $code > "$run/code"
}
port() { # FILE ADDRESS IRQ
	echo "-chardev file,id=s$3,path=$1 -device isa-serial,chardev=s$3,iobase=$2,irq=$3"
}

for name in dark stick; do
	mkdir -p $name
	cp --sparse=always "$media/assay.img" $name/disk
done
# What somebody wrote beside the results: another plan, and a shorter step.
printf '[assay]\nplan = quick\nnote = from the stick\nself.noise.seconds = 0.5\nself.null.seconds = 0.2\nip = none\n' > assay.ini
dd if=stick/disk of=stick/part bs=1M skip=41 count=64 status=none
debugfs -w -R "write assay.ini assay.ini" stick/part > debugfs.said 2>&1
dd if=stick/part of=stick/disk bs=1M seek=41 conv=notrunc status=none
cp /usr/share/OVMF/OVMF_VARS_4M.fd vars

(
	guest dark -kernel "$image" -append "$words $noise" -drive if=virtio,format=raw,file=dark/disk
	# shellcheck disable=SC2046
	guest spcr -kernel "$image" -append "$words $noise" -acpitable sig=SPCR,rev=2,data=spcr.table $(port spcr/console 0x3e8 4)
) &
(
	guest stick -machine q35 -drive if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd -drive if=pflash,format=raw,file=vars \
		-serial file:stick/console -device qemu-xhci -drive if=none,id=m,format=raw,file=stick/disk -device usb-storage,drive=m,bootindex=0
	# shellcheck disable=SC2046
	guest unnamed -kernel "$image" -append "$words $noise" $(port unnamed/console 0x3e8 4)
) &
wait
records spcr
records stick
records unnamed

kept() { # RUN: what its disk says, without any serial log
	rm -rf "$1/results"
	"$assay" collect disk="$1/disk" results="$1/results" payload="$media/payload.json" > "$1/collect" 2>&1 && "$assay" verify results="$1/results" > "$1/verify" 2>&1
}
ended_on_disk() { grep -q '"testRunEnd":{"status":"COMPLETE","result":"PASS"}' "$1/results/latest/journal.jsonl"; }
check "neither serial nor display: powers off by itself" test "$(cat dark/code)" = 0
check "and its results are on its disk" kept dark
check "to the end" ended_on_disk dark
twin "not on one that never ran" eval 'mkdir -p never && cp --sparse=always "$media/assay.img" never/disk && kept never'
check "the port that SPCR names carries the run" ended spcr COMPLETE PASS
twin "the same port without that table carries nothing" ended unnamed COMPLETE PASS
check "though that machine ran, too" test "$(cat unnamed/code)" = 0
check "a stick's assay.ini chooses the plan, by UEFI" has_record stick '"plan":"quick"'
check "and is told" has_record stick 'assay.ini of the results partition was read'
check "its note is kept" has_record stick '"note":"from the stick"'
twin "without it the plan is another" has_record spcr '"plan":"quick"'
finish
