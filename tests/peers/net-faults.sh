#!/bin/sh
# net-faults.sh - what goes wrong on a network: no way to the partner, a partner that does everything wrong, links that go and come, ports
# that are taken. Each case must end in its time and in one named outcome, with what was measured kept, and the next step must run
# (faults.py; the hostile partner is hostile.py).
set -eu
set -- ss nft
. "$(dirname "$0")/net-common"
[ -x "${IPERF_PIECE:-}/iperf3-3.18" ] || { echo "not ok - no stock iperf in '${IPERF_PIECE:-}'; make test-peers brings it"; exit 1; }
# shellcheck disable=SC2154 # here is set by check.sh
python3 "$here/tests/peers/faults.py" "$here/tests/peers/hostile.py"
