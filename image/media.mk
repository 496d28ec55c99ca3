# What carries the payload. Media only carry: each holds the same bytes of assay.efi (tests/image/media.sh takes them out again).

MEDIA_SCRIPTS = image/media/common.sh config/syslinux/menu.cfg

pxe: $(B)/pxe/assay.efi          ## a tree for TFTP and HTTP servers: build/pxe, with menu, iPXE script and dnsmasq.conf
iso: $(B)/assay.iso              ## one image for BIOS and UEFI, optical and USB: build/assay.iso
disk: $(B)/assay.img             ## a disk for USB sticks and virtual machines, with a results partition: build/assay.img
pxe iso disk: $(B)/SHA256SUMS
	$(Q)image/media/sums.sh

$(B)/pxe/assay.efi: $(B)/assay.efi image/media/pxe.sh $(MEDIA_SCRIPTS) config/syslinux/machine.cfg $(wildcard config/pxe/*) | packages-media
	$(call say,PXE,$(@D)) image/media/pxe.sh $< $(@D)
$(B)/assay.iso: $(B)/assay.efi image/media/iso.sh $(MEDIA_SCRIPTS) | packages-media
	$(call say,ISO,$@) image/media/iso.sh $< $@
$(B)/assay.img: $(B)/assay.efi image/media/disk.sh $(MEDIA_SCRIPTS) | packages-media
	$(call say,DISK,$@) image/media/disk.sh $< $@

.PHONY: pxe iso disk
