#!/bin/sh
# fuzz.sh RUNS FOLDER NAME... - each fuzz target FOLDER/NAME until it was executed RUNS times under ASan and UBSan, LANES (2) at a time, in the
# lowest class of scheduling. CACHE/fuzz/NAME keeps, over calls and checkouts:
#   corpus/  what was found; the next call goes on from there
#   tally    SHA-256 of the program (without debug information), executions, seconds: those of the same program add up
#   found/   the input of each crash, leak, timeout; such a target is not run on while one of them does it still
#   log      what libFuzzer said last
# INT or TERM ends the targets in good order; what they did counts. The last lines are a table, also of what earlier calls did (RUNS 0: only
# the table). Exit code 0: all were executed as often and nothing was found.
set -eu

runs=$1 folder=$2
shift 2
here=$(dirname "$0")
cache=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/assay}/fuzz
work=$(mktemp -d /dev/shm/assay-fuzz.XXXXXX)
trap 'rm -rf "$work"' EXIT
trap 'stop' INT TERM
lanes=

renice -n 19 -p $$ > /dev/null 2>&1 || :
chrt -i -p 0 $$ > /dev/null 2>&1 || :

# What is freed is not kept for long and where it was allocated is not noted: half the time goes into that. `TARGET found/INPUT` tells all.
export ASAN_OPTIONS=quarantine_size_mb=1:malloc_context_size=0:detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1
export TMPDIR="$work"
limits="-timeout=600 -rss_limit_mb=2048" # on a busy machine a target of the lowest class may wait for a minute

program_of() { # NAME: the same for the same code, wherever it was built
	objcopy --strip-all --remove-section=.note.gnu.build-id "$folder/$1" "$work/$1.bare"
	sha256sum < "$work/$1.bare" | cut -c 1-64
	rm "$work/$1.bare"
}
tallied() { # NAME COLUMN PROGRAM: 2 executions, 3 seconds
	awk -v program="$3" -v column="$2" '$1 == program { sum += $column } END { printf "%.0f\n", sum }' "$cache/$1/tally" 2> /dev/null || echo 0
}
rate_of() { # NAME: executions a second
	program=$(program_of "$1")
	awk -v n="$(tallied "$1" 2 "$program")" -v s="$(tallied "$1" 3 "$program")" 'BEGIN { printf "%.0f\n", (s > 0 ? n / s : 0) }'
}
found_by() { find "$cache/$1/found" -type f ! -name 'slow-unit-*' 2> /dev/null; }

# What an earlier program stumbled over: this one still does, or it is an input like others.
look_again() { # NAME
	found_by "$1" | while read -r input; do
		# shellcheck disable=SC2086
		if "$folder/$1" $limits "$input" > "$cache/$1/log" 2>&1 < /dev/null; then mv "$input" "$cache/$1/corpus"; fi
	done
	[ -z "$(found_by "$1")" ]
}
# By its last words; one that was killed has only those on its way.
executed() { # NAME
	count=$(sed -n 's/^stat::number_of_executed_units: *\([0-9]*\)$/\1/p' "$cache/$1/log")
	count=${count:-$(sed -n 's/^#\([0-9]*\).*/\1/p' "$cache/$1/log" | tail -n 1)}
	echo "${count:-0}"
}
asked_to_end() { [ -e "$work/stop" ]; }
fuzz() { # NAME LEAST: in a lane; $child is the target's process
	place=$cache/$1
	program=$(program_of "$1")
	left=$(($2 - $(tallied "$1" 2 "$program")))
	[ $left -gt 0 ] && look_again "$1" || return 0
	python3 "$here/../fuzz/corpus.py" unpack "$here/../fuzz/corpus/$1.hex" "$place/corpus"
	since=$(date +%s)
	# shellcheck disable=SC2086
	"$folder/$1" -runs=$left $limits -max_len=4096 -reload=0 -print_final_stats=1 -artifact_prefix="$place/found/" "$place/corpus" \
		> "$place/log" 2>&1 < /dev/null 9>&- &
	child=$!
	! asked_to_end || kill $child
	code=0
	while kill -0 $child 2> /dev/null; do
		code=0
		wait $child || code=$?
	done
	child=
	echo "$program $(executed "$1") $(($(date +%s) - since))" >> "$place/tally"
	[ $code = 0 ] || asked_to_end || echo "$1: ended with code $code: $(found_by "$1" | tr '\n' ' '), $place/log"
	echo "$(date +%H:%M:%S) $1: $(tallied "$1" 2 "$program") executions"
}
lane() { # PASS LEAST NAME...: one after the other, whichever no other lane has taken
	pass=$1 least=$2 child=
	shift 2
	trap 'kill $child 2> /dev/null || :' TERM
	for name; do
		asked_to_end && break
		mkdir "$work/$pass.$name" 2> /dev/null || continue
		mkdir -p "$cache/$name/corpus" "$cache/$name/found"
		exec 9> "$cache/$name/lock"
		if flock -n 9; then fuzz "$name" "$least"; else echo "$name: another call has it"; fi
		exec 9>&-
	done
}
stop() {
	: > "$work/stop"
	# shellcheck disable=SC2086
	kill $lanes 2> /dev/null || :
}
run_lanes() { # PASS LEAST NAME...
	lanes=
	for _ in $(seq "${LANES:-2}"); do
		lane "$@" &
		lanes="$lanes $!"
	done
	for one in $lanes; do
		while kill -0 "$one" 2> /dev/null; do wait "$one" || :; done
	done
	lanes=
}
quickest_first() { # NAME...
	for name; do echo "$(rate_of "$name") $name"; done | sort -rn | cut -d ' ' -f 2
}

if [ "$runs" -gt 0 ]; then
	run_lanes first $((runs / 1000 + 1)) "$@" # so that each has been looked at soon, and its speed is known
	# shellcheck disable=SC2046
	asked_to_end || run_lanes whole "$runs" $(quickest_first "$@")
fi

bad=0
printf '%-14s %12s %8s %8s %10s\n' target executions corpus found "exec/s"
for name; do
	count=$(tallied "$name" 2 "$(program_of "$name")")
	found=$(found_by "$name" | wc -l)
	[ "$found" = 0 ] && [ "$count" -ge "$runs" ] || bad=1
	printf '%-14s %12d %8d %8d %10d\n' "$name" "$count" "$(find "$cache/$name/corpus" -type f 2> /dev/null | wc -l)" "$found" "$(rate_of "$name")"
done
for name; do found_by "$name"; done | sed 's/^/found: /'
exit $bad
