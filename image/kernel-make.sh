#!/bin/sh
# kernel-make.sh SOURCE OBJECTS TARGET... - the kernel's make with all that may not vary held still, so that the same sources give
# the same bits wherever and whenever they are built.
set -eu

source=$1
objects=$2
shift 2

unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
export LC_ALL=C ARCH=x86 SOURCE_DATE_EPOCH=1577836800
export KBUILD_BUILD_TIMESTAMP='Wed Jan  1 00:00:00 UTC 2020' KBUILD_BUILD_USER=assay KBUILD_BUILD_HOST=assay KBUILD_BUILD_VERSION=1
exec make -s ZSTD="$(dirname "$0")/zstd.sh" -C "$source" O="$objects" -j"${JOBS:-$(nproc)}" "$@"
