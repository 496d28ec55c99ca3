#!/bin/sh
# one.sh RING PROGRAM - one test of a ring, run by ring.sh: its line, and of a failed one the log's end. Its exit code is kept in
# $B/test/RING/NAME.code; this script's own is 0, so that the others run.
set -u

root=$(cd "$(dirname "$0")/.." && pwd)
ring=$1 program=$2
name=$(basename "$program" .sh)
log=$B/test/$ring/$name.log
WORK=$B/test/$ring/$name.work
export WORK
rm -rf "$WORK"
mkdir -p "$WORK"
start=$(date +%s.%N)
# Seconds a test may take: a unit test that takes minutes hangs.
[ "$ring" = unit ] && limit=${LIMIT:-300} || limit=${LIMIT:-900}
case $program in
*.sh) (cd "$root" && exec timeout -k 10 "$limit" sh "$program") > "$log" 2>&1 < /dev/null ;;
*) (cd "$root" && exec timeout -k 10 "$limit" "$program") > "$log" 2>&1 < /dev/null ;;
esac
code=$?
case $code in
0) word=ok ;;
77) word="SKIPPED, which is not passed" ;;
124 | 137) word="FAILED: still running after $limit s" ;;
*) word="FAILED ($code)" ;;
esac
[ $code = 0 ] && rm -rf "$WORK"
# In one piece: others print, too.
printf '%s\n' "$(
	printf '  %-28s %7.1f s  %s\n' "$name" "$(echo "$(date +%s.%N) $start" | awk '{ print $1 - $2 }')" "$word"
	[ $code = 0 ] || sed 's/^/    | /' "$log" | tail -n 25
)"
echo $code > "$B/test/$ring/$name.code"
