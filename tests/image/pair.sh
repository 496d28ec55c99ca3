#!/bin/sh
# pair.sh - two machines of one image on one wire and no server: they find each other, measure in turn, and both disks hold both views.
# Another plan does not pair; a partner that is cut off costs the steps that need it and no other; an address that is taken is not used.
. "$(dirname "$0")/qemu.sh"

short="assay.self.noise.seconds=0.2 assay.net.ping.count=3 assay.net.udp.seconds=2"
alone="assay.plan=pair assay.ip=none assay.self.noise.seconds=0.2"

# One CPU each: the host has few, and QEMU's emulation of several stumbles over the kernel's patching of its own code when they are
# too many for it (an int3 oops at boot).
# wire OWN OTHER MAC: a cable between two guests, with nothing else on it
wire() {
	echo "-smp 1 -netdev dgram,id=n,local.type=unix,local.path=$1.sock,remote.type=unix,remote.path=$2.sock" \
		"-device virtio-net-pci,netdev=n,mac=52:54:00:00:00:$3,romfile="
}
# hub OWN MAC OTHER OTHER: the same cable, going through this guest's QEMU to two others; they know it as OWN-OTHER
hub() {
	echo "-smp 1 -netdev hubport,id=n,hubid=0 -device virtio-net-pci,netdev=n,mac=52:54:00:00:00:$2,romfile="
	for other in "$3" "$4"; do
		echo "-netdev dgram,id=w$other,local.type=unix,local.path=$1-$other.sock,remote.type=unix,remote.path=$other.sock" \
			"-netdev hubport,id=h$other,hubid=0,netdev=w$other"
	done
}
cut_off() { # RUN AFTER: the machine that runs it, once its log says AFTER
	tries=0
	until { tr -d '\r' < "$1/console"; } 2> /dev/null | grep -q -e "$2"; do
		tries=$((tries + 1))
		[ $tries -lt 300 ] || return 0
		sleep 0.2
	done
	sleep 2
	kill -9 "$(cat "$1.pid")"
}
for name in low high stays; do
	"$assay" format-results file=$name.raw size=16M > /dev/null
done

words="$alone $short assay.net.tcp.seconds=2 assay.net.tcp.tradeoff=yes assay.find_timeout=90"
# shellcheck disable=SC2046
boot low 180 "$words" $(wire low high 0a) $(disk low.raw r) &
# shellcheck disable=SC2046
boot high 180 "$words assay.note=another" $(wire high low 0b) $(disk high.raw r) &
wait
# shellcheck disable=SC2046
boot this 120 "$alone assay.find_timeout=12" $(wire this that 0c) &
# shellcheck disable=SC2046
boot that 120 "$alone assay.net.tcp.seconds=11 assay.find_timeout=12" $(wire that this 0d) &
words="$alone $short assay.net.tcp.seconds=0.5 assay.net.udp.seconds=0.5 assay.find_timeout=20"
# shellcheck disable=SC2046
boot one 120 "$words" $(hub one 0a two three) &
# shellcheck disable=SC2046
boot two 120 "$words" $(wire two one-two 0b) &
# shellcheck disable=SC2046
boot three 120 "$words" $(wire three one-three 0c) &
wait
words="assay.plan=quick assay.peer=find assay.find_timeout=90 assay.self.null.seconds=0.2 assay.net.tcp.seconds=6"
# shellcheck disable=SC2046
boot stays 240 "$words $short assay.ip=198.18.0.1/24" $(wire stays goes 0f) $(disk stays.raw r) &
# shellcheck disable=SC2046
boot goes 240 "$words $short assay.ip=198.18.0.9/24" $(wire goes stays 0e) -pidfile goes.pid &
cut_off goes ' net.tcp  *\.\.\.'
# shellcheck disable=SC2046
boot taken 120 "assay.plan=pair assay.peer=198.18.0.2 assay.ip=198.18.0.2/24 $short" $(nic) &
# shellcheck disable=SC2046
boot free 120 "assay.plan=pair assay.peer=198.18.0.2 assay.ip=198.18.0.77/24 $short assay.net.tcp.connect_timeout=1
	assay.net.udp.connect_timeout=1" $(nic) &
wait

figure() { # RUN STEP METRIC: its value
	sed -n "s/.*\"testStepId\":\"$2\",\"measurement\":{\"name\":\"$3\",\"value\":\([^,]*\),.*/\1/p" "$1/records" | head -n 1
}
same_figure() { # RUN STEP OTHER-RUN OTHER-STEP METRIC
	value=$(figure "$1" "$2" "$5")
	[ -n "$value" ] && [ "$value" = "$(figure "$3" "$4" "$5")" ]
}
holds() { # RUN OTHER-RUN: the other's journal, as far as it was told, to the byte; series stay where they were measured
	told=$1/results/latest/partner-journal.jsonl
	[ "$(wc -l < "$told")" -gt 40 ] &&
		grep -v '"measurementSeriesElement"' "$2/results/latest/journal.jsonl" | head -n "$(wc -l < "$told")" | cmp -s - "$told"
}
verifies() { "$assay" verify results="$1/results" > "$1/verify"; }
mentions() { grep -q -e "$2" "$1/results/latest/$3"; }

