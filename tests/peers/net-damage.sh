#!/bin/sh
# net-damage.sh - UDP over a path that loses, reorders or doubles datagrams: {our client, our server} x the stock tools, and what both
# ends report of it (damage.py; the path is relay.py).
set -eu
set -- ss
. "$(dirname "$0")/net-common"
[ -x "${IPERF_PIECE:-}/iperf3-3.18" ] || { echo "not ok - no stock iperf in '${IPERF_PIECE:-}'; make test-peers brings it"; exit 1; }
# shellcheck disable=SC2154 # here is set by check.sh
python3 "$here/tests/peers/damage.py" "$here/tests/peers/relay.py"
