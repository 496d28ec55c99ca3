#!/bin/sh
# net-iperf2.sh - what the matrix (net-matrix.sh) leaves out of net.tcp, net.udp and `assay peer` beside the stock iperf 2: loopback at full
# speed, amounts instead of durations, several tests at once, role=server with strangers at the door.
set -eu
set -- iperf ss
. "$(dirname "$0")/net-common"

field() { cut -d, -f"$1" "$WORK/row"; }
# The next CSV row of a stock server: rows are numbered from 1 as tests end.
row() { # FILE NUMBER
	await 5 has_row "$1" "$2" || { not_ok "no row $2 in $1"; return 1; }
	sed -n "$2p" "$1" > "$WORK/row"
}
has_row() { [ "$(grep -c '^[0-9]*,' "$1")" -ge "$2" ]; }

# ---- our client, stock server

client_tcp() {
	start "$WORK/tcp.csv" iperf -s -y C -p 5001
	await 5 listens tcp 5001
	# The client's time includes the server's closing, which a busy machine delays: the best of three.
	tests=0
	while [ $tests -lt 3 ]; do
		run net.tcp target=127.0.0.1 seconds=2
		tests=$((tests + 1))
		row "$WORK/tcp.csv" $tests
		near "$(metric outgoing)" "$(field 9 | awk '{ print $1 / 1e6 }')" 1 && break
	done
	# 2.1.8 takes our 24-byte header for data.
	agree "client tcp bytes" within "$(metric outgoing_bytes)" "$(field 8)" 24
	agree "client tcp rate" near "$(metric outgoing)" "$(field 9 | awk '{ print $1 / 1e6 }')" 1
	run net.tcp target=127.0.0.1 bytes=20000001
	row "$WORK/tcp.csv" $((tests + 1))
	agree "client tcp -n bytes" within 20000001 "$(field 8)" 24
	agree "client tcp -n ours" equal "$(metric outgoing_bytes)" 20000001
	run net.tcp target=127.0.0.1 bytes=5000000 streams=4
	await 5 has_row "$WORK/tcp.csv" $((tests + 5)) || true
	agree "client tcp -n -P 4 bytes" within "$(metric outgoing_bytes)" "$(tail -4 "$WORK/tcp.csv" | awk -F, '{ sum += $8 } END { print sum }')" 96
	agree "client tcp -n -P 4 ours" equal "$(metric outgoing_bytes)" 20000000
	stop
}

client_udp() {
	start "$WORK/udp.csv" iperf -s -u -y C -p 5001
	await 5 listens udp 5001
	for tests in 1 2 3; do # a sender that is held up does not make up for it by a burst
		run net.udp target=127.0.0.1 seconds=1
		row "$WORK/udp.csv" $tests
		sleep 1 # 2.1.8 sometimes does not take a test that begins while it lets the one before fade
		near "$(metric outgoing)" 1.048576 1 && break
	done
	agree "client udp at iperf's own rate" near "$(metric outgoing)" 1.048576 1
	agree "client udp total" equal "$(metric datagrams)" "$(field 12)"
	run net.udp target=127.0.0.1 bytes=147000 rate=8m
	row "$WORK/udp.csv" $((tests + 1))
	agree "client udp -n bytes" equal "$(metric outgoing_bytes)" 147000
	agree "client udp -n total" equal 100 "$(field 12)"
	stop
}

# ---- stock client, our server

served() { # PATTERN: the last line of our server for it
	grep "$1" "$WORK/peer.txt" | tail -1
}
number() { sed -n "s|.*[ :]\([0-9.]*\) $1.*|\1|p"; }

server_both() {
	start "$WORK/peer.txt" "$ASSAY" peer port=5001
	await 5 listens tcp 5001
	iperf -c 127.0.0.1 -n 10000000 -y C > "$WORK/row"
	sleep 0.5
	agree "server tcp -n bytes" within "$(served '^TCP from' | number bytes)" 10000000 64
	# Several at once: each is served, and told to have shared.
	before=$(wc -l < "$WORK/peer.txt")
	iperf -c 127.0.0.1 -t 1 -P 3 > /dev/null &
	first=$!
	iperf -c 127.0.0.1 -u -t 1 > /dev/null
	wait $first
	sleep 0.5
	agree "server several at once" equal $(($(wc -l < "$WORK/peer.txt") - before)) 4
	tail -4 "$WORK/peer.txt" | grep -q shared && ok "server says it was shared" || not_ok "server does not say it was shared"
	stop
}

# ---- the mode that does not copy: bytes as the partner counts them, and who did what is said

noted() { jq -r '.testStepArtifact.log.message // empty' "$WORK/run.jsonl" | grep -q "$1"; }
uncopied() {
	start "$WORK/tcp.csv" iperf -s -y C -p 5001
	sleep 0.4
	run net.tcp target=127.0.0.1 bytes=20000001 engine=uncopied
	row "$WORK/tcp.csv" 1
	agree "uncopied, stock server: bytes" within "$(metric outgoing_bytes)" "$(field 8)" 64
	if noted "NOT iperf's way" && noted "at our end only"; then
		ok "uncopied: says that the stock server copies"
	else
		not_ok "uncopied: does not say who copies"
	fi
	stop
	start "$WORK/peer.txt" "$ASSAY" peer port=5001
	await 5 listens tcp 5001
	run net.tcp target=127.0.0.1 bytes=20000001 engine=uncopied tradeoff=yes listen=5002
	sleep 0.5
	agree "uncopied, our server: bytes" within "$(metric outgoing_bytes)" "$(served '^TCP from' | number bytes)" 64
	agree "uncopied, our server: way back" equal "$(metric incoming_bytes)" "$(served '^TCP to' | number bytes)"
	noted "at both ends" && ok "uncopied: at both ends" || not_ok "uncopied: our server did not say so"
	iperf -c 127.0.0.1 -n 10000000 -y C > "$WORK/row"
	sleep 0.5
	agree "uncopied: the next stock client is served as ever" within "$(served '^TCP from' | number bytes)" 10000000 64
	stop
}

# ---- role=server: one test of one partner, strangers turned away

role_server() {
	run net.tcp role=server target=198.18.0.2 port=5003 seconds=2 &
	child=$!
	await 5 listens tcp 5003
	for i in 1 2 3 4 5; do
		iperf -c 198.18.0.1 -p 5003 -t 1 > /dev/null 2>&1 || true # from 198.18.0.1: a stranger
	done
	$far iperf -c 198.18.0.1 -p 5003 -t 2 -y C -r -L 5004 > "$WORK/row" 2> /dev/null
	wait $child || true
	agree "role=server bytes" within "$(metric incoming_bytes)" "$(head -1 "$WORK/row" | cut -d, -f8)" 64
	agree "role=server way back bytes" equal "$(metric outgoing_bytes)" "$(tail -1 "$WORK/row" | cut -d, -f8)"
	equal "$(outcome)" ok && ok "role=server ends ok" || not_ok "role=server: $(outcome)"
	ends "role=server, nobody comes" error 4 net.udp role=server target=198.18.0.2 connect_timeout=1
}

client_tcp
client_udp
server_both
uncopied
role_server

[ $failures = 0 ]
