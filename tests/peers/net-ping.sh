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

# ---- densely: the same counts as the far kernel's, percentiles in order, loss that was made

echoes_in() { far awk '/^Icmp:/ && $2 ~ /^[0-9]/ { for (i = 2; i <= NF; i++) if (name[i] == "InEchos") print $i } /^Icmp:/ { for (i = 2; i <= NF; i++) name[i] = $i }' /proc/net/snmp; }
ordered() { awk -v p50="$(metric rtt_p50)" -v p90="$(metric rtt_p90)" -v p99="$(metric rtt_p99)" -v p999="$(metric rtt_p99_9)" -v max="$(metric rtt_max)" \
	'BEGIN { exit !(p50 > 0 && p50 <= p90 && p90 <= p99 && p99 <= p999 && p999 <= max) }'; }
before=$(echoes_in)
run net.ping target=198.18.0.2 seconds=3 interval=0
agree "dense: requests, by the far kernel" equal "$(metric sent)" "$(($(echoes_in) - before))"
agree "dense: received" equal "$(metric received)" "$(metric sent)"
check "dense: $(metric sent) requests, so that the numbers wrapped" test "$(metric sent)" -gt 65536
check "dense: percentiles in order" ordered
twin "no replies one by one" grep -q '"name":"icmp_seq"' "$WORK/run.jsonl"
ping -n -q -f -w 2 198.18.0.2 > "$WORK/ping.out"
agree "dense: avg ms as ping -f" within "$(metric rtt_avg)" "$(sed -n 's|^rtt .* = [0-9.]*/\([0-9.]*\)/.*|\1|p' "$WORK/ping.out")" 0.05
for interval in 0.0001 0.001; do
	run net.ping target=198.18.0.2 seconds=2 interval=$interval
	agree "dense at $interval s: sent" near "$(metric sent)" "$(awk -v i=$interval 'BEGIN { print 2 / i }')" 1
	agree "dense at $interval s: received" equal "$(metric received)" "$(metric sent)"
	check "dense at $interval s: from when it was due ($(metric response_p50) ms), no less than from its sending" \
		awk -v a="$(metric response_p50)" -v b="$(metric rtt_p50)" 'BEGIN { exit !(a >= b * 0.98) }'
done

# Loss that was made: the far end drops every second echo.
if far nft add table ip t 2> /dev/null && far nft add chain ip t in '{ type filter hook input priority 0; }' &&
	far nft add rule ip t in icmp type echo-request numgen inc mod 2 0 drop; then
	run net.ping target=198.18.0.2 count=20 interval=0.02
	agree "made loss %" equal "$(metric loss)" 50
	agree "made loss received" equal "$(metric received)" 10
	run net.ping target=198.18.0.2 seconds=1 interval=0.001
	agree "made loss %, densely" within "$(metric loss)" 50 0.2
	far nft delete table ip t
else
	not_ok "made loss: nftables cannot be used here, and skipped is not passed"
fi

ends "nobody at that address" error 8 net.ping target=198.18.0.77 count=2 interval=0.1 timeout=1
[ "$(metric loss)" = 100 ] && ok "nobody: loss 100 % is kept" || not_ok "nobody: loss '$(metric loss)'"
ends "no such name" error 30 net.ping target=no-such-name.invalid count=1
ends "somebody there" ok 5 net.ping target=198.18.0.2 count=2 interval=0.1

# ---- answers that are wrong, in place of the kernel's

far sh -c 'echo 1 > /proc/sys/net/ipv4/icmp_echo_ignore_all'
answer_wrongly() { # HOW
	start "$WORK/echoes.txt" $far python3 "$here/tests/peers/echoes.py" "$1"
	await 5 grep -q ready "$WORK/echoes.txt"
}
answer_wrongly twice
ends "answers twice" ok 8 net.ping target=198.18.0.2 count=20 interval=0.02
# Like ping, we stop with the last reply, and its duplicate may come too late.
check "twice: $(metric duplicates) duplicates, $(metric received) received" test "$(metric received) $(metric loss)" = "20 0" -a "$(metric duplicates)" -ge 19
ends "answers twice, densely" ok 8 net.ping target=198.18.0.2 seconds=0.5 interval=0.005
check "twice, densely: loss $(metric loss) %" test "$(metric loss)" = 0 -a "$(metric duplicates)" -ge "$(($(metric received) - 1))"
stop
answer_wrongly midway
ends "stops answering midway" ok 8 net.ping target=198.18.0.2 count=40 interval=0.02
check "midway: loss $(metric loss) %, what came is kept" test "$(metric loss) $(metric received)" = "50 20"
stop
for how in other-address garbage; do
	answer_wrongly $how
	ends "answers with $how" error 8 net.ping target=198.18.0.2 count=12 interval=0.02 timeout=1
	check "$how: no reply counts" test "$(metric loss) $(metric received) $(metric duplicates)" = "100 0 0"
	ends "answers with $how, densely" error 8 net.ping target=198.18.0.2 seconds=0.5 interval=0 timeout=1
	check "$how, densely: no reply counts" test "$(metric loss) $(metric received) $(metric duplicates)" = "100 0 0"
	stop
done
far sh -c 'echo 0 > /proc/sys/net/ipv4/icmp_echo_ignore_all'

# ---- the link goes away for a second: errors or losses, and it goes on

(sleep 1 && ip link set veth0 down && sleep 1 && ip link set veth0 up) &
children="$children $!"
ends "our own link away for a second" ok 12 net.ping target=198.18.0.2 seconds=4 interval=0.01
check "link away: loss $(metric loss) % of 400" awk -v loss="$(metric loss)" 'BEGIN { exit !(loss > 15 && loss < 60) }'

[ $failures = 0 ]
