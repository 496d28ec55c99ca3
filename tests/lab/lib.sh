#!/bin/sh
# lib.sh - made-up runs, hashed here by sha256sum and not by our own code. Sourced by the tests of this folder.
. "$(dirname "$0")/../check.sh"

plan_digest=cc33cc33cc33cc33cc33cc33cc33cc33cc33cc33cc33cc33cc33cc33cc33cc33
run_id=20260131-120000-00112233445566778899aabbccddeeff

# says WHAT CODE PATTERN COMMAND... - the exit code, and a line in what it printed.
says() {
	what=$1 code=$2 pattern=$3
	shift 3
	got=0
	"$@" > said.txt 2>&1 || got=$?
	if [ "$got" = "$code" ] && grep -q -e "$pattern" said.txt; then
		ok "$what"
	else
		not_ok "$what: exit $got, expected $code and /$pattern/"
		sed 's/^/  # /' said.txt | head -20
	fi
}

# One line of the journal: its number and time are added in front.
number=0
line() {
	printf '{"sequenceNumber":%d,"timestamp":"2026-01-31T12:00:%02d.000Z",%s}\n' "$number" $((number % 60)) "$1"
	number=$((number + 1))
}
run_line() { line "\"testRunArtifact\":{$1}"; }
step_line() { line "\"testStepArtifact\":{\"testStepId\":\"$1\",$2}"; }

measurement() { # STEP NAME VALUE UNIT [AT]
	step_line "$1" "\"measurement\":{\"name\":\"$2\",\"value\":$3,\"unit\":\"$4\",\"metadata\":{\"better\":\"more\",\"n\":3,\"min\":$3,\"max\":$3.5,\"median\":$3,\"by\":\"median\"${5:+,\"at\":[$5]}}}"
}

# A run with everything the desk must understand: two steps, a series, a matrix, a warning, a diagnosis, a file.
make_journal() {
	number=0
	line '"schemaVersion":{"major":2,"minor":0}'
	run_line '"testRunStart":{"name":"assay","version":"1","commandLine":"assay.plan=quick","parameters":{},"dutInfo":{"dutInfoId":"dut","name":"test machine","platformInfos":[{"info":"made up"}]},"metadata":{"runId":"'"$run_id"'","buildId":"aa11","initSha256":"bb22","plan":"quick","planSha256":"'"$plan_digest"'"}}'
	step_line s1 '"testStepStart":{"name":"net.tcp"}'
	step_line s1 '"extension":{"name":"step","content":{"bench":"net.tcp","label":"","target":"198.18.0.2","parameters":{},"expectedSeconds":2,"deadlineSeconds":30}}'
	measurement s1 throughput 941 Mbit/s
	step_line s1 '"measurementSeriesStart":{"name":"throughput","measurementSeriesId":"s1.0","unit":"Mbit/s"}'
	for element in 0,941 1,941 2,941.5; do
		step_line s1 '"measurementSeriesElement":{"index":'${element%,*}',"value":'${element#*,}',"timestamp":"2026-01-31T12:00:06Z","measurementSeriesId":"s1.0"}'
	done
	step_line s1 '"measurementSeriesEnd":{"measurementSeriesId":"s1.0","totalCount":3}'
	step_line s1 '"log":{"severity":"WARNING","message":"one segment came twice"}'
	step_line s1 '"extension":{"name":"outcome","content":{"outcome":"ok","seconds":2.5,"reason":""}}'
	step_line s1 '"testStepEnd":{"status":"COMPLETE"}'
	step_line s2 '"testStepStart":{"name":"file.iozone"}'
	for file in 64 128 256; do
		for record in 4 8 16; do
			measurement s2 write $((file * record)) KiB/s '{"axis":"file","value":'$file',"unit":"KiB"},{"axis":"record","value":'$record',"unit":"KiB"}'
		done
	done
	step_line s2 '"diagnosis":{"verdict":"host-cache","type":"UNKNOWN","message":"faster than the disk can be"}'
	step_line s2 '"file":{"displayName":"iozone.txt","uri":"s2-iozone.txt","isSnapshot":true,"contentType":"text/plain"}'
	step_line s2 '"extension":{"name":"outcome","content":{"outcome":"ok","seconds":7,"reason":""}}'
	step_line s2 '"testStepEnd":{"status":"COMPLETE"}'
	run_line '"testRunEnd":{"status":"COMPLETE","result":"PASS"}'
}

# chain JOURNAL - the chained hashes, one a line.
chain() {
	head='\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000'
	while IFS= read -r text; do
		hex=$({ printf "$head"; printf '%s' "$text"; } | sha256sum)
		hex=${hex%% *}
		echo "$hex"
		head=$(echo "$hex" | awk '{ digits = "0123456789abcdef"
			for (i = 1; i < 64; i += 2) {
				byte = 16 * (index(digits, substr($0, i, 1)) - 1) + index(digits, substr($0, i + 1, 1)) - 1
				printf "\\%03o", byte
			} }')
	done < "$1"
}

# frames JOURNAL HASHES - the serial log that belongs to them: people's lines, carriage returns, no elements.
frames() {
	echo "Booting from ROM.."
	paste -d '\t' "$2" "$1" | awk -F '\t' '!/measurementSeriesElement/ {
		match($2, /"sequenceNumber":[0-9]+/)
		printf "@assay %s %s %s\r\n", substr($2, RSTART + 17, RLENGTH - 17), substr($1, 1, 16), $2
		if (NR % 4 == 0)
			printf "  step %d of some\r\n", NR
	}'
	echo "assay: end status=COMPLETE result=PASS records=$(wc -l < "$1") head=$(tail -n 1 "$2")"
}

# disk IMAGE - a results disk with the run in the current folder's journal.jsonl, journal.sha256, summary.txt.
make_disk() {
	skip_without debugfs
	rm -f "$1"
	"$assay" format-results file="$1" size=16M > /dev/null
	echo "summary" > summary.txt
	echo "iozone" > s2-iozone.txt
	for name in journal.jsonl journal.sha256 summary.txt s2-iozone.txt; do
		echo "write $name /runs/$run_id/$name"
	done > put.txt
	printf 'mkdir /runs\nmkdir /runs/%s\n%s\n' "$run_id" "$(cat put.txt)" > put.txt.new
	debugfs -w -f put.txt.new "$1?offset=1048576" > put.log 2>&1
}

make_payload() {
	echo '{"buildId":"aa11","sha256":"dd44","bytes":1,"init":{"sha256":"bb22"},"version":"1"}' > payload.json
}

make_run() {
	make_journal > journal.jsonl
	chain journal.jsonl > journal.sha256
	frames journal.jsonl journal.sha256 > console.log
	make_payload
}
