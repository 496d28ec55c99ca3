#!/bin/sh
# net-load.sh - net.load_latency with a stock iperf 2.2.1 server through a bottleneck of known rate and queue, each way. (2.1.8's server now and
# then dies of several connections with -r that end together, with its own client as well.)
set -eu
set -- iperf ss tc
. "$(dirname "$0")/net-common"

at_least() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a != "" && a >= b) }'; }
at_most() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a != "" && a <= b) }'; }
# A router between the two: the queue of one's own host is kept short by TCP itself (small queues), one on the way is not.
unshare -n sleep 1800 &
router=$!
children="$children $router"
sleep 0.3
between() { nsenter -t "$router" -n "$@"; }
ip link add near0 type veth peer name near1 netns "$router"
# shellcheck disable=SC2154 # other is set by net-common
far ip link add far0 type veth peer name far1 netns "$router"
ip address add 198.18.1.1/24 dev near0
between ip address add 198.18.1.2/24 dev near1
between ip address add 198.18.2.2/24 dev far1
far ip address add 198.18.2.1/24 dev far0
ip link set near0 up
between ip link set near1 up
between ip link set far1 up
far ip link set far0 up
ip route add 198.18.2.0/24 via 198.18.1.2
far ip route add 198.18.1.0/24 via 198.18.2.2
between sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
# Reno fills a queue within seconds; cubic leaves slow start when the round trip has grown by 16 ms.
echo reno > /proc/sys/net/ipv4/tcp_congestion_control
far sh -c 'echo reno > /proc/sys/net/ipv4/tcp_congestion_control'
bottleneck() { # RATE QUEUE-BYTES, each way
	between tc qdisc replace dev near1 root tbf rate "$1" burst 8k limit "$2"
	between tc qdisc replace dev far1 root tbf rate "$1" burst 8k limit "$2"
}
load() { run net.load_latency target=198.18.2.1 seconds=3 settle=2 streams=2 interval=0.01 "$@"; }

start "$WORK/iperf.txt" $far "$IPERF_PIECE/iperf-2.2.1" -s -p 5001
await 5 $far ss -Hlnt "sport = :5001" > /dev/null
sleep 0.3

# 20 Mbit/s with a queue of 125000 bytes: a full one takes 50 ms to empty. TCP fills it, less what it backs off by.
bottleneck 20mbit 125000
load
check "through a bottleneck: outcome ok" equal "$(outcome)" ok
check "idle p50 $(metric idle_p50) ms: nothing waits" at_most "$(metric idle_p50)" 5
check "idle again p50 $(metric after_p50) ms: the queues are empty" at_most "$(metric after_p50)" 5
for phase in out in; do
	check "load $phase: added p50 $(metric ${phase}_added_p50) ms, the queue's part" at_least "$(metric ${phase}_added_p50)" 15
	check "load $phase: p99 $(metric ${phase}_p99) ms, no more than the queue holds" at_most "$(metric ${phase}_p99)" 60
done
# Each queue of the two has its part of the round trip.
check "load both ways: added p50 $(metric both_added_p50) ms" at_least "$(metric both_added_p50)" 15
check "load both ways: p99 $(metric both_p99) ms, no more than two queues hold" at_most "$(metric both_p99)" 115
twin "an idle link adds that much" at_least "$(metric after_added_p50)" 15
# Ethernet, IP and TCP headers are 66 of 1514 bytes; acknowledgements of the other way share the link.
check "load out: $(metric out_outgoing) of 20 Mbit/s" at_least "$(metric out_outgoing)" 15
check "load in: $(metric in_incoming) of 20 Mbit/s" at_least "$(metric in_incoming)" 15
check "load out: not more than the bottleneck" at_most "$(metric out_outgoing)" 22
check "load in: not more than the bottleneck" at_most "$(metric in_incoming)" 20
check "load both ways: it went out, $(metric both_outgoing) Mbit/s" at_least "$(metric both_outgoing)" 5
check "load both ways: it came in, $(metric both_incoming) Mbit/s" at_least "$(metric both_incoming)" 5
check "it says which load ran" grep -q "2 TCP streams each way, congestion control here reno" "$WORK/run.jsonl"

# A queue four times as long makes four times the delay.
short=$(metric out_added_p50)
bottleneck 20mbit 500000
load seconds=2
check "a queue four times as long: $short to $(metric out_added_p50) ms" at_least "$(metric out_added_p50)" "$(awk -v a="$short" 'BEGIN { print 2 * a }')"

# ---- what goes wrong: the idle phase is kept

between tc qdisc delete dev near1 root
between tc qdisc delete dev far1 root
stop
sleep 0.3
ends "nobody serves the load" error 10 net.load_latency target=198.18.2.1 seconds=0.5 interval=0.01 connect_timeout=1
check "nobody serves: idle p50 $(metric idle_p50) ms is kept" at_most "$(metric idle_p50)" 5
ends "nobody at that address" error 10 net.load_latency target=198.18.0.77 seconds=0.5 interval=0.01 connect_timeout=1
check "nobody at that address: all probes lost" equal "$(metric idle_loss)" 100
start "$WORK/iperf.txt" $far "$IPERF_PIECE/iperf-2.2.1" -s -p 5001
sleep 0.5
(sleep 3.5 && kill "$started") &
children="$children $!"
ends "the server disappears under load" error 30 net.load_latency target=198.18.2.1 seconds=2 settle=0.5 interval=0.01 connect_timeout=1
check "disappeared: round trips under load are kept, p50 $(metric out_p50) ms" at_least "$(metric out_p50)" 0.001
check "disappeared: said so ($(grep -o 'load out: the load broke off' "$WORK/run.jsonl" | head -n 1))" grep -q "load out: the load broke off" "$WORK/run.jsonl"

finish
