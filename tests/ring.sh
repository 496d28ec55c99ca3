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
only=${ONLY:-}
passed=0
again=0
failed=0
bad=

tests_of() {
	case $1 in
	unit) find "$B/test/unit" -maxdepth 1 -type f -perm -u+x ! -name '*.log' | sort | while read -r program; do
		[ -f "$root/tests/unit/${program##*/}.c" ] && echo "$program"
	done ;;
	*) find "$root/tests/$1" -maxdepth 1 -name '*.sh' ! -name lib.sh ! -name qemu.sh | sort -r ;;
	esac
}
chosen_of() {
	for program in $(tests_of "$1"); do
		case $program in *"$only"*) echo "$program" ;; esac
	done
}
# The peers mostly wait, each in namespaces of its own: two at a time. The others use the machine, or its ports.
lanes() { [ "$1" = peers ] && echo "${LANES:-2}" || echo 1; }

went_well() { [ "$(cat "$B/test/$1/$(basename "$2" .sh).code" 2> /dev/null)" = 0 ]; }
run_on_lanes() { xargs -r -n 1 -P "$2" "$root/tests/one.sh" "$1"; } # RING LANES: the tests from standard input

for ring; do
	echo "ring $ring"
	mkdir -p "$B/test/$ring"
	rm -f "$B/test/$ring"/*.code
	chosen_of "$ring" | run_on_lanes "$ring" "$(lanes "$ring")"
	count=0
	for program in $(chosen_of "$ring"); do
		count=$((count + 1))
		if ! went_well "$ring" "$program"; then
			# What is wrong is wrong again. What only met a busy machine is not; it is counted apart, and its first log is kept.
			name=$(basename "$program" .sh)
			mv "$B/test/$ring/$name.log" "$B/test/$ring/$name.first.log"
			echo "  $name failed: once more, alone"
			echo "$program" | run_on_lanes "$ring" 1
			went_well "$ring" "$program" && again=$((again + 1))
		fi
		if went_well "$ring" "$program"; then
			passed=$((passed + 1))
		else
			failed=$((failed + 1))
			bad="$bad $ring/$name"
		fi
	done
	if [ $count = 0 ]; then
		echo "  no test in this ring, which is not passed"
		failed=$((failed + 1))
		bad="$bad $ring"
	fi
done
[ -z "$bad" ] || echo "failed:$bad (logs in ${B#"$root/"}/test)"
[ $again = 0 ] || echo "$again of those that passed did so only when tried again (first logs: *.first.log)"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