for run in low high; do
	check "$run: to its end" ended $run COMPLETE PASS
	for step in s2 s3 s4; do
		check "$run: $step measured by it" outcome $run $step ok
		check "$run: and by its partner" outcome $run ${step}p ok
	done
	check "$run: the desk takes both channels" collected $run $run.raw
	check "$run: and the partner's records" grep -q '^M9 *pass .* agree$' $run/verify
	check "$run: the table shows both" mentions $run '^net.tcp (partner)  *outgoing' summary.txt
done
check "the lower MAC serves first" has_line low 'this machine serves first'
check "and the higher measures first" has_line high '52:54:00:00:00:0a found .* it serves first'
twin "not the other way round" has_line high 'this machine serves first'
check "over IPv6 link-local, nobody having given an address" has_record low '"target":"fe80::5054:ff:fe00:b%eth0"'
for metric in outgoing incoming; do
	check "one figure in two journals: $metric of the higher [M9]" same_figure low s3p high s3 $metric
	check "one figure in two journals: $metric of the lower [M9]" same_figure high s3p low s3 $metric
	twin "each way measured by itself: $metric [M9]" same_figure low s3 high s3 $metric
done
check "both disks hold both views: the lower" holds low high
check "both disks hold both views: the higher" holds high low
twin "not its own twice" holds low low
check "the server says what it served" has_record low '"message":"served iperf 2, TCP from the partner: [1-9]'
sed -i 's/"name":"outgoing","value":/&1/' low/results/latest/partner-journal.jsonl
twin "a figure of the partner's changed" verifies low
sed -i '$d' high/results/latest/partner-journal.jsonl
twin "a record of the partner's taken off" verifies high

for run in this that; do
	check "$run: another plan does not pair" outcome $run s2 skipped
	check "$run: it is the reason of each step" has_record $run \
		'"skipped".*no partner found on eth0 within 12 s: 52:54:00:00:00:0[cd] runs plan pair, digest [0-9a-f]*, not ours (pair, digest '
	check "$run: said when it is heard" has_line $run '^assay: 52:54:00:00:00:0[cd] runs plan pair, digest'
	check "$run: the rest ran" outcome $run s1 ok
	twin "$run: nobody was found" has_line $run 'partner .* found'
done

paired() { # HOW-MANY of the three
	count=0
	for run in one two three; do
		if has_line $run 'partner .* found' && outcome $run s2 ok && outcome $run s2p ok; then count=$((count + 1)); fi
	done
	[ $count = "$1" ]
}
left_over() {
	for run in one two three; do
		if has_record $run '"skipped".*no partner found on eth0 within 20 s: .*52:54:00:00:00:0[abc] runs our plan and has paired with'; then return 0; fi
	done
	return 1
}
check "three on one wire: one pair" paired 2
twin "three on one wire: not all" paired 3
check "three on one wire: the third says whom it saw" left_over

check "cut off: the one that stays comes to its end" ended stays COMPLETE FAIL
check "cut off: by IPv4, both being in one network" has_record stays '"target":"198.18.0.9"'
check "cut off: what both had measured is kept" outcome stays s3p ok
check "cut off: the step in hand has its outcome [M9]" outcome stays s4 error
check "cut off: its verdict is invalid [M9]" has_record stays '"testStepId":"s4","diagnosis":{"verdict":"invalid-partner","type":"FAIL","message":"the partner .* has gone'
twin "cut off: no other step's" has_record stays '"testStepId":"s[^4]","diagnosis":{"verdict":"invalid-partner"'
check "cut off: and keeps what it had measured" has_record stays '"testStepId":"s4","measurement":{"name":"outgoing_interval"'
check "cut off: the next one is skipped for it" outcome stays s5 skipped
check "cut off: who, and for how long [M9]" has_record stays '"the partner 52:54:00:00:00:0e has gone (last heard [0-9]* s ago)'
check "cut off: the steps without a partner ran" outcome stays s2 ok
check "cut off: the records verify" collected stays stays.raw
twin "cut off: the other has no end" has_record goes testRunEnd

in_use='no network: address 198.18.0.2 is in use by 52:5[0-9a-f]:'
check "an address that is taken: no network" has_record taken "\"skipped\".*$in_use"
check "and the rest ran" outcome taken s1 ok
twin "not of a free one" has_record free "$in_use"
check "a free one is used" has_record free 'eth0 has 198.18.0.77 (static)'
check "and reaches the other" outcome free s2 ok
finish
