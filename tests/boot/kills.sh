#!/bin/sh
# kills.sh - the power goes at a few random moments, with the disk's cache kept, lost, and lost in part; make bench-kills takes hundreds.
# Its twin, a disk that loses what it had confirmed, is in kills.py. [E1] [E2]
. "$(dirname "$0")/../image/qemu.sh"
skip_without python3 debugfs e2fsck

taken() { PYTHONDONTWRITEBYTECODE=1 python3 "$here/tests/bench/kills.py" "$image" "$assay" "$WORK/kills" "$@" > kills.txt 2>&1; }
check "6 power cuts: nothing lost, the run goes on and verifies [E1] [E2]" taken 6 "${SEED:-1}"
sed 's/^/# /' kills.txt
check "each way of losing power twice" grep -q '^kills=6 kept=2 discarded=2 some=2' kills.txt
check "twin: a disk that lies is found out [E1]" grep -q '^twin: a disk that lies' kills.txt
finish
