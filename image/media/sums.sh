#!/bin/sh
# sums.sh - B/SHA256SUMS over what is in B: the payload, its initramfs, what describes them, and the media that were made; and provenance over
# all of it. Its first lines say what a run on this image reports of itself.
set -eu
export LC_ALL=C

exec 9> "$B/.sums.lock"
flock 9
(
	cd "$B"
	echo "# payload $(sed -n 's/.*"digest": "\([0-9a-f]*\)".*/\1/p' payload.json)"
	echo "# kernel build id $(cat assay.efi.build-id)"
	find assay.efi kernel.efi initramfs.cpio payload.json build.json sbom.spdx.json assay.iso assay.img pxe -type f 2> /dev/null | sort | xargs sha256sum
) > "$B/SHA256SUMS.new"
mv "$B/SHA256SUMS.new" "$B/SHA256SUMS"
image/provenance.sh
