#!/bin/sh
# fleet.sh [MEASUREMENTS] - how fast a fleet's results go into PostgreSQL and how long the two questions take: made-up runs through assay
# export and psql, a fleet with one slow and one drifting machine, then its twin with neither. A server of our own with Debian's settings
# (shared_buffers 128 MB, fsync on). Prints figures; its exit code says whether the questions were answered rightly.
wanted=${1:-1000000}
WORK=$(mktemp -d)
. "$(dirname "$0")/../check.sh"
. "$here/tests/boot/postgres-common"
trap 'end_postgres; rm -rf "$WORK"' EXIT
sql=$here/lab/fleet
machines=25 places=100 # of each of two kinds; 1004 measurements a run
boots=$(((wanted + 50 * 1004 - 1) / (50 * 1004)))
[ $boots -ge 6 ] || boots=6

now() { date +%s.%N; }
# Of this script's and the server's ended children: with others on the machine the wall's seconds say little.
cpu() { awk '{ sub(/.*\) /, ""); ticks += $12 + $13 + $14 + $15 } END { printf "%.2f", ticks / '"$(getconf CLK_TCK)"' }' /proc/$$/stat /proc/$postgres_pid/stat; }
row() { printf '%-50s %10s %14s  %s\n' "$1" "$2" "$3" "$4"; }
since() { echo "$1 $(now)" | awk '{ printf "%.2f", $2 - $1 }'; }
rate() { echo "$1 $2" | awk '{ printf "%.0f rows/s", $1 / $2 }'; }
settle() { # a server's process counts when it has ended, which is after its client
	tries=0
	while ps --ppid "$postgres_pid" -o args= | grep -q '^postgres: assay' && [ $tries -lt 100 ]; do
		tries=$((tries + 1))
		sleep 0.05
	done
}
used() { echo "$1 $(cpu)" | awk '{ printf "CPU %.2f s", $2 - $1 }'; }
# timed WHAT ROWS COMMAND...
timed() {
	what=$1 rows=$2 spent=$(cpu) begun=$(now)
	shift 2
	"$@" || not_ok "$what: exit $?"
	took=$(since "$begun")
	settle
	row "$what" "$took s" "$(used "$spent")" "$([ "$rows" = 0 ] || rate "$rows" "$took")"
}
make_runs() { python3 "$here/tests/lab/fleet-runs.py" "$1" $machines $boots $places "$1" > "$1.txt"; }
script_of() { "$assay" export "$1"/* format=postgres > "$1.sql"; }
load() { psql -X -q -f "$1.sql" > "$1.loaded"; }
# query WHAT FILE NAME=VALUE...: its rows go to answer.csv
query() {
	what=$1 file=$2 settings=
	shift 2
	for setting; do settings="$settings -v $setting"; done
	spent=$(cpu) begun=$(now)
	# shellcheck disable=SC2086
	psql -X -q --csv $settings -f "$sql/$file.sql" > answer.csv
	took=$(since "$begun")
	settle
	spent=$(used "$spent")
	# shellcheck disable=SC2086
	indexes=$(psql -X -q -A -t $settings -v explain=EXPLAIN -f "$sql/$file.sql" | sed -n 's/.*\(Index Only Scan\|Index Scan\|Bitmap Index Scan\) \(using\|on\) \([a-z_]*\).*/\3/p' | sort -u | tr '\n' ' ')
	row "$what" "$took s" "$spent" "$(($(wc -l < answer.csv) - 1)) rows; by ${indexes:-no index}"
}
found() { sed 1d answer.csv | cut -d, -f1 | sort -u | tr '\n' ' '; }
is_found() { [ "$(found)" = "$1" ]; }
size() { ask -c "SELECT pg_size_pretty(sum(pg_total_relation_size(c.oid))) FROM pg_class c WHERE relnamespace = 'assay'::regnamespace AND relkind = 'r'"; }
questions() { # MACHINES that stand apart
	query "outliers, whole fleet" outliers
	check "they are: ${1:-none}" is_found "$1"
	query "outliers, one metric in 100 places" outliers bench=disk.latency metric=read_iops
	query "outliers, one figure" outliers bench=net.tcp metric=outgoing
	query "drift, whole fleet" drift
	check "it is: ${2:-none}" is_found "$2"
	query "drift, one figure" drift bench=net.tcp metric=outgoing
	query "drift, one machine" drift machine="$3"
	check "it is: ${2:-none}" is_found "$2"
}
fleet() { # known|even
	timed "made up" 0 make_runs "$1"
	rows=$(cat "$1"/*/journal.jsonl | grep -c '"measurement":')
	row "measurements in $(ls "$1" | wc -l) runs of $((2 * machines)) machines" "$rows" "" ""
	timed "assay export format=postgres" "$rows" script_of "$1"
	make_database "$1"
	timed "psql, one transaction a run" "$rows" load "$1"
	check "all of them are there" [ "$(ask -c 'SELECT count(*) FROM assay.measurement')" = "$rows" ]
	row "tables and indexes" "$(size)" "" ""
	timed "the same again: nothing to do" "$rows" load "$1"
	check "and nothing was done" [ "$(grep -c ': is here$' "$1.loaded")" = "$(ls "$1" | wc -l)" ]
	timed "VACUUM ANALYZE" 0 ask -c 'VACUUM ANALYZE'
	rm -f "$1.sql"
}
row "$(postgres --version)" "" "" "$(nproc) CPUs"
fleet known
eval "$(cat known.txt)"
# shellcheck disable=SC2154
questions "$(printf '%s\n' "$slow" "$drifting" | sort | tr '\n' ' ')" "$drifting " "$drifting"
rm -rf known
echo "--- the twin, with neither"
fleet even
questions "" "" "$drifting"
finish
