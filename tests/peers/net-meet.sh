#!/bin/sh
# net-meet.sh - net.simultaneous with a stock iperf 2 as the server that is loaded: two machines, each in a namespace, meet at an
# `assay peer` that serves meetings only. What the stock server counted decides. Then calls: tests that the partner starts.
set -eu
set -- iperf ss tc
. "$(dirname "$0")/net-common"

# A third namespace (198.18.1.1), with a cable of its own to the partner (198.18.1.2).
unshare -n sleep 600 &
third=$!
children="$children $third"
sleep 0.3
ip link add veth2 type veth peer name veth3
ip link set veth2 netns "$third"
ip link set veth3 netns "$other"
second="nsenter -t $third -n"
$second ip link set lo up
$second ip address add 198.18.1.1/24 dev veth2
$second ip link set veth2 up
far ip address add 198.18.1.2/24 dev veth3
far ip link set veth3 up

$far "$ASSAY" peer port=0 iperf3_port=0 echo=0 journal="$WORK/partner" > "$WORK/peer.txt" &
partner=$!
children="$children $partner"
$far iperf -s -y C -p 5001 > "$WORK/tcp.csv" 2>&1 &
children="$children $!"
$far iperf -s -u -y C -p 5001 > "$WORK/udp.csv" 2>&1 &
children="$children $!"
await 5 $far ss -Hlnt "sport = :5210" > /dev/null
sleep 0.5

at() { # MACHINE-FILE METRIC PLACE (0: all)
	jq -r --arg name "$2" --argjson place "$3" '.testStepArtifact.measurement | select(. != null and .name == $name)
		| select((.metadata.at[0].value // 0) == $place) | .value' "$WORK/$1"
}
pair() { # KEY=VALUE...: both machines at once; leaves $WORK/m1 and $WORK/m2
	"$ASSAY" run net.simultaneous target=198.18.0.2 place=1 name=one "$@" format=jsonl > "$WORK/m1" &
	one=$!
	code=0
	$second "$ASSAY" run net.simultaneous target=198.18.1.2 place=2 name=two "$@" format=jsonl > "$WORK/m2" || code=1
	wait $one || code=1
	[ $code = 0 ] || not_ok "a meeting ($*) failed: $(jq -r '.testStepArtifact.error.message // empty' "$WORK/m1" "$WORK/m2")"
	sleep 0.5
}
rows() { grep -c '^[0-9]*,' "$1" || true; }
of() { # FILE ADDRESS FIELD: of the last row with that client
	grep "^[0-9]*,$2," "$1" | tail -1 | cut -d, -f"$3"
}

before=$(rows "$WORK/tcp.csv")
pair seconds=2 stagger=0.5 order=2,1 interval=0.5
agree "four TCP tests, as the stock server saw them" equal "$(($(rows "$WORK/tcp.csv") - before))" 4
for file in m1 m2; do
	agree "TCP bytes of one in $file" within "$(at $file bytes 1)" "$(of "$WORK/tcp.csv" 198.18.0.1 8)" 64
	agree "TCP bytes of two in $file" within "$(at $file bytes 2)" "$(of "$WORK/tcp.csv" 198.18.1.1 8)" 64
done
agree "both have the same fairness" equal "$(at m1 fairness 0)" "$(at m2 fairness 0)"
agree "two starts 0.5 s before one" within "$(awk -v a="$(at m1 start 1)" -v b="$(at m1 start 2)" 'BEGIN { print a - b }')" 500 100
agree "the shares are the whole" within "$(awk -v a="$(at m1 portion 1)" -v b="$(at m1 portion 2)" 'BEGIN { print a + b }')" 100 0.001

pair seconds=2 protocol=udp rate=4m
for place in 1 2; do
	client=198.18.$((place - 1)).1
	agree "UDP: datagrams of $place" equal "$(at m1 datagrams $place)" "$(of "$WORK/udp.csv" $client 12)"
	agree "UDP: lost of $place" equal "$(at m2 lost $place)" "$(of "$WORK/udp.csv" $client 11)"
	agree "UDP: jitter ms of $place" within "$(at m2 jitter $place)" "$(of "$WORK/udp.csv" $client 10)" 0.001
	agree "UDP: rate of $place" near "$(at m1 together $place)" "$(of "$WORK/udp.csv" $client 9 | awk '{ print $1 / 1e6 }')" 1
done

# A narrow cable: who has less of the way has less of the whole, and Jain's index says so.
tc qdisc add dev veth0 root tbf rate 20mbit burst 16k latency 50ms
pair seconds=2 alone=no
agree "an unfair share: one has 20 Mbit/s at most" within "$(at m1 together 1)" 19 3
agree "and the index of two that unequal is a half" within "$(at m1 fairness 0)" 0.5 0.02
tc qdisc del dev veth0 root

# ---- calls

ends "the partner pings us" ok 10 net.ping target=198.18.0.2 called=yes count=4 interval=0.2
agree "its four replies" equal "$(metric received)" 4
agree "no loss" equal "$(metric loss)" 0
ends "TCP started at the far side" ok 20 net.tcp target=198.18.0.2 called=yes tradeoff=yes seconds=1
agree "what it sent, both ends' rates" near "$(metric incoming)" "$(metric caller_outgoing)" 3
agree "what we sent back, both ends' rates" near "$(metric outgoing)" "$(metric caller_incoming)" 3
ends "UDP started at the far side" ok 20 net.udp target=198.18.0.2 called=yes seconds=1
agree "UDP to us, both ends' rates" near "$(metric incoming)" "$(metric caller_outgoing)" 2
agree "UDP to us, both ends' loss" equal "$(metric incoming_lost)" "$(metric caller_lost)"
ends "a call where nobody takes calls" error 5 net.ping target=198.18.0.2 called=yes meet_port=9 timeout=1
ends "a meeting to which nobody comes" error 5 net.simultaneous target=198.18.0.2 meet_timeout=1
ends "a meeting where no partner is" error 5 net.simultaneous target=198.18.0.2 meet_port=9 connect_timeout=1

kill $partner
wait $partner || true
if "$ASSAY" verify "$WORK/partner" > "$WORK/verify.txt"; then ok "the partner's journal verifies"; else not_ok "the partner's journal: $(cat "$WORK/verify.txt")"; fi
meetings=$(jq -r '.testStepArtifact.testStepStart.name // empty' "$WORK/partner/journal.jsonl" | grep -c '^peer meeting$')
calls=$(jq -r '.testStepArtifact.testStepStart.name // empty' "$WORK/partner/journal.jsonl" | grep -c '^peer call')
if [ "$meetings" -ge 2 ]; then ok "its journal has the meetings: $meetings"; else not_ok "meetings in its journal: $meetings"; fi
agree "its journal has the calls" equal "$calls" 3
finish
