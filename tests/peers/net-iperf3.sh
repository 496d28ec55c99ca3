#!/bin/sh
# net-iperf3.sh - net.iperf3 against the stock iperf3, both roles, over a veth pair between two namespaces: what both ends
# report of the same test, and our -J document beside the stock tool's.
set -eu
set -- iperf3 ss
. "$(dirname "$0")/net-common"

stock=$(iperf3 --version | sed -n '1s/iperf \([0-9.]*\).*/\1/p')

# ---- reading a document of the stock tool

of() { jq -r "$1 // empty" "$WORK/stock.json"; } # PATH
mbit() { of "$1" | awk '{ print $1 / 1e6 }'; }

# A way: its name in our metrics, and where the stock document has it. A stock server's document has its own side only.
compare_sent() { # WHAT WAY SUM
	agree "$1 sent bytes" equal "$(metric "$2_sent_bytes")" "$(of "$3.bytes")"
	agree "$1 sent Mbit/s" near "$(metric "$2_sent")" "$(mbit "$3.bits_per_second")" 1
}
compare_received() { # WHAT WAY SUM
	agree "$1 received bytes" equal "$(metric "$2_bytes")" "$(of "$3.bytes")"
	agree "$1 received Mbit/s" near "$(metric "$2")" "$(mbit "$3.bits_per_second")" 1
}
# A stock client that receives stops counting when it says the end, so one more may be under way: SLACK.
compare_counts() { # WHAT PREFIX [SLACK]: datagrams of the way, by both ends' counts
	agree "$1 datagrams" within "$(metric "$2datagrams")" "$(of .end.sum.packets)" "${3:-0}"
	agree "$1 datagrams sent and known of" within "$(metric "$2sent_datagrams")" "$(metric "$2datagrams")" "${3:-0}"
	agree "$1 lost" equal "$(metric "$2lost")" "$(of .end.sum.lost_packets)"
}
compare_jitter() { # WHAT PREFIX
	agree "$1 jitter ms" within "$(metric "$2jitter")" "$(of .end.sum.jitter_ms)" 0.002
}

# MODE-NAME STOCK-OPTIONS OUR-WORDS
modes() {
	cat << 'END'
plain|-t 1|seconds=1
reverse|-t 1 -R|seconds=1 reverse=yes
bidir|-t 1 --bidir|seconds=1 bidir=yes
P4|-t 1 -P 4|seconds=1 streams=4
omit|-t 1 -O 1|seconds=1 omit=1
bytes|-n 20000000|bytes=20000000
rate|-t 1 -b 20M|seconds=1 rate=20m
udp|-u -t 1 -b 5M|seconds=1 udp=yes rate=5m
udp-reverse|-u -t 1 -b 5M -R|seconds=1 udp=yes rate=5m reverse=yes
udp-bidir|-u -t 1 -b 5M --bidir|seconds=1 udp=yes rate=5m bidir=yes
udp-P4|-u -t 1 -b 5M -P 4|seconds=1 udp=yes rate=5m streams=4
udp-64bit|-u -t 1 -b 5M -l 500 --udp-counters-64bit|seconds=1 udp=yes rate=5m length=500 counters=64
END
}

# Our client's figures and a stock server's document.
compare_with_server() { # WHAT MODE
	case $2 in
	reverse) compare_sent "$1" incoming .end.sum_sent ;;
	udp-reverse) compare_sent "$1" incoming .end.sum_sent && compare_counts "$1" incoming_ ;;
	*) compare_received "$1" outgoing .end.sum_received ;;
	esac
	case $2 in
	*bidir) compare_sent "$1, way back" incoming .end.sum_sent_bidir_reverse ;;
	esac
	case $2 in
	udp | udp-P4 | udp-64bit | udp-bidir) compare_counts "$1" "" && compare_jitter "$1" "" ;;
	esac
	[ "$2" != udp-bidir ] || agree "$1 datagrams to us" equal "$(metric incoming_datagrams)" "$(of .end.sum_bidir_reverse.packets)"
}

