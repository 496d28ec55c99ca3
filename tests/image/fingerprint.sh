#!/bin/sh
# fingerprint.sh - what can change a number is in the run: parts, firmware, links, features, and "absent" where there is none; and what
# changed since the last whole run on the same results partition is named, that and nothing else. [R4] [R5] [R6]
. "$(dirname "$0")/qemu.sh"

brief="assay.plan=survey assay.self.noise.seconds=0.1 assay.self.null.seconds=0.1"
board="-machine q35 -smbios type=2,manufacturer=Acme,product=Board9,serial=B1
	-smbios type=17,manufacturer=Acme,part=AC-32G,serial=SN-1,speed=3200,loc_pfx=DIMM"
for name in scratch nvme sata; do truncate -s 16M $name.raw; done
"$assay" format-results file=results.raw size=16M > /dev/null

sata="-drive if=none,id=sata,format=raw,file=sata.raw,snapshot=on -device ide-hd,drive=sata,bus=ide.0,serial=sata1"
nvme="-device pcie-root-port,id=root -drive if=none,id=nvme,format=raw,file=nvme.raw,snapshot=on -device nvme,drive=nvme,bus=root,serial=nv1"
virtio() { # CACHE: as -drive has it
	echo "-drive if=none,id=v,format=raw,file=scratch.raw,snapshot=on,cache=$1 -device virtio-blk-pci,drive=v,serial=v"
}
with() { # NIC MODEL
	echo "-netdev user,id=n,net=198.18.0.0/24,restrict=on -device $1,netdev=n,romfile="
}
# shellcheck disable=SC2046,SC2086
machine() { # NAME CACHE NIC WORDS QEMU-ARGUMENT...: on a copy of the results disk as the first run left it
	run=$1 cache=$2 model=$3 extra=$4
	shift 4
	[ "$run" = first ] || cp results.raw "$run.raw"
	disk=results.raw
	[ "$run" = first ] || disk=$run.raw
	boot "$run" 60 "$brief $extra" $board $(disk "$disk" r) $(virtio "$cache") $sata $nvme $(with "$model") "$@"
}
machine first writeback virtio-net-pci ""
machine same writeback virtio-net-pci "" &
one=$!
machine cache writethrough virtio-net-pci "" &
wait $one $!
machine other writeback e1000 "" -smp 4 &
one=$!
machine words writeback virtio-net-pci "mitigations=off" &
wait $one $!

of_disk() { # RUN NAME PATTERN: in the facts of that disk
	sed -n "s/.*\({\"name\":\"$2\".*\)/\1/p" "$1/records" | sed 's/},{"name":.*//' | grep -q -e "$3"
}
run_of() { sed -n 's/.*"runId":"\([^"]*\)".*/\1/p' "$1/records" | head -n 1; }
previous() { # RUN PATTERN: in what its start says of the previous run
	sed -n 's/.*"previousRun":\({.*\)/\1/p' "$1/records" | grep -q -e "$2"
}
since_first() { # RUN WORDS: on the console and in a record
	has_line "$1" "^assay: $2" && has_record "$1" "\"log\":{\"severity\":\"INFO\",\"message\":\"$2"
}
only_facts() { # RUN PATTERN: every difference is one of these
	previous "$1" '"changes":[1-9]' && ! sed -n 's/.*"previousRun":\({.*\)/\1/p' "$1/records" | grep -o '"fact":"[^"]*"' | grep -qv -e "$2"
}

check "a machine of five kinds of device, to its end" ended first COMPLETE PASS
check "memory modules by the firmware's table [R4]" has_record first '"memory":{"smbios":"[23]\.[0-9]*","slotCount":1,"moduleCount":1,'
check "with part, speed, slot and serial number [R4]" has_record first \
	'"megatransfersPerSecond":3200,.*"manufacturer":"Acme","part":"AC-32G",.*"slots":"DIMM 0","serial":"SN-1"'
