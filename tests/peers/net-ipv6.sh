#!/bin/sh
# net-ipv6.sh - the network benchmarks by IPv6 literals, against the stock tools: what both ends report of the same test. A veth pair
# between two namespaces; also with the wire's link-local address. (UDP's own comparison is in net-udp.sh.)
set -eu
set -- iperf iperf3 ping ss
. "$(dirname "$0")/net-common"

ip address add 2001:db8:6::1/64 dev veth0 nodad
far ip address add 2001:db8:6::2/64 dev veth1 nodad
there=2001:db8:6::2
bytes_of() { sed -n "$1p" "$WORK/tcp.csv" | cut -d , -f 8; } # TEST: what a stock iperf 2 server counted of it
rows() { [ "$(grep -c . "$WORK/tcp.csv")" -ge "$1" ]; }

tcp() {
	start "$WORK/tcp.csv" $far iperf -s -V -y C
	await 5 $far ss -Hltn "sport = :5001" > /dev/null || true
	sleep 0.4
	run net.tcp target=$there seconds=1
	await 5 rows 1 || true
	agree "TCP: bytes (stock counts the header of the test, too)" within "$(metric outgoing_bytes)" "$(bytes_of 1)" 64
	: > "$WORK/tcp.csv"
	ends "TCP, one way and then the other (-r)" ok 20 net.tcp target=$there seconds=1 tradeoff=yes
	agree "TCP, the way back: it connects to our IPv6 address" within "$(awk -v r="$(metric incoming)" 'BEGIN { print (r > 0) }')" 1 0
	stop
	ends "TCP: nobody listens" error 20 net.tcp target=$there seconds=1 connect_timeout=1
}

three() {
	for words in "seconds=1" "seconds=1 reverse=yes" "seconds=1 udp=yes rate=5m"; do
		start "$WORK/stock.json" $far iperf3 -s -1 -J
		sleep 0.4
		# shellcheck disable=SC2086
		run net.iperf3 target=$there $words
		await 5 jq -e .end "$WORK/stock.json" > /dev/null 2>&1 || true
		case $words in
		*reverse*) agree "iperf3 $words: bytes sent" equal "$(metric incoming_sent_bytes)" "$(jq .end.sum_sent.bytes "$WORK/stock.json")" ;;
		*udp*) agree "iperf3 $words: datagrams" equal "$(metric datagrams)" "$(jq .end.sum.packets "$WORK/stock.json")" ;;
		*) agree "iperf3 $words: bytes received" equal "$(metric outgoing_bytes)" "$(jq .end.sum_received.bytes "$WORK/stock.json")" ;;
		esac
		agree "iperf3 $words: by IPv6" equal "$(jq '[.start.connected[0].remote_host | test("^2001:db8:6::1$")] | map(if . then 1 else 0 end)[0]' \
			"$WORK/stock.json")" 1
		stop
	done
}

pings() { # TARGET
	run net.ping target="$1" count=5 interval=0.2
	ping -6 -n -q -c 5 -i 0.2 "$1" > "$WORK/ping.txt"
	agree "ping $1: received" equal "$(metric received)" "$(sed -n 's/.* \([0-9]*\) received.*/\1/p' "$WORK/ping.txt")"
	agree "ping $1: a round trip in ms, in its order" within "$(metric rtt_min)" "$(sed -n 's|^rtt.* = \([0-9.]*\)/.*|\1|p' "$WORK/ping.txt")" 2
}

others() {
	start "$WORK/peer.log" $far "$ASSAY" peer
	await 5 grep -q serving "$WORK/peer.log" || true
	ends "UDP with a report" ok 20 net.udp target=$there seconds=0.5
	ends "transactions by TCP" ok 20 net.rr target=$there seconds=0.5
	ends "transactions by UDP" ok 20 net.rr target=$there seconds=0.5 protocol=udp
	ends "round trips under load" ok 40 net.load_latency target=$there seconds=1
	ends "pinged by the partner" ok 20 net.ping target=$there count=3 interval=0.2 called=yes
	link_local=$(far ip -6 -o address show dev veth1 scope link | sed 's/.*inet6 \([^/]*\).*/\1/')%veth0
	ends "TCP by the link-local address" ok 20 net.tcp target="$link_local" seconds=0.5 tradeoff=yes
	stop
}

tcp
three
pings $there
pings ::1
others
ends "ping: an address that nobody has" error 20 net.ping target=2001:db8:6::3 count=2 interval=0.2 timeout=1
finish
