#!/bin/sh
# check-config.sh FINAL FRAGMENT... - every line the fragments ask for must still stand in the final configuration.
# The kernel's own tools drop a line whose dependency is missing with a warning at most.
set -eu

final=$1
shift

awk '
FILENAME == ARGV[1] {
	if ($0 ~ /^CONFIG_/) {
		name = $0
		sub(/=.*/, "", name)
		have[name] = $0
	}
	next
}
/^CONFIG_/ {
	name = $0
	sub(/=.*/, "", name)
	found = name in have ? have[name] : name "=n"
	if ($0 != found) {
		printf "%s: %s did not survive (now %s)\n", FILENAME, $0, found
		lost = 1
	}
}
END { exit lost }
' "$final" "$@"
