#!/bin/sh
# partner.sh - one of a pair: what its partner told is checked against what its own journal says of it, and shown.
. "$(dirname "$0")/lib.sh"

mine=$run_id
other=20260131-115959-ffeeddccbbaa99887766554433221100

# The partner's journal as it was told: without the elements, whose hashes are in the chain all the same.
run_id=$other
make_journal > full.jsonl
chain full.jsonl > full.sha256
paste -d '\t' full.sha256 full.jsonl | grep -v measurementSeriesElement > told
cut -f 1 told > partner-journal.sha256
cut -f 2- told > partner-journal.jsonl
run_id=$mine

# Ours, with the partner's figure of step s1 (its records 2 to 12) as a step of its own.
make_journal > journal.jsonl
sed -i '$d' journal.jsonl
number=$((number - 1))
{
	step_line s1p '"testStepStart":{"name":"net.tcp (partner)"}'
	step_line s1p '"extension":{"name":"partner-result","content":{"step":"s1","runId":"'$other'","mac":"02:00:00:00:00:02","firstNumber":2,"lastNumber":12,"head":"'"$(sed -n 13p full.sha256)"'"}}'
	measurement s1p throughput 941 Mbit/s
	step_line s1p '"extension":{"name":"outcome","content":{"outcome":"ok","seconds":2.5,"reason":""}}'
	step_line s1p '"testStepEnd":{"status":"COMPLETE"}'
	run_line '"testRunEnd":{"status":"COMPLETE","result":"PASS"}'
} >> journal.jsonl
seal() { # FOLDER: chain and serial log of its journal
	chain "$1/journal.jsonl" > "$1/journal.sha256"
	frames "$1/journal.jsonl" "$1/journal.sha256" > "$1/console.log"
}
make_payload
mkdir -p good
touch good/s2-iozone.txt
mv journal.jsonl payload.json partner-journal.jsonl partner-journal.sha256 good
echo '{"runId":"'$other'","mac":"02:00:00:00:00:02","address":"198.18.0.9","records":'"$(wc -l < told)"',"head":"'"$(tail -n 1 full.sha256)"'"}' > good/partner.json
seal good

says "a pair" 0 '^M9 *pass .* agree$' "$assay" verify good
says "the report names the partner" 0 "^partner  02:00:00:00:00:02, run $other, at 198.18.0.9" "$assay" report good
says "and shows its figures" 0 '^net.tcp (partner)  *throughput  *941.0 Mbit/s' "$assay" report good

# change WHAT EXPECTED FILE SED
change() {
	rm -rf bad && cp -r good bad
	sed "$4" "good/$3" > "bad/$3"
	[ "$3" != journal.jsonl ] || seal bad
	says "$1" 1 "$2" "$assay" verify bad
}
change "its figure changed with us" 'a figure that the partner did not tell: throughput' journal.jsonl '/"s1p","measurement"/s/941/942/'
change "its figure changed in its journal" 'partner-journal: record 4: the line or its hash' partner-journal.jsonl '5s/941/942/'
change "a record of its taken out" 'another number of records' partner-journal.jsonl '$d'
change "a hash of its altered" 'partner-journal: record 3' partner-journal.sha256 '4s/^./x/'
change "another head told" 'does not hold what was told of step s1' journal.jsonl 's/"head":"./"head":"x/'
change "the journal of another" 'partner-journal is of run' partner.json s/ffee/eeff/
change "another end than was told" 'another head' partner.json 's/"head":"./"head":"x/'
change "no words about it" 'does not say runId' partner.json 's/.*/{}/'
for name in partner.json partner-journal.jsonl; do
	rm -rf bad && cp -r good bad && rm bad/$name
	says "without $name" 1 'is missing' "$assay" verify bad
done
rm -rf alone && cp -r good alone && rm alone/partner*
echo '{"runId":"'$mine'","partition":"none","journal":{"rebuilt":false}}' > alone/collect.json
says "over serial alone it is not asked" 0 '^M9 .*no results partition' "$assay" verify alone
rm -rf cut && cp -r good cut
sed '$d' good/journal.jsonl | head -c -30 > cut/journal.jsonl
seal cut
sed -i 's/"records":[0-9]*/"records":5/' cut/partner.json
rm cut/console.log
sed -i '$d' cut/journal.sha256
says "a machine that was cut off: what came before is verified" 0 '^M9 *pass' "$assay" verify cut
finish
