#!/bin/sh
# export.sh - a run in the forms of others: in-toto's statement, the full disclosure, the plan.
. "$(dirname "$0")/lib.sh"
golden=$here/tests/lab/golden

payload=$(printf x | sha256sum | cut -c1-64)
make_journal | sed "s/\"buildId\":\"aa11\"/&,\"payloadDigest\":\"$payload\"/" > journal.jsonl
chain journal.jsonl > journal.sha256
frames journal.jsonl journal.sha256 > console.log
touch s2-iozone.txt
head=$(tail -n 1 journal.sha256)

says "without a form" 2 'expected one of in-toto' "$assay" export .
says "an unknown form" 2 'format=pdf: expected one of' "$assay" export . format=pdf

"$assay" export . format=in-toto > statement.json
is() { # PATH VALUE: of the statement
	[ "$(jq -r "$1" statement.json)" = "$2" ]
}
check "in-toto: a statement [E7]" is ._type https://in-toto.io/Statement/v1
check "in-toto: the predicate [E7]" is .predicateType https://in-toto.io/attestation/test-result/v0.1
check "in-toto: the subject is the payload [E7]" is '.subject[0].digest.sha256' "$payload"
twin "the subject is another [E7]" is '.subject[0].digest.sha256' "$plan_digest"
check "in-toto: the plan's digest [E7]" is '.predicate.configuration[] | select(.name == "plan").digest.sha256' "$plan_digest"
check "in-toto: the machine [E7]" is '.predicate.configuration[] | select(.name == "dut").uri' urn:assay:dut:dut
check "in-toto: the journal's end [E7]" is '.predicate.configuration[] | select(.name == "journal").digest.sha256' "$head"
check "in-toto: result and tests [E7]" is '[.predicate.result, .predicate.passedTests[]] | join(" ")' "PASSED net.tcp file.iozone"
# The keys that spec/v1/statement.md, resource_descriptor.md and predicates/test-result.md know, and no other.
known() {
	jq -e '(keys - ["_type", "subject", "predicateType", "predicate"] == []) and
		(.predicate | keys - ["result", "configuration", "url", "passedTests", "warnedTests", "failedTests"] == []) and
		([.subject[], .predicate.configuration[] | keys[]] - ["name", "uri", "digest", "content", "downloadLocation", "mediaType",
			"annotations"] == []) and
		([.subject[], .predicate.configuration[] | has("uri") or has("digest") or has("content")] | all)' "$1" > /dev/null
}
check "in-toto: no key that its schema does not know [E7]" known statement.json
jq '.predicate.verdict = 1' statement.json > foreign.json
twin "in-toto: no key that its schema does not know [E7]" known foreign.json
mkdir altered && cp journal.sha256 console.log altered && sed 5s/941/942/ journal.jsonl > altered/journal.jsonl
says "nothing is stated about an altered run [E7]" 1 'E5 fails\|M10 fails\|R. fails\|E. fails' "$assay" export altered format=in-toto

"$assay" export . format=disclosure > disclosure.txt
check "full disclosure is as the golden file [E10]" diff "$golden/disclosure.txt" disclosure.txt
mkdir alone && cp journal.jsonl journal.sha256 alone
"$assay" export alone format=disclosure > alone.txt
check "the same from the journal alone [E10]" cmp disclosure.txt alone.txt
complete() { # every R and M item of the audit's list
	for id in R1 R2 R3 R4 R5 R6 M1 M2 M3 M4 M5 M6 M7 M8 M9 M10 M11 M12 M13 M14 M15; do
		grep -q "^$id  *[^ ].*: \(pass\|missing\|not applicable\|informative only\|fail\)$" "$1" || return 1
	done
}
check "every R and M item is there [E10]" complete disclosure.txt
grep -v '^M9 ' disclosure.txt > cut.txt
twin "every R and M item is there [E10]" complete cut.txt
check "what is not known is called missing [E10]" grep -q '^     missing: firmware$' disclosure.txt

says "no plan from steps without parameters [M1]" 1 'does not say its parameters' "$assay" export . format=plan
finish