# Our server's figures and a stock client's document, which has both sides.
compare_with_client() { # WHAT MODE
	way=incoming counts=incoming_ slack=0
	case $2 in
	reverse | udp-reverse) way=outgoing counts='' slack=1 ;;
	esac
	compare_sent "$1" $way .end.sum_sent
	compare_received "$1" $way .end.sum_received
	case $2 in
	*bidir)
		compare_sent "$1, way back" outgoing .end.sum_sent_bidir_reverse
		compare_received "$1, way back" outgoing .end.sum_received_bidir_reverse
		;;
	esac
	case $2 in
	udp*) compare_counts "$1" "$counts" $slack && compare_jitter "$1" "$counts" ;;
	esac
	[ "$2" != udp-bidir ] || agree "$1 datagrams from us" equal "$(metric sent_datagrams)" "$(of .end.sum_bidir_reverse.packets)"
}

# ---- our client, stock server

client_of_ours() { # MODE STOCK-OPTIONS WORDS
	$far iperf3 -s -1 -J > "$WORK/stock.json" 2>&1 &
	server=$!
	children="$children $server"
	await 5 far_listens 5201
	# shellcheck disable=SC2086 # words
	run net.iperf3 target=198.18.0.2 $3 || not_ok "client $1: $(cat "$WORK/run.err")"
	wait $server || true
	compare_with_server "client $1" "$1"
}
far_listens() { far ss -Hlnt "sport = :$1" | grep -q .; }

# ---- stock client, our server

server_of_ours() { # MODE STOCK-OPTIONS WORDS
	run net.iperf3 role=server target=198.18.0.2 seconds=3 connect_timeout=5 &
	child=$!
	await 5 listens tcp 5201
	# shellcheck disable=SC2086 # options
	$far iperf3 -c 198.18.0.1 -J $2 > "$WORK/stock.json" 2>&1 || not_ok "server $1: stock: $(of .error)"
	wait $child || not_ok "server $1: $(cat "$WORK/run.err")"
	compare_with_client "server $1" "$1"
}

# ---- the documents: every key of the stock tool's is in ours

key_paths() { jq -r '[paths | map(if type == "number" then "*" else . end) | join(".")] | unique[]' "$1"; }
document() { # WORDS: ours, into $WORK/ours.json
	# shellcheck disable=SC2086 # words
	"$ASSAY" run net.iperf3 target=198.18.0.2 $1 > "$WORK/table" 2> "$WORK/run.err" || cat "$WORK/run.err"
	sed -n '/^iperf3.json:/,/^}/p' "$WORK/table" | tail -n +2 > "$WORK/ours.json"
}
documents() {
	$far iperf3 -s > /dev/null 2>&1 &
	server=$!
	children="$children $server"
	await 5 far_listens 5201
	while IFS='|' read -r name options words; do
		# shellcheck disable=SC2086 # options
		iperf3 -c 198.18.0.2 -J $options < /dev/null > "$WORK/stock.json"
		document "$words" < /dev/null
		key_paths "$WORK/stock.json" > "$WORK/stock.keys"
		key_paths "$WORK/ours.json" > "$WORK/ours.keys"
		# Tests without -O have no omitted rows, and a stock document repeats keys: jq sees each once.
		missing=$(comm -23 "$WORK/stock.keys" "$WORK/ours.keys" | tr '\n' ' ')
		[ -s "$WORK/stock.keys" ] && [ -z "$missing" ] && ok "document $name: all $(wc -l < "$WORK/stock.keys") key paths of $stock" ||
			not_ok "document $name: ours has not: $missing"
		twin "document $name: a missing key is seen" comm_empty
		python3 - "$WORK/ours.json" << 'PY' && ok "document $name: strict JSON, each key once" || not_ok "document $name: a key twice, or no strict JSON"
import json, sys
def once(pairs):
    assert len(dict(pairs)) == len(pairs), pairs
    return dict(pairs)
def refuse(word):
    raise ValueError(word)
json.load(open(sys.argv[1]), object_pairs_hook=once, parse_constant=refuse)
PY
	done << 'END'
tcp|-t 1|seconds=1
P2|-t 1 -P 2|seconds=1 streams=2
reverse|-t 1 -R|seconds=1 reverse=yes
bidir|-t 1 --bidir|seconds=1 bidir=yes
udp|-u -t 1|seconds=1 udp=yes
udp-reverse|-u -t 1 -R|seconds=1 udp=yes reverse=yes
udp-bidir|-u -t 1 --bidir|seconds=1 udp=yes bidir=yes
END
	kill $server 2> /dev/null || true
	wait $server 2> /dev/null || true
}
comm_empty() { grep -v bits_per_second "$WORK/ours.keys" | comm -23 "$WORK/stock.keys" - | wc -l | grep -qx 0; }

