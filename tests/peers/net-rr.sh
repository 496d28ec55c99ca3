#!/bin/sh
# net-rr.sh - net.rr with `assay peer`, beside the stock netperf 2.7 with its netserver (Debian's, non-free; NETPERF_PIECE= says where) on
# the same path in the same minute; what the far kernel and our partner counted; losses, a link that goes away, wrong partners.
set -eu
set -- ss python3
[ -x "${NETPERF_PIECE:-}/netperf" ] || { echo "not ok - no netperf in '${NETPERF_PIECE:-}'; make test-peers brings it"; exit 1; }
. "$(dirname "$0")/net-common"

at_least() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a != "" && a >= b) }'; }
at_most() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a != "" && a <= b) }'; }
# shellcheck disable=SC2154 # far and children are set by net-common
serve() {
	: > "$WORK/peer.txt"
	$far "$ASSAY" peer >> "$WORK/peer.txt" 2>&1 &
	peer=$!
	children="$children $peer"
	await 5 $far ss -Hlnt "sport = :5211" > /dev/null
	sleep 0.3
}
rr() { run net.rr target=198.18.0.2 "$@"; }
told() { sed -n 's/.* \([0-9]*\) transactions.*/\1/p' "$WORK/peer.txt" | awk '{ sum += $1 } END { print sum + 0 }'; }
has_told() { [ "$(grep -c transactions "$WORK/peer.txt")" -ge "$1" ]; }
udp_in() { far awk '/^Udp:/ && $2 ~ /^[0-9]/ { print $2 }' /proc/net/snmp; }

serve
$far "$NETPERF_PIECE/netserver" -D -4 > "$WORK/netserver.txt" 2>&1 &
children="$children $!"
await 5 $far ss -Hlnt "sport = :12865" > /dev/null
sleep 0.3

# ---- beside netperf: the same meaning, and about the same figures; the machine is shared, so only coarsely

netperf_rr() { # TCP_RR|UDP_RR REQUEST,RESPONSE: "rate mean p50 p99"
	"$NETPERF_PIECE/netperf" -H 198.18.0.2 -4 -t "$1" -l 2 -P 0 -- -r "$2" -o THROUGHPUT,MEAN_LATENCY,P50_LATENCY,P99_LATENCY | tr , ' '
}
middle() { sort -g "$1" | sed -n 2p; }
compare() { # tcp|udp REQUEST RESPONSE
	for name in rate p50 mean p99; do : > "$WORK/ours.$name" && : > "$WORK/theirs.$name"; done
	for round in 1 2 3; do
		rr protocol="$1" request="$2" response="$3" seconds=2
		metric transactions >> "$WORK/ours.rate"
		for name in p50 mean p99; do metric latency_$name >> "$WORK/ours.$name"; done
		netperf_rr "$(echo "$1" | tr a-z A-Z)_RR" "$2,$3" > "$WORK/netperf.out"
		read -r rate mean p50 p99 < "$WORK/netperf.out"
		echo "$rate" >> "$WORK/theirs.rate"
		echo "$mean" >> "$WORK/theirs.mean"
		echo "$p50" >> "$WORK/theirs.p50"
		echo "$p99" >> "$WORK/theirs.p99"
	done
	for name in rate p50 mean p99; do
		echo "# $1 $2/$3 $name: ours $(middle "$WORK/ours.$name"), netperf $(middle "$WORK/theirs.$name")"
	done
	ratio=$(echo "$(middle "$WORK/ours.rate") $(middle "$WORK/theirs.rate")" | awk '{ print $1 / $2 }')
	check "$1 $2/$3: our transactions/s are $ratio of netperf's" at_least "$ratio" 0.5
	check "$1 $2/$3: and not more than could be" at_most "$ratio" 2
	check "$1 $2/$3: our rate is one over our mean latency" near "$(metric transactions)" "$(metric latency_mean | awk '{ print 1e6 / $1 }')" 3
	ratio=$(echo "$(middle "$WORK/ours.mean") $(middle "$WORK/theirs.mean")" | awk '{ print $1 / $2 }')
	check "$1 $2/$3: our mean latency is $ratio of netperf's" at_least "$ratio" 0.5
	check "$1 $2/$3: and not much more" at_most "$ratio" 2
}
compare tcp 1 1
compare udp 1 1
compare tcp 100 8000
compare udp 64 1024

