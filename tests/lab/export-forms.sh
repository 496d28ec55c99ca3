#!/bin/sh
# export-forms.sh - csv, openmetrics, junit and jsonl of a run with hostile texts, each read by somebody else's parser: Python's csv, the
# Prometheus client, xmllint with the structure that CI servers know.
. "$(dirname "$0")/lib.sh"
need python3 /usr/bin/python3 xmllint
/usr/bin/python3 -c 'import prometheus_client.openmetrics.parser' || { echo "not ok - python3-prometheus-client is not installed"; exit 1; }

python3 "$here/tests/lab/page-runs.py" metal metal 2 1
run=metal/boot-1
# A step that failed, one that was skipped, and texts that are a formula or no UTF-8, behind the others.
sed '/"testRunEnd"/d' $run/journal.jsonl > journal.jsonl
number=$(wc -l < journal.jsonl)
{
	for outcome in failed skipped timeout; do
		step_line "$outcome" '"testStepStart":{"name":"net.'$outcome'"}'
		step_line "$outcome" '"extension":{"name":"step","content":{"bench":"net.tcp","label":"=HYPERLINK(\"x\")","target":"@SUM(1)","parameters":{}}}'
		measurement "$outcome" odd -2 'a\"b\\c\nd'
		measurement "$outcome" odd 7 'a\"b\\c\nd'
		step_line "$outcome" '"extension":{"name":"outcome","content":{"outcome":"'$outcome'","seconds":1.5,"reason":"]]> <b> & \"\u0001\u001b '"$(printf '\303\050')"' end"}}'
	done
	run_line '"testRunEnd":{"status":"COMPLETE","result":"FAIL"}'
} >> journal.jsonl
chain journal.jsonl > journal.sha256
mkdir odd && mv journal.jsonl journal.sha256 odd
cp $run/collect.json odd

for form in csv openmetrics junit jsonl; do
	check "$form: written" "$assay" export odd format=$form out=odd.$form
done
says "csv of two runs at once" 2 'holds one run' "$assay" export odd $run format=csv
says "jsonl of two runs" 0 testRunEnd "$assay" export odd $run format=jsonl

# ---- the journal itself

check "jsonl: byte for byte" cmp -s odd/journal.jsonl odd.jsonl
twin "jsonl of another run" cmp -s $run/journal.jsonl odd.jsonl

# ---- csv

cat > csv-check.py <<'PY'
import csv, json, sys
journal, table = sys.argv[1:3]
want = [line["testStepArtifact"]["measurement"] for line in map(json.loads, open(journal, encoding="utf-8", errors="replace"))
        if "measurement" in line.get("testStepArtifact", {})]
text = open(table, encoding="utf-8", errors="replace", newline="").read()
assert text.endswith("\r\n"), "no CRLF"
rows = list(csv.DictReader(text.splitlines(keepends=True), strict=True))
assert len(rows) == len(want) > 500, (len(rows), len(want))
for row, one in zip(rows, want):
    assert None not in row and None not in row.values(), row
    assert float(row["value"]) == one["value"] and row["metric"] == one["name"] and float(row["max"]) == one["metadata"]["max"], row
    for name, cell in row.items():
        numeric = name in ("value", "n", "min", "max", "mean", "sd", "median", "p95", "p99")
        assert numeric or not cell or cell[0] not in "=+-@\t\r", (name, cell)
assert rows[-1]["label"] == "'=HYPERLINK(\"x\")" and rows[-1]["target"] == "'@SUM(1)" and rows[-1]["unit"] == 'a"b\\c\nd', rows[-1]
PY
reads_csv() { python3 csv-check.py odd/journal.jsonl "$1" 2> csv.err; }
check "csv: every figure, exactly, and no formula" reads_csv odd.csv
sed "s/'=HYPER/=HYPER/" odd.csv > formula.csv
twin "csv: with a formula" reads_csv formula.csv
head -n 300 odd.csv > short.csv
twin "csv: cut short" reads_csv short.csv

# ---- OpenMetrics

cat > metrics-check.py <<'PY'
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families
journal, metrics = sys.argv[1:3]
want = sorted((line["testStepArtifact"]["testStepId"], line["testStepArtifact"]["measurement"]["value"]) for line in
              map(json.loads, open(journal, encoding="utf-8", errors="replace")) if "measurement" in line.get("testStepArtifact", {}))
families = list(text_string_to_metric_families(open(metrics, encoding="utf-8", errors="replace").read()))
names = [family.name for family in families]
assert len(set(names)) == len(names) > 40, names
samples = [sample for family in families for sample in family.samples]
got = sorted((sample.labels["step"], sample.value) for sample in samples if sample.labels.get("stat") == "value")
# Of a label set that is there twice only the first may stay.
assert got == [one for one in want if one not in [(step, 7) for step in ("failed", "skipped", "timeout")]], (len(got), len(want))
assert any(sample.name == "assay_net_ping_rtt_milliseconds" and sample.labels["stat"] == "max" and sample.timestamp is not None for sample in samples)
assert any(sample.name == "assay_file_iozone_write_kibibytes_per_second" and sample.labels["at_file"] == "64 KiB" for sample in samples)
assert {sample.labels["outcome"]: sample.value for sample in samples if sample.name == "assay_step_ok"} == {"ok": 1, "failed": 0, "skipped": 0, "timeout": 0}
assert [sample.labels["label"] for sample in samples if sample.labels.get("step") == "failed" and "label" in sample.labels][0] == '=HYPERLINK("x")'
PY
reads_metrics() { /usr/bin/python3 metrics-check.py odd/journal.jsonl "$1" 2> metrics.err; }
check "openmetrics: the Prometheus client reads every figure" reads_metrics odd.openmetrics
grep -v '^# EOF' odd.openmetrics > endless.openmetrics
twin "openmetrics: without its end" reads_metrics endless.openmetrics
{ sed '$d' odd.openmetrics; grep '^assay_net_ping_rtt_milliseconds{' odd.openmetrics; echo '# EOF'; } > torn.openmetrics
twin "openmetrics: a family in two pieces" reads_metrics torn.openmetrics

# ---- JUnit

reads_junit() { xmllint --noout --nonet --schema "$here/tests/lab/junit.xsd" "$1" 2> junit.err; }
counted() { # XPATH NUMBER
	[ "$(xmllint --xpath "string($1)" odd.junit)" = "$2" ]
}
check "junit: well-formed, of the known structure" reads_junit odd.junit
sed 's/<testcase/<testcas/' odd.junit > wrong.junit
twin "junit: another structure" reads_junit wrong.junit
sed 's/&#38;/\&/' odd.junit > raw.junit
twin "junit: an ampersand as it is" reads_junit raw.junit
for one in "count(//testcase) 12" "/testsuites/@tests 12" "count(//failure) 1" "count(//skipped) 1" "count(//error) 1" "//testsuite/@failures 1" \
	"//testsuite/@errors 1" "//testsuite/@skipped 1" "//error/@type timeout" "count(//testcase[@name='net.failed']/failure) 1" "//testsuite/@hostname metal"; do
	check "junit: ${one% *} is ${one##* }" counted "${one% *}" "${one##* }"
done
twin "junit: there are two failures" counted "count(//failure)" 2
check "junit: markup is text" counted "count(//b)" 0
grep -av testRunEnd odd/journal.jsonl > cut.jsonl && mv cut.jsonl odd/journal.jsonl
"$assay" export odd format=junit out=odd.junit
check "junit: a run that was cut is not green" counted "count(//testcase[@name='the run came to its end']/error)" 1
finish