twin "not another part" has_record first '"part":"AC-64G"'
check "board by name [R4]" has_record first '"board":{"vendor":"Acme","name":"Board9",'
check "processor's family, model, stepping [R4]" has_record first '"processor":{"vendor":"[^"]*","family":"[0-9]*","model":"[0-9]*","stepping":"[0-9]*"'
check "sockets, cores, threads, nodes [R4]" has_record first '"topology":{"sockets":[12],"cores":2,"threads":2,"numaNodes":[1a]'
check "firmware revision of an NVMe disk [R4]" of_disk first nvme0n1 '"firmwareRevision":"[^"a]'
check "its PCIe link, as it is and as it could be [R4]" of_disk first nvme0n1 '"gigatransfersPerSecond":[0-9.]*,"lanes":[0-9]*,"mostGigatransfersPerSecond":[0-9.]*,"mostLanes":[0-9]'
check "speed of a SATA link [R4]" of_disk first sda '"sataLink":{"gigabitPerSecond":1.5'
twin "an NVMe disk has none" of_disk first nvme0n1 sataLink
check "interrupts of a disk, and who may serve them [R5]" of_disk first nvme0n1 '"interrupts":{"vectors":[1-9][0-9]*,"allowedCpus":"[0-9]'
check "no frequency driver: said [R5]" has_record first '"frequency":{"driver":"absent","governor":"absent"'
check "nor idle states [R5]" has_record first '"idleStates":{"driver":"[^"]*","governor":"[^"]*","states":"absent"'
check "mitigations, clock sources, lockdown, queue discipline [R5]" has_record first '"clocksourcesAvailable":".*"queueDiscipline":".*"lockdown":".*"vulnerabilities":{"'
check "scheduler, read-ahead, discard of a disk [R5]" of_disk first vdb '"scheduler":".*"read_ahead_kb":".*"discard_granularity":"'
check "hypervisor by processor and by firmware [R6]" has_record first '"virtualisation":{"byProcessor":"QEMU TCG","byFirmware":"QEMU"'
check "stolen time: that nobody tells it [R6]" has_record first '"stealTime":"absent: the hypervisor does not tell it"'
check "virtio features by name [R6]" of_disk first vdb '"virtio":{"features":"[A-Z_ ]*FLUSH [A-Z_ 0-9]*VERSION_1'
check "the virtual disk's cache mode as visible [R6]" of_disk first vdb '"flushesSent":"yes","cacheType":"write back"'
twin "not write through" of_disk first vdb '"cacheType":"write through"'
check "a write-through one is told [R6]" of_disk cache vdb '"flushesSent":"no","cacheType":"write through"'

check "the first run has none to compare with, and says so [R5]" since_first first 'not compared with an earlier run: no earlier run is on the results partition'
check "as a record too [R5]" previous first '"run":"none","why":"no earlier run'
check "nothing changed: the same, by the run's name [R5]" since_first same "the machine is the same as in run $(run_of first)"
check "and no difference is listed [R5]" previous same '"changes":0,"changed":\[\]'
twin "the first is not the same as itself" since_first first "the machine is the same"
check "another cache mode is named [R5]" previous cache '"fact":"blocks.[0-9].write_cache","before":"write back","now":"write through"'
check "and nothing that is not of the cache [R5]" only_facts cache 'blocks\.[0-9]\.\(write_cache\|flushesSent\|cacheType\)"'
check "it is said, with the run that it is compared to" since_first cache "3 things changed since run $(run_of first): blocks"
check "other CPUs are named [R5]" previous other '"fact":"cpus","before":"2","now":"4"'
check "another NIC is named [R5]" previous other '"fact":"links.0.driver","before":"virtio_net","now":"e1000"'
twin "otherwise it is the same" previous cache '"fact":"links'
check "a kernel word is named by itself [R5]" previous words '"fact":"kernelCommandLine.mitigations","now":"off"'
twin "without it there is none" previous same 'mitigations'
check "both channels agree, and it verifies" collected same same.raw
finish
