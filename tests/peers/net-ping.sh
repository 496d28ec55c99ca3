#!/bin/sh
# net-ping.sh - net.ping beside ping(8) of iputils: the same counts, the same kind of numbers, the same text.
set -eu
set -- ping ss
. "$(dirname "$0")/net-common"

stock() { # FIELD of "rtt min/avg/max/mdev = a/b/c/d ms": 1..4
	sed -n 's/^rtt .* = \([0-9./]*\) ms$/\1/p' "$WORK/ping.out" | cut -d/ -f"$1"
}

for where in 127.0.0.1 198.18.0.2 ::1; do
	run net.ping target=$where count=20 interval=0.05
	ping -n -c 20 -i 0.05 $where > "$WORK/ping.out"
	agree "$where sent" equal "$(metric sent)" "$(sed -n 's/^\([0-9]*\) packets transmitted.*/\1/p' "$WORK/ping.out")"
	agree "$where received" equal "$(metric received)" "$(sed -n 's/.*transmitted, \([0-9]*\) received.*/\1/p' "$WORK/ping.out")"
	[ "$(metric loss)" = 0 ] && ok "$where no loss" || not_ok "$where loss $(metric loss)"
	# Two runs, one after the other, on a busy machine: the same order of magnitude, in a tenth of a millisecond.
	agree "$where avg ms" within "$(metric rtt_avg)" "$(stock 2)" 0.1
	agree "$where min ms" within "$(metric rtt_min)" "$(stock 1)" 0.1
done

# The definitions, on our own samples: what the series says must be what the summary says.
run net.ping target=127.0.0.1 count=50 interval=0.01
jq -rs '[.[].testStepArtifact | select(.measurementSeriesStart.name == "rtt") | .measurementSeriesStart.measurementSeriesId] as $id
	| [.[].testStepArtifact.measurementSeriesElement | select(.measurementSeriesId == $id[0]) | .value]
	| (length | tostring) + " " + (add / length | tostring) + " " + ((map(. * .) | add / length) - (add / length * (add / length)) | sqrt | tostring)' \
	"$WORK/run.jsonl" > "$WORK/series"
read -r count mean mdev < "$WORK/series"
agree "series: replies" equal "$count" "$(metric received)"
agree "series: avg" near "$mean" "$(metric rtt_avg)" 0.01
agree "series: mdev" within "$mdev" "$(metric rtt_mdev)" 0.0001

# Loss that was made: the far end drops every second echo.
if far nft add table ip t 2> /dev/null && far nft add chain ip t in '{ type filter hook input priority 0; }' &&
	far nft add rule ip t in icmp type echo-request numgen inc mod 2 0 drop; then
	run net.ping target=198.18.0.2 count=20 interval=0.02
	agree "made loss %" equal "$(metric loss)" 50
	agree "made loss received" equal "$(metric received)" 10
	far nft delete table ip t
else
	not_ok "made loss: nftables cannot be used here, and skipped is not passed"
fi

ends "nobody at that address" error 8 net.ping target=198.18.0.77 count=2 interval=0.1 timeout=1
[ "$(metric loss)" = 100 ] && ok "nobody: loss 100 % is kept" || not_ok "nobody: loss '$(metric loss)'"
ends "no such name" error 30 net.ping target=no-such-name.invalid count=1
ends "somebody there" ok 5 net.ping target=198.18.0.2 count=2 interval=0.1

[ $failures = 0 ]
