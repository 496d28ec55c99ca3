# The image: kernel and initramfs in one file. The kernel is compiled once into CACHE; what changes is the initramfs.

IMAGE_PIECES := linux gen_init_cpio busybox mke2fs mkfs.xfs $(if $(FIRMWARE),firmware kernel)

$(B)/stripped/%: $(B)/%
	$(Q)mkdir -p $(@D); strip -o $@ $<

$(B)/initramfs.cpio: FORCE image/initramfs.list $(B)/stripped/assay-init $(call stamps,$(IMAGE_PIECES))
	$(Q)image/initramfs.sh whole > $@.new; $(replace)

$(B)/rerun.cpio: FORCE image/initramfs.list $(B)/stripped/assay-init $(call stamps,gen_init_cpio)
	$(Q)image/initramfs.sh again > $@

$(B)/assay.efi: $(B)/initramfs.cpio $(call stamps,kernel)
	$(call say,IMAGE,$@) image/link.sh $< $@

# What the image's kernel drives, from its own tables.
$(B)/hardware.txt: FORCE $(call stamps,kernel hardware)
	$(Q)image/hardware.sh > $@.new; $(replace)

$(B)/payload.json: $(B)/assay.efi
	$(Q)image/payload.sh $< > $@

# What it was built with, and what is in it.
$(B)/build.json: FORCE $(B)/payload.json
	$(Q)FLAGS="$(subst $(CURDIR),.,$(CPPFLAGS) $(filter-out -isystem,$(CFLAGS)))" image/build-record.sh > $@.new; $(replace)
$(B)/sbom.spdx.json: FORCE $(B)/payload.json config/licenses.list
	$(Q)image/sbom.sh > $@.new; $(replace)

$(B)/SHA256SUMS: $(B)/assay.efi $(B)/payload.json $(B)/build.json $(B)/sbom.spdx.json
	$(Q)image/media/sums.sh
