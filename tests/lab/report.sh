#!/bin/sh
# report.sh - what people read, to the letter.
. "$(dirname "$0")/lib.sh"

make_run
mkdir -p results/$run_id
cp journal.jsonl journal.sha256 console.log payload.json results/$run_id
echo '{"runId":"'$run_id'","machine":"made-up","accel":"tcg","journal":{"rebuilt":false}}' > results/$run_id/collect.json
ln -sfn "$run_id" results/latest
"$assay" report > report.txt
sed 's/ *$//' report.txt > got.txt
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
says "by its id" 0 'plan     quick' "$assay" report "$run_id"
says "by its folder" 0 'plan     quick' "$assay" report "results/$run_id"
says "two runs" 0 'plan     quick' "$assay" report "$run_id" latest
says "no such run" 1 'no run there' "$assay" report nothing
grep -v testRunEnd journal.jsonl > results/$run_id/journal.jsonl
says "a run that was cut" 0 'end      none: the run was cut off' "$assay" report
finish
