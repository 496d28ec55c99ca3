#!/bin/sh
# version.sh - the C header that names this version: the commit, and whether the files differ from it.
set -eu

version=$(git describe --always --dirty --abbrev=12 2>/dev/null || echo unknown)
echo "#define ASSAY_VERSION \"$version\""
