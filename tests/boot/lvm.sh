#!/bin/sh
# lvm.sh - a virtual machine on a logical volume, all of it real: an outer guest (lib.sh) makes a volume group with two volumes and boots
# config/machines/lvm-virtio.ini on one of them, as it stands. The inner guest's results come back; the volume was written, the one
# beside it was not.
. "$(dirname "$0")/lib.sh"

words="assay.file.verify.size=4m assay.file.verify.passes=1"
boot_outer 420 results desk/console.log desk/command.sh << END
./assay boot lvm-virtio accel=tcg plan=verify words='$words' memory=256M cpus=1 nic.net0.model=none peer.kind=none timeout=$((400 * patience)) \
	image=assay.efi payload=payload.json results=/tmp/results work=/tmp/desk
echo "outer: assay boot ended with \$?"
END
cp inner/desk/console.log inner/console 2> /dev/null || : > inner/console
echo 0 > inner/code
records inner

had_volume() { grep -q 'file=/dev/vg0/assay-scratch' "$1/desk/command.sh"; }
verifies() { "$assay" verify results=inner/results > inner/verify 2>&1; }

check "the volumes are made" outer_said 'volumes made'
check "lvm knows both as linear" are_linear
check "assay boot on the volume: exit 0" outer_said 'assay boot ended with 0'
twin "not with another" outer_said 'assay boot ended with 1'
check "the inner guest runs to its end" has_record inner '"testRunEnd":{"status":"COMPLETE","result":"PASS"}'
check "what it wrote there it read back" outcome inner s1 ok
twin "nothing was skipped" outcome inner s1 skipped
check "its disk is the volume, to the byte" has_record inner '"serial":"assay-scratch",.*"bytes":268435456'
check "QEMU had the volume itself" had_volume inner
check "the volume was written" written
check "the volume beside it was not" same_beside
echo >> inner/after
twin "a difference would be seen" same_beside
check "its results verify, back here" verifies
sed -i '0,/^@assay .*DEBUG/s/DEBUG/DEBUT/' inner/results/*/console.log
sed -i '3s/"sequenceNumber":/&1/' inner/results/*/journal.jsonl
twin "not with a byte turned" verifies
show_outer
finish
