#!/bin/sh
# evidence.sh - who vouches for a run: a TPM 2.0 (swtpm) whose PCRs follow from the boot's event log, and differ for another kernel, and which
# quotes the journal's end, as tpm2_checkquote agrees [E8]; and a key on the results partition, with which the machine signs [E6].
. "$(dirname "$0")/../image/qemu.sh"
skip_without swtpm tpm2_checkquote minisign mke2fs debugfs python3
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

# ---- the quote of the journal's end
run=good/results/latest
head=$(tail -n 1 $run/journal.sha256)
# In the form of tpm2_quote -o: what was selected, then eight values at a time, as the library's structures lie in memory.
cat > serialise.py << 'PYTHON'
import struct, sys
pcrs = [bytes.fromhex(line) for line in sys.stdin]
out = struct.pack("<I", 1) + struct.pack("<HB4sx", 11, 3, b"\xff\xff\xff\0") + bytes(8 * 15) + struct.pack("<I", 3)
for n in range(0, 24, 8):
    out += struct.pack("<I", 8) + b"".join(struct.pack("<H", 32) + pcr + bytes(32) for pcr in pcrs[n:n + 8])
sys.stdout.buffer.write(out)
PYTHON
start 'tpm.pcrSha256[]' > pcrs.txt
python3 serialise.py < pcrs.txt > pcrs
sed '$s/^0/1/' pcrs.txt | python3 serialise.py > other.pcrs
judged() { # FOLDER [NONCE [PCRS]]: the stock reader's judgement, of the end of the folder's own journal
	tpm2_checkquote -u "$1/journal.quote.pub" -m "$1/journal.quote" -s "$1/journal.quote.sig" -q "${2:-$(tail -n 1 "$1/journal.sha256")}" \
		-g sha256 -f "${3:-pcrs}" > checkquote.txt 2>&1
}
bend() { rm -rf bent && mkdir bent && cp $run/* bent; }
quoted() { "$assay" verify "$@" > quoted.txt 2>&1 && grep -q '^E8 *pass.*the TPM quotes' quoted.txt; }
check "the machine says that it quotes [E8]" has_line good "^assay: the TPM quotes the end, by key $(start tpm.quoteKey)"
check "the start names the key of the quote [E8]" test "$(tail -c +3 $run/journal.quote.pub | sha256sum | cut -d ' ' -f 1)" = "$(start tpm.quoteKey)"
check "tpm2_checkquote agrees: this end, these PCRs [E8]" judged $run
check "and so does verify [E8]" quoted $run
twin "tpm2_checkquote agrees with another nonce [E8]" judged $run "$(echo "$head" | tr 0-9a-f 1-9a-f0)"
twin "tpm2_checkquote agrees with other PCRs [E8]" judged $run "$head" other.pcrs
twin "verify agrees where the tampered machine's key is given [E8]" quoted $run tpm=tampered/results/latest/journal.quote.pub
check "verify agrees where its own is given [E8]" quoted $run tpm=$run/journal.quote.pub
# The journal changed and all hashes made anew; no signature beside it.
python3 - $run changed << 'PYTHON'
import hashlib, shutil, sys
shutil.copytree(sys.argv[1], sys.argv[2])
lines = open(sys.argv[2] + "/journal.jsonl", "rb").read().replace(b'"outcome":"ok"', b'"outcome":"ok" ').splitlines()
head, heads = bytes(32), []
for line in lines:
    head = hashlib.sha256(head + line).digest()
    heads.append(head.hex() + "\n")
open(sys.argv[2] + "/journal.jsonl", "wb").write(b"".join(line + b"\n" for line in lines))
open(sys.argv[2] + "/journal.sha256", "w").write("".join(heads))
PYTHON
rm -f changed/journal.end* changed/console.log
twin "verify agrees with a changed journal, all hashes made anew [E8]" quoted changed
check "and it says why [E8]" grep -q '^E8 *fail .*not the end of this journal' quoted.txt
twin "tpm2_checkquote does [E8]" judged changed
for name in journal.quote journal.quote.sig journal.quote.pub; do
	bend && rm -f bent/journal.end*
	printf X | dd of=bent/$name bs=1 seek=60 conv=notrunc status=none
	twin "verify agrees with a changed $name [E8]" quoted bent
done
bend && rm bent/journal.quote*
"$assay" verify bent > bent.verify 2>&1 || :
check "a quote that is gone is stated [E8]" grep -q '^E8 *missing .*quote of the journal' bent.verify

check "the key is told at the start [E6]" has_line good "^assay: to be signed with key $(sed -n 's/.*public key //p' ours.pub), SHA-256"
check "the machine signed: minisign agrees [E6]" minisign -q -Vm good/results/latest/journal.end -p ours.pub
twin "with another key [E6]" minisign -q -Vm good/results/latest/journal.end -p theirs.pub
check "and verify agrees [E6]" "$assay" verify results=good/results key=ours.pub -q
twin "verify agrees with another key [E6]" "$assay" verify results=good/results key=theirs.pub -q
finish