# ---- busy, both ways around; nobody there

busy() {
	$far iperf3 -s > /dev/null 2>&1 &
	server=$!
	children="$children $server"
	await 5 far_listens 5201
	iperf3 -c 198.18.0.2 -t 3 > /dev/null 2>&1 &
	first=$!
	sleep 0.5
	ends "a stock server that is busy" error 3 net.iperf3 target=198.18.0.2 seconds=1
	grep -q "busy with another test" "$WORK/run.jsonl" && ok "busy is said" || not_ok "busy is not said"
	wait $first || true
	ends "and free again" ok 4 net.iperf3 target=198.18.0.2 seconds=1
	kill $server
	wait $server 2> /dev/null || true
	run net.iperf3 role=server target=198.18.0.2 seconds=3 &
	child=$!
	await 5 listens tcp 5201
	$far iperf3 -c 198.18.0.1 -t 2 > /dev/null 2>&1 &
	first=$!
	sleep 0.6
	$far iperf3 -c 198.18.0.1 -t 1 > "$WORK/second" 2>&1 && not_ok "our server took a second client" ||
		{ grep -q "the server is busy" "$WORK/second" && ok "our server tells a second client that it is busy" || not_ok "second client: $(cat "$WORK/second")"; }
	wait $first && ok "the first went on" || not_ok "the first was disturbed"
	wait $child && ok "our server ended well" || not_ok "our server: $(cat "$WORK/run.err")"
	ends "nobody listens" error 3 net.iperf3 target=198.18.0.2 port=5999 connect_timeout=1
	ends "nobody comes" error 4 net.iperf3 role=server target=198.18.0.2 connect_timeout=1
}

# ---- a stock partner that dies in the middle

dies() {
	$far iperf3 -s > /dev/null 2>&1 &
	server=$!
	children="$children $server"
	await 5 far_listens 5201
	(sleep 1.2 && kill -9 $server) &
	ends "a stock server killed in the middle" error 6 net.iperf3 target=198.18.0.2 seconds=4
	awk -v mbit="$(metric outgoing_sent)" 'BEGIN { exit !(mbit > 0) }' && ok "what was measured is kept" || not_ok "nothing is kept"
	wait $server 2> /dev/null || true
	run net.iperf3 role=server target=198.18.0.2 seconds=5 &
	child=$!
	await 5 listens tcp 5201
	$far iperf3 -c 198.18.0.1 -t 4 > /dev/null 2>&1 &
	client=$!
	(sleep 1.2 && kill -9 $client) &
	code=0
	wait $child || code=$?
	[ $code -ne 0 ] && awk -v mbit="$(metric incoming)" 'BEGIN { exit !(mbit > 0) }' && ok "a stock client killed in the middle: what was measured is kept" ||
		not_ok "a stock client killed in the middle: code $code, $(metric incoming) Mbit/s"
}

modes > "$WORK/modes"
while IFS='|' read -r mode options words <&3; do
	client_of_ours "$mode" "$options" "$words"
	server_of_ours "$mode" "$options" "$words"
done 3< "$WORK/modes"
documents
busy
dies

[ $failures = 0 ]
