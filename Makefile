# Assay: a bootable image that measures the machine it boots on. `make help` lists the targets and the settings in force.

-include local.mk                # your settings; not in git

B       ?= build
CACHE   ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/assay
MIRROR  ?=
PLAN    ?= quick
MACHINE ?= file-virtio
ACCEL   ?= auto
WORDS   ?=
FIRMWARE ?=
LOCKED  ?=
PROVENANCE_KEY ?=
JOBS    ?= $(shell nproc)
V       ?=
SETTINGS = B CACHE MIRROR PLAN MACHINE ACCEL WORDS FIRMWARE LOCKED JOBS V

MAKEFLAGS += --no-builtin-rules --no-print-directory -j$(JOBS)
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-8s%s\n' '$(1)' '$(2)';)
export B CACHE MIRROR JOBS FIRMWARE LOCKED PROVENANCE_KEY

all: image $(B)/assay            ## the image and the host command (also plain `make`)

include image/userland.mk
include image/kernel.mk
include image/media.mk
include tests/tests.mk

BOOT = $(B)/assay boot $(MACHINE) plan=$(PLAN) accel=$(ACCEL) words="$(WORDS)"

image: $(B)/assay.efi $(B)/payload.json $(B)/build.json $(B)/sbom.spdx.json $(B)/SHA256SUMS ## one file that boots everywhere: build/assay.efi

run: image $(B)/assay | packages-run ## boot it on MACHINE, measure PLAN, collect the results
	$(Q)$(BOOT)

rerun: $(B)/rerun.cpio $(B)/assay | packages-run ## the same with the last image's kernel and only init made anew: seconds
	$(Q)test -f $(B)/assay.efi || { echo "rerun: no image yet; make run comes first"; exit 1; }
	$(Q)$(BOOT) initrd=$(B)/rerun.cpio

test: image pxe iso disk $(B)/assay $(B)/test/verify-alone unit-programs $(STOCK) $(call stamps,firmware) | packages-run packages-test ## all rings but boot (test-boot); the last line counts passed and failed
	$(Q)tests/ring.sh unit image peers lab
test-unit: unit-programs         ## seconds: C under the address and undefined-behaviour sanitizers
	$(Q)tests/ring.sh unit
test-image: image pxe iso disk $(B)/assay $(call stamps,firmware) | packages-run packages-test ## boots the image in QEMU; each check has a twin that must fail
	$(Q)tests/ring.sh image
test-peers: $(B)/assay $(STOCK) $(VISIBLE) | packages-run packages-test ## against the stock tools: iperf, iperf3, netperf, ping, bonnie++, iozone
	$(Q)tests/ring.sh peers
test-lab: $(B)/assay $(B)/test/verify-alone | packages-run packages-test ## made-up journals in, verdicts and reports out
	$(Q)tests/ring.sh lab
check: check-source test-unit    ## seconds: include directions, style, warnings, cppcheck, shell syntax, unit tests

man: $(B)/man/assay.1 $(B)/man/plan.5 ## the manual pages, in build/man: man -l build/man/assay.1
$(B)/gen/words.txt: $(B)/assay
	$(Q)$< help --table > $@
$(B)/man/%: docs/man/%.in $(B)/gen/words.txt image/man.sh
	$(Q)mkdir -p $(@D); image/man.sh $(B)/gen/words.txt $< > $@

install: $(B)/assay man          ## program, manual pages, completion, plans, machines and the image, if there is one: PREFIX (/usr/local), DESTDIR
	$(Q)PREFIX=$(or $(PREFIX),/usr/local) DESTDIR=$(DESTDIR) image/install.sh

results-disk: $(B)/assay | packages-run ## an empty results partition in build/results.img
	$(Q)$(B)/assay format-results file=$(B)/results.img size=64M

fetch:                           ## all pinned sources into CACHE; builds need no network afterwards
	$(Q)image/fetch.sh $$(awk '!/^#/ && NF && $$3 != "npm/@duckdb" { print $$1 }' config/sources.lock | sort -u)

packages: packages-build packages-media packages-run packages-check packages-test ## the Debian packages that all targets need

packages-%:
	$(Q)image/packages.sh $*

hardware: $(B)/hardware.txt      ## the PCI ids that the image drives: build/hardware.txt
	@grep '^# ' $<

sizes: image                     ## what the image's bytes are spent on
	$(Q)image/sizes.sh

format:                          ## rewrite every C file in the house style
	$(Q)clang-format -i $(C_FILES)

clean:                           ## remove B; CACHE stays
	rm -rf $(B)

help:                            ## this list and the settings in force
	@awk -F':[^#]*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' Makefile image/media.mk tests/tests.mk
	@echo
	@$(foreach name,$(SETTINGS),printf '  %-8s = %s\n' '$(name)' '$($(name))';)

FORCE:
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: man install hardware all image run rerun results-disk fetch packages sizes format clean help FORCE
