#!/bin/sh
# simultaneous.sh - guests on one wire load one partner together: two against `assay peer` on this machine, either first, TCP and UDP,
# then three against a fourth guest with role=peer. Each journal has everybody's share, and all have the same account of it.
. "$(dirname "$0")/qemu.sh"
need jq ip unshare
in_own_network

bridge

words="assay.plan=simultaneous assay.net.simultaneous.seconds=2 assay.net.simultaneous.stagger=0.5 assay.net.simultaneous.interval=0.5
	assay.net.simultaneous.rate=2m assay.net.simultaneous.connect_timeout=60"
guest() { # RUN NUMBER PARTNER WORDS
	# shellcheck disable=SC2046
	boot "$1" 170 "$words assay.ip=198.18.0.1$2/24 assay.peer=$3 assay.net.simultaneous.place=$2 assay.net.simultaneous.name=vm$2 $4" \
		$(bridged "$2") -m 192M -smp 1
}
both() { # the page's VM + VM
	"$assay" peer address=198.18.0.1 journal=partner > partner.out 2>&1 &
	partner=$!
	guest two-1 1 198.18.0.1 "" &
	first=$!
	guest two-2 2 198.18.0.1 ""
	wait $first
	kill $partner
	wait $partner
}
three() {
	# shellcheck disable=SC2046
	boot partner-guest 170 "assay.role=peer assay.peer_seconds=75 assay.ip=198.18.0.19/24" $(bridged 9) -m 192M -smp 1 &
	all=$!
	for number in 3 4 5; do
		place=$((number - 2))
		guest three-$place $number 198.18.0.19 "assay.net.simultaneous.machines=3 assay.net.simultaneous.order=
			assay.net.simultaneous.place=$place assay.net.simultaneous.name=vm$place" &
		all="$all $!"
	done
	# shellcheck disable=SC2086
	wait $all
}
both
three

# ---- questions

