#!/bin/sh
# sealed.sh - what the kernel says of itself: the distribution's mitigations, locked down, and nothing that writes its memory.
. "$(dirname "$0")/qemu.sh"

boot run 120 "assay.self.noise.seconds=0.3"

check "runs to its end" ended run COMPLETE PASS
check "locked down" has_record run '"lockdown":"none \[integrity\] confidentiality"'
twin "not left open" has_record run '"lockdown":"\[none\]'
check "Spectre V1 is mitigated as the distribution does" has_record run '"spectre_v1":"Mitigation: '
check "Spectre V2, too" has_record run '"spectre_v2":"Mitigation: '
boot open 120 "assay.self.noise.seconds=0.3 mitigations=off"
twin "not when told off" has_record open '"spectre_v1":"Mitigation: '
finish
