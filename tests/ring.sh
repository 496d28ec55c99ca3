#!/bin/sh
# ring.sh RING... - run the rings one after the other. Unit tests are the programs in $B/test/unit; a test of another ring is a
# script tests/RING/*.sh (lib.sh and qemu.sh there are sourced by the others), run in an empty $WORK. Each says with its exit code
# how it went; skipped (77) is not passed. Logs: $B/test/RING/NAME.log. The last line counts over all rings.
set -u

root=$(cd "$(dirname "$0")/.." && pwd)
B=$(realpath "${B:-build}")
ASSAY=$B/assay
IMAGE=$B/assay.efi
IOZONE=${IOZONE:-$B/piece/iozone/iozone} # fetched by the lock: not free, so not installed
NETPERF_PIECE=${NETPERF_PIECE:-$B/piece/netperf} # netperf, netserver: not free either
IPERF_PIECE=${IPERF_PIECE:-$B/piece/iperf} # iperf-2.1.8, iperf-2.2.1, iperf3-3.12, iperf3-3.18
export B ASSAY IMAGE IOZONE IPERF_PIECE NETPERF_PIECE
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_leaks=1}" UBSAN_OPTIONS="${UBSAN_OPTIONS:-print_stacktrace=1}"
# Seconds a test may take: a unit test that takes minutes hangs.
limit_unit=${LIMIT:-300}
limit_boot=${LIMIT:-900}
only=${ONLY:-}
passed=0
failed=0
bad=

tests_of() {
	case $1 in
	unit) find "$B/test/unit" -maxdepth 1 -type f -perm -u+x ! -name '*.log' | sort | while read -r program; do
		[ -f "$root/tests/unit/${program##*/}.c" ] && echo "$program"
	done ;;
	*) find "$root/tests/$1" -maxdepth 1 -name '*.sh' ! -name lib.sh ! -name qemu.sh | sort ;;
	esac
}

run_test() { # RING PROGRAM
	name=$(basename "$2" .sh)
	log=$B/test/$1/$name.log
	WORK=$B/test/$1/$name.work
	export WORK
	rm -rf "$WORK"
	mkdir -p "$WORK"
	start=$(date +%s.%N)
	[ "$1" = unit ] && limit=$limit_unit || limit=$limit_boot
	case $2 in
	*.sh) (cd "$root" && exec timeout -k 10 "$limit" sh "$2") > "$log" 2>&1 < /dev/null ;;
	*) (cd "$root" && exec timeout -k 10 "$limit" "$2") > "$log" 2>&1 < /dev/null ;;
	esac
	code=$?
	case $code in
	0) word=ok ;;
	77) word="SKIPPED, which is not passed" ;;
	124 | 137) word="FAILED: still running after $limit s" ;;
	*) word="FAILED ($code)" ;;
	esac
	printf '  %-28s %7.1f s  %s\n' "$name" "$(echo "$(date +%s.%N) $start" | awk '{ print $1 - $2 }')" "$word"
	if [ $code = 0 ]; then
		passed=$((passed + 1))
		rm -rf "$WORK"
	else
		failed=$((failed + 1))
		bad="$bad $1/$name"
		sed 's/^/    | /' "$log" | tail -n 25
	fi
}

for ring; do
	echo "ring $ring"
	mkdir -p "$B/test/$ring"
	count=0
	for program in $(tests_of "$ring"); do
		case $program in *"$only"*) ;; *) continue ;; esac
		run_test "$ring" "$program"
		count=$((count + 1))
	done
	if [ $count = 0 ]; then
		echo "  no test in this ring, which is not passed"
		failed=$((failed + 1))
		bad="$bad $ring"
	fi
done
[ -z "$bad" ] || echo "failed:$bad (logs in ${B#"$root/"}/test)"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
