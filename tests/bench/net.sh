#!/bin/sh
# net.sh [ROUNDS [SECONDS]] - how fast our network code is beside the stock tools, in two namespaces of its own: loopback and a veth
# pair. What is measured and how: net.py, which prints the table. Judges nothing: the exit code only says whether everything ran.
set -eu
export ROUNDS="${1:-${ROUNDS:-5}}" SECONDS_EACH="${2:-${SECONDS_EACH:-3}}"
set -- ss
. "$(dirname "$0")/../peers/net-common"
exec_dir=$here/tests/bench
# shellcheck disable=SC2154 # other is set by net-common
python3 "$exec_dir/net.py" "$other"
