#!/bin/sh
# net-matrix.sh - {our client, our server} x {iperf 2.1.8, iperf 2.2.1, iperf3 3.12, iperf3 3.18} x {TCP, UDP} x {one way, -r or -R,
# -d or --bidir, -P 4}: what both ends of the same test report, a row for each of the 64 cells (matrix.py).
set -eu
set -- ss tc
. "$(dirname "$0")/net-common"
[ -x "${IPERF_PIECE:-}/iperf3-3.18" ] || { echo "not ok - no stock iperf in '${IPERF_PIECE:-}'; make test-peers brings it"; exit 1; }
# shellcheck disable=SC2154 # here is set by check.sh
python3 "$here/tests/peers/matrix.py"
