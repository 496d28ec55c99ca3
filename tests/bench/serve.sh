#!/bin/sh
# serve.sh [MACHINES [STEPS]] - assay serve with so many machines uploading at once over loopback, each a run of 4 * STEPS + 3 records in
# batches of 28 and a file, from an address of its own; then twice and a tenth of them. How fast they are taken and flushed, the server's
# peak of memory, and whether every journal arrived as it was sent (SHA-256). The clients are one Python process on the same CPUs.
machines=${1:-500} steps=${2:-250}
. "$(dirname "$0")/../check.sh"
skip_without python3 curl
mkdir tree
port=$((20000 + $$ % 20000))
pid=
trap '[ -z "$pid" ] || kill $pid 2> /dev/null || :; rm -rf "$WORK"' EXIT

start() {
	"$assay" serve interface=lo dhcp=no port=$port tree=tree results=results connections=2000 > serve.log 2>&1 &
	pid=$!
	tries=0
	until curl -s -o /dev/null http://127.0.0.1:$port/ || [ $tries = 200 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
}
field() { sed -n "s/.*$1=\([0-9.]*\).*/\1/p" load.txt; }
all_arrived() { [ "$(wc -l < sums.txt)" = "$1" ] && (cd results && sha256sum --quiet --strict -c ../sums.txt) > sums.said 2>&1; }
first_verify() { # shellcheck disable=SC2046
	"$assay" verify results=results $(head -n 20 sums.txt | cut -c 67- | cut -d/ -f1) > verify.txt 2>&1
}
at_once() { # MACHINES
	start
	python3 "$here/tests/lab/uploads.py" $port load "$1" "$steps" sums.txt > load.txt 2>&1 || not_ok "the clients: $(tail -n 1 load.txt)"
	peak=$(sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\) kB/\1/p' /proc/$pid/status)
	code=0
	kill -TERM $pid && wait $pid || code=$?
	pid=
	seconds=$(field seconds) records=$(field records)
	printf '%8s %9s %8s %8s %8s %10s %10s %9s\n' "$1" "$records" "$(field puts)" "$(field retries)" "$seconds" \
		"$(echo "$records $seconds" | awk '{ printf "%.0f", $1 / $2 }')" "$(du -sm results | cut -f1)" "$peak"
	check "$1 machines: every journal is as it was sent" all_arrived "$1"
	check "$1 machines: and the first 20 verify" first_verify
	check "$1 machines: the server ended cleanly" [ $code = 0 ]
	rm -rf results
}
printf '%8s %9s %8s %8s %8s %10s %10s %9s\n' machines records puts retries seconds records/s MB VmHWM/kB
for many in $((machines / 10)) "$machines" $((machines * 2)); do at_once "$many"; done
finish
