#!/bin/sh
# clocks.sh - where our sources read the wall clock, and that nothing else does: a duration comes from CLOCK_MONOTONIC_RAW [M15].
. "$(dirname "$0")/../check.sh"

# Each reads it for a label, for a stock tool's text, to carry a kernel's stamp over to our clock, to watch it, or to set it in a test.
known="bench/engine/clocks.c bench/net/wire/datagrams_in.c bench/net/wire/iperf2/flow_send.c bench/net/wire/iperf2/text.c
	bench/net/wire/iperf3/kept.c bench/net/wire/iperf3/stock_json.c bench/net/wire/prober.c init/fingerprint/clock.c init/start.c
	bench/self/disturb.c"
readers() { # FOLDER: files that read the wall clock
	(cd "$1" && grep -rlE 'CLOCK_REALTIME|gettimeofday|clock_gettime_r|[^_a-z]time\((NULL|&)' lib bench init --include='*.c' --include='*.h' | grep -v '^bench/engine/clocks\.h$' | sort)
}
only_known() { [ "$(readers "$1")" = "$(printf '%s\n' $known | sort)" ]; }
raw_alone() { # FOLDER: clock_raw_ns, on which all that is timed counts
	sed -n '/^uint64_t clock_raw_ns/,/^}/p' "$1/bench/run.c" | grep -o 'CLOCK_[A-Z_]*' | sort -u | grep -qx CLOCK_MONOTONIC_RAW &&
		! sed -n '/^uint64_t clock_raw_ns/,/^}/p' "$1/bench/run.c" | grep -o 'CLOCK_[A-Z_]*' | grep -qvx CLOCK_MONOTONIC_RAW
}
check "the wall clock is read where it labels, and nowhere else [M15]" only_known "$here"
check "what is timed counts on the raw clock [M15]" raw_alone "$here"
mkdir other
cp -r "$here/lib" "$here/bench" "$here/init" other
sed -i 's/CLOCK_MONOTONIC_RAW/CLOCK_REALTIME/' other/bench/run.c
twin "one reader more [M15]" only_known other
twin "another clock for what is timed [M15]" raw_alone other
readers "$here" | sed 's/^/# reads it: /'
finish
