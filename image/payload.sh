#!/bin/sh
# payload.sh IMAGE - what this image is, as JSON: `collect` proves with it which bits a run ran on.
set -eu
export LC_ALL=C TZ=UTC
umask 022

sum() {
	sha256sum < "$1" | cut -d ' ' -f 1
}

build_id=$(cat "$1.build-id")
# What a run on this image reports, however it was booted (init/origin/payload.c).
digest=$({ echo "kernel $build_id" && image/initramfs.sh list; } | LC_ALL=C sort | sha256sum | cut -d ' ' -f 1)

firmware=
[ -z "${FIRMWARE:-}" ] || firmware=$(printf '\t"firmware": %s,\nx' "$(image/firmware.sh record)")
firmware=${firmware%x}

cat <<END
{
	"buildId": "$build_id",
	"digest": "$digest",
	"sha256": "$(sum "$1")",
	"bytes": $(stat -c %s "$1"),
	"init": {"sha256": "$(sum "$B/stripped/assay-init")"},
	"initramfs": {"sha256": "$(sum "$B/initramfs.cpio")", "bytes": $(stat -c %s "$B/initramfs.cpio")},
$firmware	"kernel": "$(cat "$B/piece/kernel/include/config/kernel.release")",
	"kernelConfigSha256": "$(sum "$B/kernel.config")",
	"version": "$(sed -n 's/.*ASSAY_VERSION "\(.*\)"/\1/p' "$B/gen/version.h")"
}
END
