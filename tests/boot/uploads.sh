#!/bin/sh
# uploads.sh - the power goes while records are on their way: at the end of a run whose desk was away all the time, and under an upload to a desk
# that stalls. The next boot that finds a desk brings all of both: what lies there then is what the partition has. [E1] [E2]
. "$(dirname "$0")/../image/qemu.sh"
skip_without python3 debugfs curl

port=$((20000 + $$ % 20000))
desk= stalling=
away() {
	[ -z "$desk" ] || kill "$desk" 2> /dev/null || true
	[ -z "$stalling" ] || kill "$stalling" 2> /dev/null || true
}
trap away EXIT
mkdir tree
"$assay" format-results file=disk.raw size=16M > /dev/null

# Takes connections and says nothing; its port is the line it prints.
python3 -u -c 'import socket, time
listener = socket.create_server(("127.0.0.1", 0)); print(listener.getsockname()[1], flush=True)
kept = []
while True: kept.append(listener.accept())' > stalling.port &
stalling=$!

run_of() { sed -n 's/.*"runId":"\([^"]*\)".*/\1/p' "$1/records" | head -n 1; }
words() { # PORT SECONDS
	echo "assay.self.null.seconds=0.2 assay.self.noise.seconds=0.4 assay.results=http://198.18.0.2:$1/ assay.results_timeout=$2"
}
cut_off() { # NAME WORDS STEP-OF-QMP...
	name=$1 words=$2
	shift 2
	python3 "$qmp" "$name.sock" "$name/console" "$@" '{"execute":"quit"}' > "$name.qmp" 2>&1 &
	# shellcheck disable=SC2046
	boot "$name" 90 "$words" -qmp "unix:$name.sock,server=on,wait=off" $(disk disk.raw r) $(nic)
}
kept() { # what the partition has of all runs
	rm -rf kept && "$assay" collect disk=disk.raw results=kept payload="${image%/*}/payload.json" > kept.txt 2>&1
}
same() { # RUN-ID: the desk has it all, and nothing else
	for file in journal.jsonl journal.sha256 summary.txt; do
		cmp -s "desk/$1/$file" "kept/$1/$file" || return 1
	done
	grep -q testRunEnd "desk/$1/journal.jsonl"
}

# ---- behind the end: its last record is on the partition, and the machine waits for the desk
cut_off first "$(words $port 120)" 'await testRunEnd' 'sleep 1'
check "the run had ended, and was waiting for the desk" has_record first testRunEnd
twin "it gave up waiting" has_line first 'records over HTTP: 0 of'

# ---- under an upload
cut_off second "$(words "$(cat stalling.port)" 2)" 'await "testStepId":"s1".*deadlineSeconds' 'sleep 1'
first=$(run_of first) second=$(run_of second)
check "the next boot knows what is owed" has_line second "records over HTTP: run $first is owed"
check "and that the desk stalls" has_record second "of the earlier run $first 0 of [0-9]* are at .*; tried again at the next boot"
check "it is another run" test "$first" != "$second"
kill $stalling && stalling=

"$assay" serve interface=lo dhcp=no port=$port tree=tree results=desk payload="${image%/*}/payload.json" > desk.log 2>&1 &
desk=$!
tries=0
until curl -s -o /dev/null "http://127.0.0.1:$port/" || [ $tries = 200 ]; do
	tries=$((tries + 1))
	sleep 0.1
done
# shellcheck disable=SC2046
boot third 90 "$(words $port 60)" $(disk disk.raw r) $(nic)
kill -INT $desk
wait $desk || true
desk=
kept
check "the run that was cut off goes on" test "$(run_of third)" = "$second"
check "to its end" has_record third testRunEnd
check "what was owed of the first run came [E1]" same "$first"
check "and of the second, with what was recorded before the cut [E1] [E2]" same "$second"
check "that is recorded" has_record third "all [0-9]* of the earlier run $first and [0-9]* files are at"
check "both verify at the desk" "$assay" verify results=desk "$first" "$second"
echo x >> "kept/$first/journal.jsonl"
twin "a line more would be seen" same "$first"

# ---- and then nothing is owed
: > desk.log
"$assay" serve interface=lo dhcp=no port=$port tree=tree results=desk payload="${image%/*}/payload.json" > desk.log 2>&1 &
desk=$!
# shellcheck disable=SC2046
boot fourth 90 "$(words $port 60)" $(disk disk.raw r) $(nic)
twin "something is owed still" has_line fourth 'is owed'
check "the fourth run arrives" has_line fourth 'records over HTTP: \([0-9]*\) of \1 at'
finish
