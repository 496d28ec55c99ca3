#!/bin/sh
# settings.sh - what was not understood is refused in one line and recorded; nothing is measured, nothing is ignored.
. "$(dirname "$0")/qemu.sh"

refused() { # RUN WORDS: recorded once, said once, and no step was begun
	[ "$(grep -c '"symptom":"setting-refused"' "$1/records")" = 1 ] && has_record "$1" "\"message\":\"[^\"]*$2" &&
		[ "$(tr -d '\r' < "$1/console" | grep -v '^@assay ' | grep -c '^assay: refused: ')" -ge 1 ] &&
		! has_record "$1" testStepStart
}

boot unknown 90 "assay.net.tcp.second=10" &
boot range 90 "assay.net.tcp.seconds=1e9" &
wait
boot plan 90 "assay.plan=quikc" &
boot legal 90 "assay.self.noise.seconds=0.5 assay.note=\"two words\" other.setting=1 quiet" &
wait
for run in unknown range plan; do
	records $run
	check "$run: refused" refused $run ''
	check "$run: ends with an error" ended $run ERROR NOT_APPLICABLE
	twin "$run: and not complete" ended $run COMPLETE PASS
done
check "unknown: says which are known" refused unknown 'assay.net.tcp.second (kernel command line): second: unknown setting; known here: .*seconds'
check "range: says what was expected" refused range 'out of range; expected a time'
check "plan: says where it looked" refused plan 'config/plans/quikc.ini'
twin "legal settings are not refused" refused legal ''
check "legal settings run" ended legal COMPLETE PASS
check "and are recorded" has_record legal '"note":"two words"'
finish
