#!/bin/sh
# results.sh - the results partition: a second run leaves the first untouched; a full one is a named outcome, before any measurement.
. "$(dirname "$0")/qemu.sh"
skip_without debugfs

short="assay.self.null.seconds=0.2 assay.self.noise.seconds=0.3"
at='?offset=1048576'
"$assay" format-results file=disk.raw size=16M > /dev/null

run_of() { sed -n 's/.*"runId":"\([^"]*\)".*/\1/p' "$1/records" | head -n 1; }
file_of() { # DISK RUN-ID NAME: its SHA-256
	debugfs -R "cat /runs/$2/$3" "$1$at" 2> /dev/null | sha256sum
}
holds() { # DISK RUN-ID NAME SHA256
	[ "$(file_of "$1" "$2" "$3")" = "$4" ]
}

# shellcheck disable=SC2046
boot first 120 "$short" $(disk disk.raw r)
id=$(run_of first)
before=$(file_of disk.raw "$id" journal.jsonl)
cp disk.raw full.raw
# Leaves less than a run needs.
head -c 9437184 /dev/zero | tr '\0' x > filler
debugfs -w -R "write filler filler" "full.raw$at" > debugfs.txt 2>&1
# shellcheck disable=SC2046
boot second 120 "$short" $(disk disk.raw r) &
# shellcheck disable=SC2046
boot full 120 "$short" $(disk full.raw r) &
wait

check "a first run" ended first COMPLETE PASS
check "its channels agree" collected first disk.raw
check "a second run on the same partition" ended second COMPLETE PASS
check "its channels agree" collected second disk.raw
twin "they are two runs [R1]" test "$(run_of first)" = "$(run_of second)"
check "the first is untouched [E9]" holds disk.raw "$id" journal.jsonl "$before"
twin "the second is another" holds disk.raw "$(run_of second)" journal.jsonl "$before"
check "full: ends with an error" ended full ERROR NOT_APPLICABLE
check "full: named [E9]" has_record full '"symptom":"results-full"'
twin "not full: not named [E9]" has_record second '"symptom":"results-full"'
check "full: nothing was measured [E9]" test "$(grep -c testStepStart full/records)" = 0
twin "otherwise something was" test "$(grep -c testStepStart second/records)" = 0
check "full: the earlier run is untouched [E9]" holds full.raw "$id" journal.jsonl "$before"
check "full: the serial log has the run" collected full full.raw
finish
