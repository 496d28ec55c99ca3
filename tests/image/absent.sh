#!/bin/sh
# absent.sh - no NIC, no disk, no results partition: what cannot run is skipped with the reason, the rest runs.
. "$(dirname "$0")/qemu.sh"

short="assay.self.null.seconds=0.2 assay.self.noise.seconds=0.3"
truncate -s 64M blank.raw
"$assay" format-results file=results.raw size=16M > /dev/null
boot nothing 120 "assay.plan=quick assay.peer=198.18.0.2 $short" &
# shellcheck disable=SC2046
boot something 120 "$short" $(disk results.raw r) $(nic) &
wait

skipped() { # RUN STEP REASON
	outcome "$1" "$2" skipped && has_record "$1" "\"testStepId\":\"$2\",\"diagnosis\":{\"verdict\":\"skipped\",\"type\":\"UNKNOWN\",\"message\":\"$3"
}
check "runs to its end" ended nothing COMPLETE PASS
for step in s3 s4 s5; do
	check "no NIC: $step is skipped and says so" skipped nothing $step 'no network: '
done
for step in s6 s7; do
	check "no disk: $step is skipped and says so" skipped nothing $step 'no scratch disk: '
done
check "what needs nothing ran" outcome nothing s2 ok
twin "and was not skipped" skipped nothing s2 ''
check "no results partition: said in the records" has_record nothing 'no partition named assay-results'
check "and to people" has_line nothing 'no partition named assay-results'
check "the serial log alone verifies" collected nothing
check "with a partition it runs too" ended something COMPLETE PASS
twin "and says nothing of the kind" has_record something 'no partition named assay-results'
check "both channels agree" collected something results.raw
check "and both were read" grep -q '"channels":[[:space:]]*"agree"' something/results/latest/collect.json
finish
