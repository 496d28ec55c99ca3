#!/bin/sh
# noise.sh [ROUNDS] [SECONDS] [COUNTED] - self.noise in the image, and the same static binary inside a stock Debian 12 guest, alternating in one run on one
# emulated machine (q35, 2 CPUs with a thread each, 1 GB): what was stolen, the longest interruption, what the guest's own kernel did
# meanwhile. Medians over the rounds and the guest's CPUs; ratios; judges nothing.
#
# The emulator steals as well, from both guests alike, and more than either of them does: stolen time and longest interruption have a
# floor that no guest can go below here. What a guest does to itself is in its own counters: interrupts, preemptions and context switches.
# Idle context switches are counted over SECONDS in which nothing runs, by a shell that sleeps in Debian, by a sleeping step in the image.
# With two CPUs some 2.9/s of ours are the price of the tick that is kept off one of them: the kernel does that CPU's from another, once a
# second (sched_tick_remote), and each such waking brings its pressure averages (PSI) about two seconds later. With one CPU there is neither.
#
# COUNTED (1): the guests' clocks count instructions (QEMU's -icount, 4 ns each), so that what the emulator and the machine below do takes no
# time in them: what is stolen is what the guest did. On one CPU only, where its tick cannot be kept away: two take turns there, and what one
# does is stolen from the other. There 250 ticks of 22 us are all that either guest steals; with two CPUs ours has none on the one that measures.
set -eu

B=${B:-build}
rounds=${1:-5}
seconds=${2:-10}
counted=${3:-}
how="-accel tcg,thread=multi -smp 2" measured=1 what="TCG, 2 CPUs with a thread each" floor="; the emulator's floor is in both"
[ -z "$counted" ] || how="-accel tcg,thread=single -icount shift=2,sleep=on -rtc clock=vm -smp 1" measured=0 what="TCG, 1 CPU, instructions counted" floor="; of either guest it is the tick"
here=$(dirname "$0")
patience=${PATIENCE:-10}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

image=$B/assay.efi
for file in "$image" "$B/assay"; do
	[ -r "$file" ] || { echo "bench-noise: no $file; make comes first" >&2; exit 1; }
done
guest=$("$here/debian-guest.sh")

emulate() { # LOG [QEMU ARGUMENT...]
	log=$1
	shift
	# shellcheck disable=SC2086
	timeout $((120 * patience)) qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot -M q35 -cpu max \
		$how -m 1G -serial "file:$log" "$@" < /dev/null
	tr -d '\r' < "$log" > "$log.text"
}

# The same program as in the image's child, over the same time; then the same count of idle switches.
commands() {
	truncate -s 16M "$work/program"
	dd if="$B/assay" of="$work/program" conv=notrunc status=none
	cat > "$work/commands" <<COMMANDS
head -c $(stat -c %s "$B/assay") /dev/disk/by-id/virtio-program > /root/assay
chmod 0755 /root/assay
sleep 20
/root/assay run self.noise seconds=$seconds format=jsonl
switches() { sed -n 's/^ctxt //p' /proc/stat; }
first=\$(switches)
sleep $seconds
echo "idle: \$(( (\$(switches) - first) * 1000 / $seconds )) \$(ls -d /proc/[0-9]* | wc -l) \$(grep -l . /proc/[0-9]*/cmdline 2> /dev/null | wc -l)"
COMMANDS
	truncate -s 64k "$work/commands" # zeros behind the end: sh has left before
}
disk() { # FILE SERIAL
	echo "-drive if=none,id=$2,format=raw,file=$1,snapshot=on -device virtio-blk-pci,drive=$2,serial=$2"
}
debian() {
	# shellcheck disable=SC2046
	emulate "$work/debian" -kernel "$guest/vmlinuz" -initrd "$guest/initrd" -append "root=/dev/vda ro quiet console=ttyS0 no_timer_check assay.run=1" \
		$(disk "$guest/disk.img" root) $(disk "$work/commands" commands) $(disk "$work/program" program)
}
ours() {
	emulate "$work/ours" -kernel "$image" -append "no_timer_check assay.plan=selftest-noise assay.self.noise.seconds=$seconds assay.self.idle.seconds=$seconds"
}

# Each measurement of a log: name, CPU, value.
figures() { # LOG
	sed -n 's/.*"measurement":{"name":"\([a-z_0-9]*\)","value":\([0-9.e+-]*\).*"axis":"cpu","value":\([0-9]*\).*/\1 \3 \2/p; s/.*"measurement":{"name":"\(idle_switches\|processes\|programs\)","value":\([0-9.e+-]*\).*/\1 - \2/p' "$1.text"
	sed -n 's/^idle: \([0-9]*\) \([0-9]*\) \([0-9]*\)$/\1 \2 \3/p' "$1.text" | awk '{ print "idle_switches - " $1 / 1000; print "processes - " $2; print "programs - " $3 }'
}

commands
for round in $(seq "$rounds"); do
	ours
	figures "$work/ours" | sed 's/^/ours /' > "$work/figures.now"
	debian
	figures "$work/debian" | sed 's/^/debian /' >> "$work/figures.now"
	grep -q '^ours stolen' "$work/figures.now" && grep -q '^debian stolen' "$work/figures.now" || {
		tail -n 5 "$work/ours.text" "$work/debian.text" >&2
		echo "bench-noise: round $round: a guest did not measure" >&2
		exit 1
	}
	cat "$work/figures.now" >> "$work/figures"
	echo "round $round of $rounds" >&2
done

value() { # WHOSE NAME CPU ("" for all)
	awk -v whose="$1" -v name="$2" -v cpu="$3" '$1 == whose && $2 == name && (cpu == "" || $3 == cpu) { print $4 }' "$work/figures" | sort -n |
		awk '{ v[NR] = $1 } END { if (NR) print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2; else print "nan" }'
}
row() { # NAME UNIT WHAT TARGET
	awk -v what="$3 ($2)" -v one="$(value ours "$1" "$5")" -v all="$(value ours "$1" "")" -v debian="$(value debian "$1" "")" -v target="$4" 'BEGIN {
		printf "%-52s %12.4g %12.4g %12.4g %9s  %s\n", what, one, all, debian, (debian > 0) ? sprintf("%.3g", one / debian) : "-", target }'
}
echo "$rounds rounds of $seconds s, alternating; $what; medians"
printf '%-52s %12s %12s %12s %9s  %s\n' "" "ours, cpu $measured" "ours, all" "Debian 12" "ratio" "target"
row stolen % "stolen" "at most 0.1$floor" $measured
row longest us "longest interruption" "at most 0.1$floor" $measured
row interruptions /s "interruptions over 5 us" "" $measured
row interrupts /s "interrupts, by the guest's kernel" "" $measured
row softirqs /s "soft interrupts, by the guest's kernel" "" $measured
row preemptions /s "preemptions of the spinning thread" "" $measured
row context_switches /s "context switches while the CPUs spin" "" $measured
row idle_switches /s "idle context switches" "under 2" ""
sed -n 's/.*"diagnosis":{"verdict":"idle[a-z-]*".*"message":"\([^"]*\)".*/# ours, last round: \1/p' "$work/ours.text"
row processes 1 "processes, threads of the kernel among them" "" ""
row programs 1 "programs (with a command line)" "" ""
