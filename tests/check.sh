#!/bin/sh
# check.sh - what the script tests share: an empty folder $WORK to be in, questions and how they were answered, the exit code.
# Sourced by all rings. A question is a command; each has a twin, the same question where the answer must be no.
set -eu

assay=$(realpath "${ASSAY:-build/assay}")
here=$(pwd)
if [ -z "${WORK:-}" ]; then
	WORK=$(mktemp -d)
	trap 'rm -rf "$WORK"' EXIT
fi
mkdir -p "$WORK"
cd "$WORK"
WORK=$(pwd)
PATH=$PATH:/usr/sbin:/sbin
failures=0

installed() { # PROGRAM...: the first that is not stays in $program
	for program; do
		command -v "$program" > /dev/null || return 1
	done
}
need() { installed "$@" || { echo "not ok - $program is not installed"; exit 1; }; }
skip_without() { installed "$@" || { echo "ok - $program is not installed # SKIP"; exit 77; }; }

ok() { echo "ok - $*"; }
not_ok() {
	echo "not ok - $*"
	failures=$((failures + 1))
}
explain() { :; } # QUESTION...: a ring may show more of one that was answered with no
check() { # WHAT QUESTION...
	what=$1
	shift
	if "$@"; then ok "$what"; else
		not_ok "$what ($*)"
		explain "$@"
	fi
}
twin() { # WHAT QUESTION...: the same question where it must fail
	what=$1
	shift
	if "$@"; then not_ok "twin: $what ($*)"; else ok "twin: $what"; fi
}
finish() {
	[ "$failures" = 0 ] || exit 1
	exit 0
}
