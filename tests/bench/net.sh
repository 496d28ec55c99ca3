#!/bin/sh
# net.sh [ROUNDS [SECONDS]] - how fast our network code is beside the stock tools, in two namespaces of its own: loopback and a veth
# pair. What is measured and how: net.py and ping.py, which print the tables. Judges nothing: the exit code only says whether everything ran.
set -eu
export ROUNDS="${1:-${ROUNDS:-5}}" SECONDS_EACH="${2:-${SECONDS_EACH:-3}}"
set -- ss ping gcc
. "$(dirname "$0")/../peers/net-common"
exec_dir=$here/tests/bench
# shellcheck disable=SC2154 # other is set by net-common
code=0
python3 "$exec_dir/net.py" "$other" || code=1

gcc -std=gnu11 -O2 -o "$WORK/ping-loop" "$exec_dir/ping-loop.c"
python3 "$exec_dir/ping.py" "$WORK/ping-loop" || code=1
exit $code
