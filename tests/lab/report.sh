#!/bin/sh
# report.sh - what people read, to the letter.
. "$(dirname "$0")/lib.sh"

make_run
mkdir -p results/$run_id
echo "iozone" > s2-iozone.txt
cp journal.jsonl journal.sha256 console.log payload.json s2-iozone.txt results/$run_id
echo '{"runId":"'$run_id'","machine":"made-up","accel":"tcg","journal":{"rebuilt":false}}' > results/$run_id/collect.json
ln -sfn "$run_id" results/latest
"$assay" report > report.txt
sed 's/ *$//; /^verify   /,$d' report.txt > got.txt
sed 's/ *$//' > want.txt <<'END'
run      20260131-120000-00112233445566778899aabbccddeeff
machine  made-up, tcg: emulated, so figures are the emulator's
device   test machine
platform made up
plan     quick
image    sha256 dd44
took     27 s
end      COMPLETE, PASS

net.tcp            ok       2.50 s, on 198.18.0.2
file.iozone        ok       7.00 s

step               metric                 at                      value unit                min          max      n
net.tcp            throughput                                     941.0 Mbit/s            941.0        941.5      3
file.iozone write, KiB/s: file down, record across
                4 KiB     8 KiB    16 KiB
     64 KiB     256.0     512.0      1024
    128 KiB     512.0      1024      2048
    256 KiB      1024      2048      4096

WARNING  net.tcp: one segment came twice
UNKNOWN  file.iozone: host-cache: faster than the disk can be

END
if cmp -s want.txt got.txt; then
	ok "the report"
else
	not_ok "the report"
	diff want.txt got.txt | sed 's/^/  # /' || true
fi
# The tables of the stock tools: a step of each, with its figures told apart by name, place and rounding.
python3 "$here/tests/lab/page-runs.py" metal metal 2 1
"$assay" report metal/boot-1 > tables.txt
row() { grep -EA "$2" -e "$1" tables.txt | grep -qE "$3"; }
check "ping's table" row '^ping .* mdev ms' 1 '^net.ping +10.00 +10.00 +0 +0\.[0-9]+ .* 0\.0100$'
check "iperf's table" row '^iperf, TCP .*in Mbit/s' 1 '^net.tcp started here +9[0-9][0-9]\.. +9[0-9][0-9]\.. '
check "bonnie++'s table" row 'Per Chr--- ---Block---- --Rewrite---' 2 '^file.bonnie +[89][0-9][0-9]\.. +42 +9[0-9]{4} +42 '
check "bonnie++'s files" row 'Create--- ----Read---- ---Delete---' 2 '^file.bonnie +4[0-9]{3} +42 +[78][0-9]{4} +42 '
check "what each machine got together" row '^net.simultaneous tcp, first 1 +alone' 2 '^  machine 2 +930.0 +410.0 +44.09 +55.91'
check "and all" row '^net.simultaneous tcp, first 1 +alone' 3 'all together +930.0   fairness 0.9860'
check "percentiles, by place" row '^latency by percentile' 2 '^disk.latency random read read, 4k x 8 requests +us +[0-9.]+ +[0-9.]+ +- +[0-9.]+ +[0-9.]+'
check "iozone's matrix" row '^file.iozone ext4 freread, KiB/s' 2 '^ +64 KiB +[0-9]+ +[0-9]+ +[0-9]+ +[0-9]+ +[0-9]+ +-'
twin "a table of what was not measured" grep -q '^iperf 3' tables.txt
sed '/"name":"bonnie.txt"/d; s/"value":10,"unit":"packets"/"value":11,"unit":"packets"/' metal/boot-2/journal.jsonl > changed && mv changed metal/boot-2/journal.jsonl
says "a run whose hashes do not hold is said to be worth nothing" 0 '^verify   .*: not to be trusted$' "$assay" report metal/boot-2
says "and why" 0 '^E5  fail  .*: .' "$assay" report metal/boot-2
says "one whose do is not" 0 '^verify   .* pass.*: verified' "$assay" report metal/boot-1
twin "nor does it fail at anything" sh -c '"$1" report metal/boot-1 | grep -q "^[A-Z][0-9]*  *fail "' sh "$assay"
# What is not plainly met is said as assay verify says it, up to the number of reasons; how many are is the same.
verdicts() { grep -E '^[A-Z][0-9]+ +(fail|missing|informative only) ' "$1" > "$1.verdicts" && [ -s "$1.verdicts" ]; }
same_verdicts() { # RUN OTHER-RUN
	"$assay" report "$1" > reported || return 1
	"$assay" verify "$2" > verified || [ $? = 1 ] || return 1
	verdicts reported && verdicts verified && cmp -s reported.verdicts verified.verdicts &&
		[ "$(sed -n 's/^verify   \(.*\):.*/\1/p' reported)" = "$(sed -n 's/.*: [0-9]* records, head [^,]*, \(.*[a-z]\), [a-z; ]*$/\1/p' verified)" ]
}
for run in metal/boot-1 metal/boot-2 "$run_id"; do check "the verdicts of $run are those of assay verify" same_verdicts "$run" "$run"; done
twin "those of another run" same_verdicts metal/boot-1 metal/boot-2
says "by its id" 0 'plan     quick' "$assay" report "$run_id"
says "by its folder" 0 'plan     quick' "$assay" report "results/$run_id"
says "two runs" 0 'plan     quick' "$assay" report "$run_id" latest
says "one machine does not differ from itself" 0 'the machines do not differ' "$assay" report "$run_id" latest
python3 "$here/tests/lab/page-runs.py" vm vm 1 0.7
says "two machines: in what they differ, beneath the reports" 0 '^   clock  *clocksource  *tsc | kvm-clock$' "$assay" report metal/boot-1 vm/boot-1
says "and which is which" 0 '^B  20260131-[0-9a-f-]*, vm$' "$assay" report metal/boot-1 vm/boot-1
says "no such run" 1 'no run there' "$assay" report nothing
grep -v testRunEnd journal.jsonl > results/$run_id/journal.jsonl
says "a run that was cut" 0 'end      none: the run was cut off' "$assay" report
finish
