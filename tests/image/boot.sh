#!/bin/sh
# boot.sh - the main job as `make run` does it: boot, stock iperf at the other end, collect, judge; and when it must say no.
. "$(dirname "$0")/qemu.sh"
skip_without iperf bon_csv2html

words="assay.self.null.seconds=0.2 assay.self.noise.seconds=0.3 assay.net.tcp.seconds=2 assay.net.udp.seconds=2 assay.file.bonnie.size=2m
	assay.file.bonnie.seeks=50 assay.file.bonnie.files=1 assay.file.bonnie.definition=1.03 assay.file.bonnie.repeats=2 assay.file.iozone.max_file=64k"
words=$(echo $words)
cp "$here/config/machines/file-virtio.ini" machine.ini
sed '/^\[peer\]/,$d; /^\[nic/,/^$/d' machine.ini > alone.ini

desk() { # NAME MACHINE [ARGUMENT...]: exit code in NAME/code
	name=$1 machine=$2
	shift 2
	mkdir -p "$name"
	desk_once "$@"
	if is_silent "$name"; then
		ln -sf said "$name/qemu"
		remark_silence "$name"
		rm -rf "$name/guest" "$name/results"
		desk_once "$@" ${more_time:+timeout=$more_time}
	fi
	records "$name"
}
desk_once() {
	code=0
	"$assay" boot "$machine" accel="$accel" image="$image" ${initrd:+initrd="$initrd"} results="$name/results" work="$name/guest" \
		payload="${image%/*}/payload.json" "$@" > "$name/said" 2>&1 || code=$?
	echo $code > "$name/code"
	cp "$name/guest/console.log" "$name/console" 2> /dev/null || : > "$name/console"
}
exit_code() { [ "$(cat "$1/code")" = "$2" ]; }
said() { grep -q -e "$2" "$1/said"; }
verifies() { "$assay" verify results="$1/results" > "$1/verify"; }
beside() { [ -s "$1/results/latest/$2" ]; }
leftovers() { # processes of ours that outlived the boot
	for command in /proc/[0-9]*/cmdline; do
		if { tr '\0' ' ' < "$command"; } 2> /dev/null | grep -q -e "$1"; then return 0; fi
	done
	return 1
}

desk full machine.ini words="$words" &
desk alone alone.ini words="$words" &
wait
more_time=90
desk late machine.ini words="assay.self.noise.seconds=300" plan=survey timeout=30 &
more_time=
desk refused machine.ini words="assay.nonsense=1" &
wait

check "the whole path: exit 0" exit_code full 0
for step in s1 s2 s3 s4 s5 s6 s7; do
	check "step $step is ok" outcome full $step ok
done
check "the table is there" said full '^net.tcp *outgoing '
check "it verifies" verifies full
for name in journal.jsonl journal.sha256 console.log summary.txt command.sh collect.json peer-tcp.txt peer-udp.txt; do
	check "$name beside it" beside full $name
done
check "the serial log is kept as it came" cmp -s full/guest/console.log full/results/latest/console.log
bonnie=full/results/latest/s6-bonnie
check "bonnie's table: two runs and their average, of both halves" test "$(grep -c '^assay .* \(run [12]\|average\) .*[0-9]$' $bonnie-page.txt)" = 6
check "the stock reader makes a page of it" test "$(bon_csv2html < $bonnie-1.98.csv | grep -c '>assay<')" = 2
twin "not of 1.03's own lines" test "$(bon_csv2html < $bonnie.csv 2> /dev/null | grep -c '>assay<')" = 2
check "stock iperf saw the connection" grep -q 'Mbits/sec\|Gbits/sec' full/results/latest/peer-tcp.txt
check "and connected back" grep -q 'Client connecting\|reverse' full/results/latest/peer-tcp.txt
twin "a frame taken out is found" sh -c 'sed -i "/^@assay 9 /d" full/results/latest/console.log; "$0" verify results=full/results > full/twin' "$assay"

check "without a network: exit 0, too" exit_code alone 0
check "but skipped" outcome alone s4 skipped
twin "and not measured" outcome alone s4 ok
check "at its time limit: exit 1" exit_code late 1
check "and said" said late 'time limit'
check "what it had recorded is kept" beside late journal.jsonl
check "a refused setting: exit 1" exit_code refused 1
check "and said" said refused 'ended with an error'
twin "nothing is left running" leftovers "[f]ull/guest\|[l]ate/guest\|[a]lone/guest"
finish
