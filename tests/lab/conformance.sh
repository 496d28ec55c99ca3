#!/bin/sh
# conformance.sh - the conformance set: good runs, and bad ones with exactly the requirements that must fail [V2], among them
# quotes of a TPM [E8]; and a part of the
# mutation tally (all of it: make bench-mutations) [V1]. Made and hashed in Python; folders good/ and bad/ are what another verifier reads.
. "$(dirname "$0")/../check.sh"
need python3
set=$here/tests/lab/conformance
PYTHONDONTWRITEBYTECODE=1
export PYTHONDONTWRITEBYTECODE

python3 "$set/check.py" "$assay" . || failures=$((failures + 1))
check "at least 10 good and 40 bad runs [V2]" test "$(ls good | wc -l)" -ge 10 -a "$(ls bad | wc -l)" -ge 40
twin "a verifier that finds nothing passes [V2]" python3 "$set/check.py" "$(command -v true)" lazy
check "every mutation of a small run is caught [V1]" python3 "$set/mutations.py" "$assay" mutations 211
finish
