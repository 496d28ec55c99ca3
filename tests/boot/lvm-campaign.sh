#!/bin/sh
# lvm-campaign.sh - a campaign over a file and a logical volume, where the volume is (lib.sh: an outer guest): file-virtio and lvm-virtio as
# they stand, two boots each, interleaved, and the page's question of file against LVM answered by the campaign itself. Beside it one over
# a volume that is not there, which is named and left out: only where a device-mapper is can that be seen. No figure is judged: an emulated
# machine in an emulated one says nothing of either.
. "$(dirname "$0")/lib.sh"

boot_outer 420 'campaign/machines campaign/logs campaign/state.jsonl campaign/compare-*' << END
cat > volume.ini << CAMPAIGN
[campaign]
plan = selftest-volume
boots = 2
seed = 11
noisy = keep
timeout = $((200 * patience))
settings = memory=160M cpus=1 nic.net0.model=none peer.kind=none
words = assay.settle=0
[machine file-virtio]
settings = disk.scratch.size=192M
[machine lvm-virtio]
[compare file-lvm]
machines = file-virtio,lvm-virtio
factor = disk
CAMPAIGN
cat > nowhere.ini << CAMPAIGN
[campaign]
plan = selftest-volume
[machine lvm-virtio]
[machine lvm-nowhere]
machine = lvm-virtio
settings = disk.scratch.file=/dev/vg0/nowhere
CAMPAIGN
./assay campaign nowhere.ini folder=/tmp/nowhere boots=0 accel=tcg image=assay.efi payload=payload.json
{
	./assay campaign volume.ini folder=/tmp/campaign accel=tcg image=assay.efi payload=payload.json
	echo "outer: assay campaign ended with \$?"
} | cat # lines, as for whoever is no terminal
END

campaign=inner/campaign
compared=$campaign/compare-file-lvm
runs_of() { find "$campaign/machines/$1" -mindepth 1 -maxdepth 1 -type d ! -name latest 2> /dev/null; } # MACHINE
each_run() { # COUNT MACHINE COMMAND...: there are so many runs, and of each the command says yes
	wanted=$1 machine=$2
	shift 2
	found=0
	for run in $(runs_of "$machine"); do
		"$@" "$run" || return 1
		found=$((found + 1))
	done
	[ "$found" = "$wanted" ]
}
is_whole() { grep -q '"testRunEnd":{"status":"COMPLETE","result":"PASS"}' "$1/journal.jsonl"; }
had_volume() { grep -q 'file=/dev/vg0/assay-scratch' "$1/command.sh"; }
had_file() { ! had_volume "$1" && grep -q 'file=[^ ]*/scratch\.raw' "$1/command.sh"; }
saw_bytes() { grep -q '"serial":"assay-scratch",.*"bytes":'"$1" "$2/journal.jsonl"; } # BYTES RUN
verifies() { "$assay" verify "$1" > verify.txt 2>&1; }
is_interleaved() { # the second round backwards
	first=$(find "$campaign/logs" -name '001-*' | sed 's/.*001-//')
	second=$(find "$campaign/logs" -name '002-*' | sed 's/.*002-//')
	[ -n "$first" ] && [ "$first" != "$second" ] && [ -f "$campaign/logs/003-$second" ] && [ -f "$campaign/logs/004-$first" ]
}
leaves_nothing_out() { [ -s "$1" ] && ! grep -q 'left out' "$1"; }
compares_as_there() { # FIRST SECOND
	"$assay" compare "$campaign/machines/$1" "$campaign/machines/$2" factor=disk floor=5% limit=25% noisy=keep > again.txt
	cmp "$compared.txt" again.txt
}

check "the volumes are made" outer_said 'volumes made'
check "a volume that is not there is named, with what makes it" \
	outer_printed '^machine lvm-nowhere cannot be run here: /dev/vg0/nowhere is not there; lvcreate makes it'
twin "one that is there is not" outer_printed '^machine lvm-virtio cannot be run here'
check "assay campaign: exit 0" outer_said 'assay campaign ended with 0'
twin "not with another" outer_said 'assay campaign ended with 1'
check "four boots" outer_printed '^4 of 4 boots done'
check "interleaved: the second round backwards" is_interleaved
for machine in file-virtio lvm-virtio; do
	check "$machine: both boots are whole" each_run 2 $machine is_whole
	check "$machine: both runs verify, back here" each_run 2 $machine verifies
done
twin "three boots of one are told apart" each_run 3 lvm-virtio is_whole
check "QEMU had the volume itself, on both boots" each_run 2 lvm-virtio had_volume
twin "not for the machine with a file" each_run 2 file-virtio had_volume
check "which had a file" each_run 2 file-virtio had_file
check "by its own record each boot's disk was the volume, to the byte" each_run 2 lvm-virtio saw_bytes 268435456
twin "not that of the machine with a file" each_run 2 file-virtio saw_bytes 268435456
check "the volume was written" written
check "the volume beside it was not" same_beside
check "compare's table has the machine with the file" grep -q '^A  file-virtio: 2 boots' $compared.txt
check "and the one on the volume" grep -q '^B  lvm-virtio: 2 boots' $compared.txt
check "nothing was left out" leaves_nothing_out $compared.txt
check "they differ in the disk, as was meant" grep -q '\* blocks\.0\.' $compared.txt
check "a row for what bonnie++ wrote" grep -q '^file\.bonnie put_block ' $compared.txt
check "file against LVM in a sentence, with its numbers" \
	outer_printed '^lvm-virtio against file-virtio: block write [0-9.]* times ([0-9.]* to [0-9.]*), \(same\|better\|worse\|cannot tell\)'
check "it is that question's answer" grep -q '"question":"file-lvm"' $compared.json
check "compare says the same here, to the letter" compares_as_there file-virtio lvm-virtio
twin "not with the machines exchanged" compares_as_there lvm-virtio file-virtio
for run in $(runs_of lvm-virtio); do
	sed -i '3s/"sequenceNumber":/&1/' "$run/journal.jsonl"
	sed -i '/testRunEnd/d' "$run/journal.jsonl"
done
twin "a run with a byte turned does not verify" each_run 2 lvm-virtio verifies
twin "nor is one without its end whole" each_run 2 lvm-virtio is_whole
show_outer
finish