figure() { # RUN STEP METRIC MACHINE (0: of all)
	jq -r --arg step "$2" --arg name "$3" --argjson machine "$4" 'select(.testStepArtifact.testStepId == $step)
		| .testStepArtifact.measurement | select(.name == $name and (.metadata.at[0].value // 0) == $machine) | .value' "$1/records"
}
holds() { # EXPRESSION NAME=VALUE...: awk says so, and no value is absent
	expression=$1
	shift
	set -- $(printf -- '-v %s ' "$@")
	for one; do
		case $one in *=) return 1 ;; esac
	done
	awk "$@" "BEGIN { exit !($expression) }"
}
has_shares() { # RUN STEP MACHINES: everybody's rate alone and together, what it cost, and shares over time
	for machine in $(seq "$3"); do
		for name in alone together portion penalty share start_error; do
			[ -n "$(figure "$1" "$2" $name "$machine")" ] || return 1
		done
	done
	[ -z "$(figure "$1" "$2" together $(($3 + 1)))" ]
}
is_fair_sum() { # RUN STEP MACHINES: fairness and aggregate follow from the rates, computed here anew
	sum=0 squares=0
	for machine in $(seq "$3"); do
		rate=$(figure "$1" "$2" together "$machine")
		[ -n "$rate" ] || return 1
		sum=$(awk -v a="$sum" -v b="$rate" 'BEGIN { printf "%.9f", a + b }')
		squares=$(awk -v a="$squares" -v b="$rate" 'BEGIN { printf "%.9f", a + b * b }')
	done
	holds "(f - s * s / (n * q)) ^ 2 < 1e-9 && (a - s) ^ 2 < 1e-6" f="$(figure "$1" "$2" fairness 0)" \
		a="$(figure "$1" "$2" aggregate 0)" s="$sum" q="$squares" n="${4:-$3}"
}
same_account() { # RUN STEP OTHER-RUN OTHER-STEP
	[ -n "$(figure "$1" "$2" fairness 0)" ] && [ "$(figure "$1" "$2" fairness 0)" = "$(figure "$3" "$4" fairness 0)" ] &&
		[ "$(figure "$1" "$2" together 1)" = "$(figure "$3" "$4" together 1)" ]
}
# Emulated guests share this machine's processors: a start may wait for one. The order and the stagger show all the same.
starts_apart() { # RUN STEP FIRST SECOND MILLISECONDS: as far apart as agreed, within what the clocks allow and 250 ms
	holds "b - a > d - ua - ub - 250 && b - a < d + ua + ub + 250" a="$(figure "$1" "$2" start "$3")" b="$(figure "$1" "$2" start "$4")" \
		ua="$(figure "$1" "$2" clock_uncertainty "$3")" ub="$(figure "$1" "$2" clock_uncertainty "$4")" d="$5"
}
udp_arrived() { # RUN STEP MACHINES: the receivers' reports, with rates as asked for
	for machine in $(seq "$3"); do
		holds "lost <= 20 && rate > 1.5 && rate < 2.2 && jitter < 100" lost="$(figure "$1" "$2" lost_percent "$machine")" \
			rate="$(figure "$1" "$2" together "$machine")" jitter="$(figure "$1" "$2" jitter "$machine")" || return 1
	done
}
# The partner's own journal: its step of the Nth meeting.
meeting() { # RUN NUMBER
	jq -r 'select(.testStepArtifact.testStepStart.name == "peer meeting") | .testStepArtifact.testStepId' "$1/records" | sed -n "$2p"
}
partner_agrees() { # PARTNER NUMBER RUN STEP
	step=$(meeting "$1" "$2")
	[ -n "$step" ] && same_account "$1" "$step" "$3" "$4"
}
verified() { "$assay" verify "$1" > verify.out 2>&1; }

cp partner/journal.jsonl partner/records
for number in 1 2; do
	check "two: guest $number ends well" ended two-$number COMPLETE PASS
	check "two: guest $number's records verify" collected two-$number
done
check "two: the partner's journal verifies" verified partner
sed 's/198.18.0/198.18.1/' partner/journal.jsonl > partner/changed
mkdir -p forged && cp partner/changed forged/journal.jsonl && cp partner/journal.sha256 forged
twin "a partner's journal that was changed" verified forged
for step in s1 s2 s3 s4; do
	check "two, $step: both shares in the first's journal" has_shares two-1 $step 2
	check "two, $step: both shares in the second's journal" has_shares two-2 $step 2
	check "two, $step: fairness and aggregate follow from the rates" is_fair_sum two-1 $step 2
	check "two, $step: both have the same account" same_account two-1 $step two-2 $step
	check "two, $step: and so has the partner" partner_agrees partner "${step#s}" two-1 $step
done
twin "shares of a third among two" has_shares two-1 s1 3
twin "a fairness of three among two" is_fair_sum two-1 s1 2 3
twin "the account of another step" same_account two-1 s1 two-2 s2
twin "the partner's account of another meeting" partner_agrees partner 2 two-1 s1
for step in s1 s3; do
	check "two, $step: the first starts first" starts_apart two-1 $step 1 2 500
	twin "the second starts first in $step" starts_apart two-1 $step 2 1 500
done
for step in s2 s4; do
	check "two, $step: the second starts first" starts_apart two-2 $step 2 1 500
	twin "the first starts first in $step" starts_apart two-2 $step 1 2 500
done
check "two, s3: what arrived is reported" udp_arrived two-1 s3 2
check "two, s4: what arrived is reported" udp_arrived two-2 s4 2
twin "a receiver's report of TCP" udp_arrived two-1 s1 2

for place in 1 2 3; do
	check "three: guest $place ends well" ended three-$place COMPLETE PASS
	for step in s1 s3; do
		check "three, $step: all shares in guest $place's journal" has_shares three-$place $step 3
		check "three, $step: guest $place has the same account" same_account three-1 $step three-$place $step
	done
done
check "three: the partner that was a guest ends well" ended partner-guest COMPLETE PASS
check "three: its account is the same" partner_agrees partner-guest 1 three-1 s1
twin "of a meeting that was not" partner_agrees partner-guest 9 three-1 s1
check "three: fairness follows from the rates" is_fair_sum three-2 s1 3
twin "of two of them" is_fair_sum three-2 s1 2
check "three: the second starts after the first" starts_apart three-1 s1 1 2 500
check "three: the third starts after the second" starts_apart three-1 s1 2 3 500
twin "the third starts after the first as the second does" starts_apart three-1 s1 1 3 500
for run in two-1 three-1; do
	for step in s1 s2 s3 s4; do
		echo "# $run $step: fairness $(figure $run $step fairness 0), aggregate $(figure $run $step aggregate 0) Mbit/s;" \
			"$(for n in 1 2 3; do [ $run$n = two-13 ] || echo "vm$n alone $(figure $run $step alone $n) together $(figure $run $step together $n) penalty $(figure $run $step penalty $n) %;"; done)"
	done
done
finish
