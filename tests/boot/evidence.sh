#!/bin/sh
# evidence.sh - who vouches for a run: a TPM 2.0 (swtpm) whose PCRs follow from the boot's event log, and differ for another kernel [E8]; and a
# key on the results partition, with which the machine signs [E6].
. "$(dirname "$0")/../image/qemu.sh"
skip_without swtpm minisign mke2fs debugfs python3
firmware=/usr/share/OVMF
[ -r $firmware/OVMF_CODE_4M.fd ] || { echo "ok - no OVMF # SKIP"; exit 77; }

minisign -G -f -W -p ours.pub -s ours.key > /dev/null
minisign -G -f -W -p theirs.pub -s theirs.key > /dev/null
keyed() { # DISK: a results disk with the key on it
	"$assay" format-results file="$1" size=64M > /dev/null
	debugfs -w -R "write ours.key assay.key" "$1?offset=1048576" > debugfs.said 2>&1
}
measured() { # NAME IMAGE
	mkdir -p "$1/tpm"
	keyed "$1/disk"
	cp $firmware/OVMF_VARS_4M.fd "$1/vars"
	swtpm socket --tpm2 --tpmstate dir="$1/tpm" --ctrl type=unixio,path="$1/tpm.sock" --flags startup-clear > "$1/swtpm" 2>&1 &
	image=$2
	# shellcheck disable=SC2046
	boot "$1" 150 "assay.self.noise.seconds=0.4 console=ttyS0" -machine q35 -m 512M \
		-drive if=pflash,format=raw,readonly=on,file=$firmware/OVMF_CODE_4M.fd -drive if=pflash,format=raw,file="$1/vars" \
		-chardev socket,id=t,path="$1/tpm.sock" -tpmdev emulator,id=tpm,chardev=t -device tpm-tis,tpmdev=tpm $(disk "$1/disk" results)
	wait $!
}
# Another kernel: one letter of a text of its BIOS part, which UEFI does not run and measures all the same.
ours=$image
python3 - "$image" tampered.efi << 'PYTHON'
import sys
data = bytearray(open(sys.argv[1], "rb").read())
at = data.index(b"No setup signature")
data[at] ^= 0x20
open(sys.argv[2], "wb").write(data)
PYTHON
measured good "$ours" &
measured tampered "$WORK/tampered.efi" &
wait
image=$ours

check "the run ends" ended good COMPLETE PASS
check "it verifies with both channels" collected good good/disk
said() { grep -q -e "$2" "$1/verify"; }
start() { sed -n 2p good/results/latest/journal.jsonl | jq -r ".testRunArtifact.testRunStart.metadata.$1"; }
check "TPM 2.0 is stated [E8]" test "$(start tpm.state)" = "TPM 2.0"
check "24 PCRs are stored [E8]" test "$(start 'tpm.pcrSha256 | length')" = 24
check "the event log is kept [E8]" test -s good/results/latest/tpm-event-log.bin
check "and replays to the PCRs [E8]" said good '^E8 *pass'
cp -r good/results/latest/. altered && rm -f altered/journal.end*
printf X | dd of=altered/tpm-event-log.bin bs=1 seek=120 conv=notrunc status=none
"$assay" verify altered > altered.verify 2>&1 || :
twin "an altered event log replays to the PCRs [E8]" grep -q '^E8 *pass' altered.verify
collected tampered tampered/disk || :
pcr() { sed -n 2p "$1/results/latest/journal.jsonl" | jq -r ".testRunArtifact.testRunStart.metadata.tpm.pcrSha256[$2]"; }
check "a tampered kernel gives another PCR 4 [E8]" test "$(pcr good 4)" != "$(pcr tampered 4)"
check "and the same PCR 0, the firmware's [E8]" test "$(pcr good 0)" = "$(pcr tampered 0)"

check "the key is told at the start [E6]" has_line good "^assay: to be signed with key $(sed -n 's/.*public key //p' ours.pub), SHA-256"
check "the machine signed: minisign agrees [E6]" minisign -q -Vm good/results/latest/journal.end -p ours.pub
twin "with another key [E6]" minisign -q -Vm good/results/latest/journal.end -p theirs.pub
check "and verify agrees [E6]" "$assay" verify results=good/results key=ours.pub -q
twin "verify agrees with another key [E6]" "$assay" verify results=good/results key=theirs.pub -q
finish
