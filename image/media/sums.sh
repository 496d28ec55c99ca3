#!/bin/sh
# sums.sh - B/SHA256SUMS over what is in B: the payload, what describes it, and the media that were made.
set -eu

cd "$B"
exec 9> .sums.lock
flock 9
find assay.efi payload.json assay.iso assay.img pxe -type f 2> /dev/null | LC_ALL=C sort | xargs sha256sum > SHA256SUMS.new
mv SHA256SUMS.new SHA256SUMS
