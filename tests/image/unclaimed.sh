#!/bin/sh
# unclaimed.sh - devices that nothing in the image drives are named: an old SCSI adapter, an old NIC, a USB NIC.
. "$(dirname "$0")/qemu.sh"

# shellcheck disable=SC2046
boot strange 120 "assay.self.noise.seconds=0.3" $(nic) -device qemu-xhci -netdev user,id=u -device usb-net,netdev=u \
	-netdev user,id=p -device pcnet,netdev=p,romfile=,addr=0x10 -device lsi53c895a,addr=0x11
boot known 120 "assay.self.noise.seconds=0.3" $(nic)

unclaimed() { has_record "$1" "\"unclaimed\":\[.*\"kind\":\"$2\",\"bus\":\"$3\",\"address\":\"[^\"]*\",\"id\":\"$4\""; }
none_unclaimed() { has_record "$1" '"unclaimed":\[\]'; }

check "runs to its end all the same" ended strange COMPLETE PASS
check "the old NIC is named" unclaimed strange network pci 1022:2000
check "the old SCSI adapter is named" unclaimed strange storage pci 1000:0012
check "the USB NIC is named" unclaimed strange network usb 0525:a4a2
twin "the virtio NIC is not" unclaimed strange network pci 1af4:1000
check "people see it, too" has_line strange '^assay: no driver took the network device pci 0000:00:10.0 (1022:2000, class 020000)$'
check "and it is a warning in the records" has_record strange 'WARNING.*no driver took the storage device pci 0000:00:11.0 (1000:0012, class 010000)'
twin "not where everything is driven" has_line known 'no driver took'
check "there the list is empty" none_unclaimed known
twin "and is not with strangers" none_unclaimed strange
finish
