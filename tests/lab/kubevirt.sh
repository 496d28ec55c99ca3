#!/bin/sh
# kubevirt.sh - assay boot --kubevirt: each machine file as a manifest, key by key what the file says, with no field that KubeVirt's API
# does not have (kubevirt.py has both lists); what it has no word for is refused by name. There is no cluster here: nothing is applied.
. "$(dirname "$0")/lib.sh"
skip_without python3

manifest() { # MACHINE [ARGUMENT...]
	(cd "$here" && exec "$assay" boot "$@" --kubevirt)
}
agrees() { # MACHINE JSON
	python3 "$here/tests/lab/kubevirt.py" "$here/config/machines/$1.ini" "$2" > why.txt 2>&1
}
explain() { [ "$1" != agrees ] || sed 's/^/  # /' why.txt; }
for name in file-virtio file-virtio-none file-virtio-peer file-ahci metal-ahci; do
	manifest $name plan=storage words="assay.note=one assay.results=http://198.18.0.1:8080/" > "$name.json" || not_ok "$name: exit $?"
	check "$name: what its file says, in fields that KubeVirt has" agrees $name "$name.json"
done
# Beside the file: what was said on the command line counts.
manifest file-virtio cpus=8 memory=3G disk.scratch.format=qcow2 disk.scratch.size=2G nic.net0.network=bridge nic.net0.interface=lab0 \
	nic.net0.mac=52:54:00:00:00:07 nic.net0.link=down container=mine > "set.json"
is() { # PATH VALUE: of the last item
	[ "$(jq -r ".items[-1].spec | $1" "set.json")" = "$2" ]
}
check "set beside the file: processors" is .domain.cpu.cores 8
check "memory" is .domain.memory.guest 3145728Ki
check "a qcow2 disk is an empty disk of exactly its size" is '.volumes[0].emptyDisk.capacity' 2097152Ki
check "and no claim" [ "$(jq -r '[.items[] | select(.kind == "PersistentVolumeClaim").metadata.name] | join(" ")' "set.json")" = file-virtio-results ]
check "a bridge is a network of Multus" is '.networks[0].multus.networkName' lab0
check "its card is bridged" is '.domain.devices.interfaces[0] | has("bridge")' true
check "with that address" is '.domain.devices.interfaces[0].macAddress' 52:54:00:00:00:07
check "and no cable" is '.domain.devices.interfaces[0].state' down
check "the container image that carries the payload" is .domain.firmware.kernelBoot.container.image mine
check "the scratch disk is named to the guard by serial and size" is '.domain.firmware.kernelBoot.kernelArgs | test("assay.scratch=serial:assay-scratch:2147483648 ")' true
manifest metal-ahci media=iso > "set.json"
check "a disc comes in a container" is '.volumes[-1].containerDisk.path' /disk/assay.iso
check "as a disc, first to boot" is '.domain.devices.disks[-1] | "\(.bootOrder) \(has("cdrom"))"' "1 true"
check "and no kernel beside it" is '.domain.firmware | has("kernelBoot")' false

# The checker finds what is wrong.
damage() { # JQ-PROGRAM
	jq "$1" "file-virtio.json" > "bad.json"
}
damage '.items[-1].spec.domain.cpu.cores = 3'
twin "another number of processors" agrees file-virtio "bad.json"
damage '.items[-1].spec.domain.devices.disks[0].cache = "none"'
twin "another cache mode" agrees file-virtio "bad.json"
damage '.items[-1].spec.domain.devices.disks[0].speed = 1'
twin "a field that KubeVirt does not have" agrees file-virtio "bad.json"
damage 'del(.items[-1].spec.volumes[0])'
twin "a disk without its volume" agrees file-virtio "bad.json"
damage 'del(.items[0])'
twin "a volume without its claim" agrees file-virtio "bad.json"

refused() { # WORDS ARGUMENT...
	words=$1
	shift
	says "refused: $words" 2 "$words" manifest "$@"
}
refused 'chipset = pc: KubeVirt has no word' metal-ide
refused 'disk.scratch.bus = nvme: KubeVirt has no word' metal-nvme-uefi
refused 'disk.scratch.bus = megasas' metal-megasas
refused 'disk.scratch.bus = mptsas' metal-mptsas
refused 'disk.scratch.cache = unsafe' file-virtio disk.scratch.cache=unsafe
refused 'disk.scratch.rate' file-virtio disk.scratch.rate=10M
refused 'disk.scratch.iops' file-virtio disk.scratch.iops=100
refused 'in a cluster the disk is a claim' lvm-virtio
refused 'one card can be on the pod' metal-two-nics
refused 'nic.net0.model = vmxnet3' file-virtio nic.net0.model=vmxnet3
refused 'plan= and words= need media = kernel' metal-ahci media=iso plan=quick
says "neither yes nor no" 2 'kubevirt=maybe: yes or no' "$assay" boot "$here/config/machines/file-virtio.ini" kubevirt=maybe
finish
