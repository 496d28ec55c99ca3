#!/bin/sh
# resume.sh - a run that is cut off goes on at the next boot, marked; twice in the same step, without it. Another plan, another machine, or
# assay.resume=no begin anew, say so, and leave what is there as it is. [E2] [E9]
. "$(dirname "$0")/qemu.sh"
skip_without python3 debugfs

long="assay.self.null.seconds=0.2 assay.self.noise.seconds=600" # nobody waits for its end
"$assay" format-results file=disk.raw size=16M > /dev/null

# cut_off NAME REGULAR-EXPRESSION WORDS QEMU-ARGUMENT...: the power goes when the serial log has such a line
cut_off() {
	python3 "$qmp" "$1.sock" "$1/console" "await $2" '{"execute":"quit"}' > "$1.qmp" 2>&1 &
	name=$1 words=$3
	shift 3
	boot "$name" 60 "$words" -qmp "unix:$name.sock,server=on,wait=off" "$@"
}
run_of() { sed -n 's/.*"runId":"\([^"]*\)".*/\1/p' "$1/records" | head -n 1; }
journal_of() { # DISK RUN-ID: as the desk reads it; the partition of a guest that was cut off owes a replay
	rm -rf desk-of && "$assay" collect disk="$1" results=desk-of payload="${image%/*}/payload.json" > /dev/null 2>&1
	cat "desk-of/$2/journal.jsonl"
}
begins_with() { # FILE FILE
	cmp -s -n "$(wc -c < "$2")" "$1" "$2"
}

in_noise='"testStepId":"s2".*deadlineSeconds'
# shellcheck disable=SC2046
cut_off first "$in_noise" "$long" $(disk disk.raw r)
id=$(run_of first)
journal_of disk.raw "$id" > first.jsonl
for name in no plan uuid; do cp disk.raw $name.raw; done
# shellcheck disable=SC2046
cut_off second '"testStepId":"s2r".*deadlineSeconds' "$long" $(disk disk.raw r) &
one=$!
short="assay.self.null.seconds=0.2 assay.self.noise.seconds=0.2"
# shellcheck disable=SC2046
cut_off no "$in_noise" "$long assay.resume=no" $(disk no.raw r) &
wait $one $!
# shellcheck disable=SC2046
boot third 60 "$long" $(disk disk.raw r) &
one=$!
# shellcheck disable=SC2046
boot plan 60 "$short" $(disk plan.raw r) &
wait $one $!
# shellcheck disable=SC2046
boot again 60 "$short" $(disk plan.raw r) &
one=$!
# shellcheck disable=SC2046
cut_off uuid "$in_noise" "$long" -uuid 11111111-2222-3333-4444-555555555555 $(disk uuid.raw r) &
wait $one $!

interrupted() { # RUN STEP: by its error, its outcome and its end
	has_record "$1" "\"testStepId\":\"$2\",\"error\":{\"symptom\":\"interrupted\"" && outcome "$1" "$2" interrupted &&
		has_record "$1" "\"testStepId\":\"$2\",\"testStepEnd\":{\"status\":\"ERROR\"}"
}
is_marked() { # RUN BOOT: the cut is a record of the run
	has_record "$1" "\"testRunArtifact\":{\"error\":{\"symptom\":\"interrupted\",\"message\":\"[^\"]*; boot $2 of it goes on "
}
says_why() { has_record "$1" "\"message\":\"run $id was cut off and does not go on here: $2" && has_line "$1" "^assay: run $id was cut off and does not go on here: $2"; }
is_same_run() { [ "$(run_of "$1")" = "$id" ]; }

check "the next boot is the same run [E2]" is_same_run second
check "it says that it was cut off, and where [E2]" is_marked second 2
twin "the first boot does not" is_marked first 2
check "the step that was cut is interrupted [E2]" interrupted second s2
check "with what was lost, and the gap" has_record second '"testStepId":"s2","extension":{"name":"interrupted","content":{"boot":2,.*"gapSeconds":.*"tornBytes":0'
twin "the step that was done is not" interrupted second s1
check "the step that was done is not done again" test "$(grep -c '"testStepStart":{"name":"self.null"}' third/records)" = 1
check "the next but one says that, too" is_marked third 3
check "cut off twice: the step is interrupted, and not tried for ever [E2] [E4]" interrupted third s2r
twin "not a third time" has_record third '"testStepStart":{"name":"self.noise"}.*s3\|"s2rr"'
check "and the run ends, and has failed [E4]" ended third COMPLETE FAIL
check "its end verifies, from both channels" collected third disk.raw
journal_of disk.raw "$id" > third.jsonl
check "what the first boot recorded stands as it was [E2] [E9]" begins_with third.jsonl first.jsonl
twin "and is not all" cmp -s third.jsonl first.jsonl
check "figures of the first boot are in the table" has_line third '^self.null  *turn '

check "assay.resume=no begins anew [E2]" says_why no 'assay.resume=no; it is kept'
check "other settings begin anew" says_why plan 'another plan, or other settings of it; it is kept'
check "another machine begins anew" says_why uuid 'another machine; it is kept'
twin "the same does not" says_why second ''
for name in no plan uuid; do
	twin "$name: it is another run" is_same_run $name
	journal_of $name.raw "$id" > $name.jsonl
	check "$name: the run that was cut off is as it was [E9]" cmp -s first.jsonl $name.jsonl
done
check "plan: it ended" ended plan COMPLETE PASS
check "the next boot owes nothing" ended again COMPLETE PASS
twin "and goes on with nothing" says_why again ''
twin "nor with the run that has its end" test "$(run_of again)" = "$(run_of plan)"

# The desk collects after the cut, and again when the run is whole.
"$assay" collect console=first/console results=desk payload="${image%/*}/payload.json" > first.collect 2>&1
check "collected after the cut: no end" grep -q 'without the end of the run' first.collect
"$assay" collect console=third/console disk=disk.raw results=desk payload="${image%/*}/payload.json" > third.collect 2>&1 || true
check "collected again: the whole run takes its place" grep -q 'collected before it went on' third.collect
check "it verifies" "$assay" verify "$id" results=desk
check "the first boot's serial log is kept beside it" cmp -s first/console "desk/$id/console.1.log"
finish