# ---- both ends count the same

: > "$WORK/peer.txt"
before=$(udp_in)
rr protocol=udp seconds=1 connections=2
await 5 has_told 2 || true
agree "udp: partner's count in the result" equal "$(metric completed)" "$(metric partner_transactions)"
agree "udp: what the partner printed" equal "$(metric completed)" "$(told)"
# Greetings and good-byes are some more.
agree "udp: datagrams in, by the far kernel" within "$(metric completed)" "$(($(udp_in) - before))" 20
: > "$WORK/peer.txt"
rr seconds=1 connections=3 request=3k response=20k
await 5 has_told 3 || true
agree "tcp: what the partner printed" equal "$(metric completed)" "$(told)"
: > "$WORK/peer.txt"
rr seconds=2 rate=2000 connections=2
await 5 has_told 2 || true
agree "open loop: what was due" equal "$(metric completed)" 4000
agree "open loop: what the partner printed" equal "$(metric completed)" "$(told)"
agree "open loop: the rate" near "$(metric achieved)" 100 2

# ---- losses that were made: each tenth response of the far end is dropped, and counted there

far nft add table ip t
far nft add chain ip t out '{ type filter hook output priority 0; }'
far nft add counter ip t gone
far nft add rule ip t out udp sport 5211 udp length 24 numgen inc mod 10 5 counter name gone drop
rr protocol=udp request=16 response=16 rate=1000 seconds=2 reply_timeout=0.3
dropped=$(far nft -j list counter ip t gone | jq '.nftables[1].counter.packets')
agree "made losses: open loop" equal "$(metric lost)" "$dropped"
far nft delete table ip t

# ---- the link goes away for a second: whoever was due meanwhile has waited

flap() {
	(sleep 1.5 && far ip link set veth1 down && sleep 1 && far ip link set veth1 up) &
	children="$children $!"
}
flap
rr rate=200 seconds=5 reply_timeout=3
check "link away, tcp open loop: outcome ok" equal "$(outcome)" ok
check "link away, tcp open loop: all 1000 answered" equal "$(metric completed)" 1000
check "link away, tcp open loop: p90 $(metric latency_p90) us, 200 of 1000 were due" at_least "$(metric latency_p90)" 400000
flap
rr seconds=5
check "link away, tcp closed loop: outcome ok" equal "$(outcome)" ok
twin "a closed loop's p99.9 shows it" at_least "$(metric latency_p99_9)" 400000
check "link away, tcp closed loop: its one wait of $(metric latency_max) us" at_least "$(metric latency_max)" 900000
flap
rr protocol=udp seconds=5 reply_timeout=0.1
check "link away, udp: outcome ok" equal "$(outcome)" ok
check "link away, udp: $(metric lost) lost, 100 ms each" at_least "$(metric lost)" 5

# ---- wrong partners: one outcome each, in its time, what was measured is kept

ends "nobody serves, tcp" error 4 net.rr target=198.18.0.2 port=5999 connect_timeout=1
ends "nobody serves, udp" error 4 net.rr target=198.18.0.2 port=5999 connect_timeout=1 protocol=udp
ends "nobody at that address" error 6 net.rr target=198.18.0.77 connect_timeout=1
ends "no route" error 4 net.rr target=203.0.113.1 connect_timeout=1
ends "another server: netperf's" error 6 net.rr target=198.18.0.2 port=12865 connect_timeout=1
for protocol in tcp udp; do
	(sleep 1.5 && kill -9 "$peer") &
	children="$children $!"
	ends "the partner is killed, $protocol" error 8 net.rr target=198.18.0.2 seconds=4 stall_timeout=2 protocol=$protocol
	check "killed, $protocol: $(metric completed) transactions are kept" at_least "$(metric completed)" 100
	serve
done
kill -STOP "$peer"
ends "the partner stands still" error 8 net.rr target=198.18.0.2 seconds=4 connect_timeout=1
kill -CONT "$peer"
(sleep 1.5 && kill -STOP "$peer") &
children="$children $!"
ends "the partner stands still midway" error 8 net.rr target=198.18.0.2 seconds=4 stall_timeout=2 rate=100
check "still midway: $(metric completed) transactions are kept" at_least "$(metric completed)" 50
kill -KILL "$peer"

finish
