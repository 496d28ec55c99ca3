#!/bin/sh
# udp.sh [ROUNDS [SECONDS [LENGTH]]] - datagrams a second, sent and received, between {ours, stock} client and {ours, stock} server, as
# fast as they go, over loopback and a veth pair in namespaces of their own. Interleaved runs, medians, and the ratio of what was
# received to stock with stock. IPERF names the stock program (default: iperf). Judges nothing.
set -eu
export ROUNDS="${1:-${ROUNDS:-5}}" SECONDS_EACH="${2:-${SECONDS_EACH:-2}}" LENGTH="${3:-${LENGTH:-64}}" IPERF="${IPERF:-iperf}"
set -- "$IPERF" ss
. "$(dirname "$0")/../peers/net-common"

serve() { # PREFIX ours|stock
	: > "$WORK/served"
	if [ "$2" = stock ]; then $1 "$IPERF" -s -u -y C >> "$WORK/served" 2>&1 & else $1 "$ASSAY" peer >> "$WORK/served" 2>&1 & fi
	server=$!
	children="$children $server"
	await 5 $1 ss -Hlnu "sport = :5001" > /dev/null
	sleep 0.3
}

send() { # ADDRESS ours|ours-apart|stock: datagrams/s sent
	case $2 in
	stock) "$IPERF" -c "$1" -u -l "$LENGTH" -b 100g -t "$SECONDS_EACH" -y C 2> /dev/null | awk -F, 'END { print $9 / 8 / '"$LENGTH"' }' ;;
	*)
		[ "$2" = ours ] && merge=yes || merge=no
		run net.udp target="$1" rate=0 length="$LENGTH" seconds="$SECONDS_EACH" merge=$merge || cat "$WORK/run.err" >&2
		metric sent_rate ;;
	esac
}

received() { # ours|stock: datagrams/s, by the server
	await 5 grep -q "^UDP\|^[0-9]*," "$WORK/served" || true
	if [ "$1" = stock ]; then
		awk -F, '/^[0-9]*,/ { rate = $9 } END { print rate / 8 / '"$LENGTH"' }' "$WORK/served"
	else
		sed -n 's|.* \([0-9.]*\) Mbit/s.*|\1|p' "$WORK/served" | awk 'END { print $1 * 1e6 / 8 / '"$LENGTH"' }'
	fi
}

median() { sort -g | awk '{ v[NR] = $1 } END { print NR ? (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 : 0 }'; }

pairs="ours:ours ours-apart:ours ours:stock ours-apart:stock stock:ours stock:stock"
one_path() { # NAME ADDRESS PREFIX
	for round in $(seq "$ROUNDS"); do
		for pair in $pairs; do
			serve "$3" "${pair#*:}"
			send "$2" "${pair%:*}" >> "$WORK/$1.$pair.sent"
			received "${pair#*:}" >> "$WORK/$1.$pair.received"
			kill "$server" && wait "$server" 2> /dev/null || true
		done
	done
	base=$(median < "$WORK/$1.stock:stock.received")
	printf '\n%s, datagrams of %s bytes, thousands a second; median of %s interleaved runs of %s s\n' "$1" "$LENGTH" "$ROUNDS" "$SECONDS_EACH"
	printf '  %-14s %-8s %10s %10s %22s\n' client server sent received 'received / stock:stock'
	for pair in $pairs; do
		awk -v s="$(median < "$WORK/$1.$pair.sent")" -v r="$(median < "$WORK/$1.$pair.received")" -v b="$base" -v c="${pair%:*}" -v v="${pair#*:}" \
			'BEGIN { printf "  %-14s %-8s %10.0f %10.0f %22.2f\n", c, v, s / 1e3, r / 1e3, (b > 0 ? r / b : 0) }'
	done
}

one_path loopback 127.0.0.1 ""
one_path veth 198.18.0.2 "$far"
echo "  ours-apart: merge=no, each datagram a packet of its own from the start; ours: a batch may be one packet (UDP_SEGMENT)"
