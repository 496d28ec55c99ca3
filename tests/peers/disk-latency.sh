#!/bin/sh
# disk-latency.sh - disk.latency beside fio's io_uring engine, on a file of an ext4 on a loop device: whether what we count is
# what the disk did, and, where the kernel's throttle sets the pace, whether both say the same. A free disk's speed is not judged.
set -eu
. "$(dirname "$0")/../check.sh"
need fio losetup mkfs.ext4 python3
[ "$(id -u)" = 0 ] || { echo "ok - loop devices need root # SKIP"; exit 77; }

loop=
group=
leave() {
	cd /
	[ -z "$group" ] || throttle bps 0
	for try in 1 2 3 4 5 6 7 8 9 10; do # what was stuck has to end first
		mountpoint -q "$WORK/fs" || break
		umount "$WORK/fs" 2> /dev/null || sleep "$try"
	done
	[ -z "$loop" ] || losetup -d "$loop" || :
	[ -z "$group" ] || rmdir "$group" 2> /dev/null || :
}
trap leave EXIT
throttle() { # iops|bps MOST, 0: none: of reads, in either version of cgroups
	if [ -w "$group/io.max" ]; then
		echo "$device r$1=$2" | sed 's/=0$/=max/' > "$group/io.max"
	else
		echo "$device $2" > "$group/blkio.throttle.read_$1_device"
	fi
}
mkdir -p fs
truncate -s 96M image
mkfs.ext4 -q -F image
loop=$(losetup -f --show image)
mount "$loop" fs
dd if=/dev/urandom of=fs/disk bs=1M count=48 conv=fsync status=none
name=${loop#/dev/}
device=$(cat "/sys/block/$name/dev")

ours() { "$assay" run disk.latency target=fs/disk records=4k precondition=no "$@"; }
figure() { awk -v kind="$1" -v column="$2" '$1 == kind && $2 == 4096 { print $column; exit }' "$3"; } # KIND COLUMN FILE
near() { awk -v a="$1" -v b="$2" -v percent="$3" 'BEGIN { exit !(a > 0 && a >= b * (1 - percent / 100) && a <= b * (1 + percent / 100)) }'; }
between() { awk -v a="$1" -v low="$2" -v high="$3" 'BEGIN { exit !(a >= low && a <= high) }'; }

# ---- what is counted reaches the disk: /proc/diskstats' requests, and what was merged into them, against IOPS x seconds

requests() { awk -v name="$name" -v column="$1" '$3 == name { print $column + $(column + 1) }' /proc/diskstats; }
for op in read write; do
	[ $op = read ] && column=4 || column=8
	before=$(requests $column)
	ours op=$op depths=4 ramp=0 seconds=1 > $op.txt
	done=$(($(requests $column) - before))
	counted=$(figure $op 4 $op.txt)
	# The 64 samples of the region before; the 4 that end after the window; a few blocks of the file system's own.
	check "$op: $counted counted, the disk did $done" between "$done" "$counted" "$(echo "$counted" | awk '{ print $1 * 1.01 + 200 }')"
	twin "half as many are told apart" between "$((done / 2))" "$counted" 1e12
done

# ---- beside fio, at the pace of the throttle: 400 reads a second, 8 in flight: 20 ms each (Little's law)

rate=400
group=/sys/fs/cgroup/assay-latency.$$
[ ! -w /sys/fs/cgroup/blkio/blkio.throttle.read_iops_device ] || group=/sys/fs/cgroup/blkio/assay-latency.$$
if ! mkdir "$group" 2> mkdir.err || ! throttle iops $rate 2> throttle.err; then
	rmdir "$group" 2> /dev/null || :
	group=
	echo "ok - no cgroup here throttles a disk: not beside fio # SKIP"
	finish
fi
slowed() { sh -c 'echo $$ > "$0/cgroup.procs"; exec "$@"' "$group" "$@"; }

slowed "$assay" run disk.latency target=fs/disk records=4k precondition=no depths=8 ramp=1 seconds=4 > slow.txt
slowed fio --name=peer --filename=fs/disk --rw=randread --bs=4k --iodepth=8 --ioengine=io_uring --registerfiles=1 --fixedbufs=1 \
	--direct=1 --norandommap=1 --ramp_time=1 --runtime=4 --time_based=1 --output-format=json --output=slow.json
fio_of() { python3 -c 'import json, sys; read = json.load(open("slow.json"))["jobs"][0]["read"]; print(eval(sys.argv[1]))' "$1"; }
iops=$(figure read 4 slow.txt)
mean=$(figure read 6 slow.txt)
fio_iops=$(fio_of 'read["iops"]')
fio_mean=$(fio_of 'read["lat_ns"]["mean"] / 1000')
flying=$(echo "$iops $mean" | awk '{ print $1 * $2 / 1e6 }')
# A busy machine holds up one or the other: a quarter is left for that, and none where it does not matter.
check "IOPS x mean latency: $flying in flight" near "$flying" 8 10
check "IOPS: ours $iops, fio's $fio_iops, the throttle's $rate" near "$iops" "$fio_iops" 25
check "mean latency: ours $mean us, fio's $fio_mean us" near "$mean" "$fio_mean" 25
twin "twice the latency is told apart" near "$(echo "$mean" | awk '{ print $1 * 2 }')" "$fio_mean" 25

# On a schedule of half that rate nothing waits; of twice that rate all wait longer and longer, and that shows in the response time.
open_loop() { # RATE FILE
	slowed "$assay" run disk.latency target=fs/disk records=4k precondition=no depths=8 ramp=0.5 seconds=3 rate="$1" format=jsonl > "$2"
}
p50() { # METRIC FILE, in us
	python3 -c 'import json, sys
for line in open(sys.argv[2]):
    measured = json.loads(line).get("testStepArtifact", {}).get("measurement", {})
    if measured.get("name") == sys.argv[1]:
        print(measured["value"])' "$1" "$2"
}
open_loop $((rate * 2)) fast.jsonl
check "twice the rate: the response time $(p50 read_response_p50 fast.jsonl) us holds the waiting, the service time $(p50 read_p50 fast.jsonl) us not" \
	between "$(p50 read_response_p50 fast.jsonl)" "$(p50 read_p50 fast.jsonl | awk '{ print 5 * $1 }')" 1e9
check "and $(p50 rate_reached fast.jsonl) % of that rate were reached" between "$(p50 rate_reached fast.jsonl)" 20 65
check "which is said" grep -q 'never started' fast.jsonl
open_loop $((rate / 2)) calm.jsonl
twin "of half the rate $(p50 rate_reached calm.jsonl) %" between "$(p50 rate_reached calm.jsonl)" 20 65

# ---- a disk that takes requests and does not answer: one line, within the limit

throttle iops 0
throttle bps 100
begin=$(date +%s)
slowed "$assay" run disk.latency target=fs/disk records=4k precondition=no depths=8 patience=1 > stuck.txt || :
took=$(($(date +%s) - begin))
check "a stuck disk is given up: $(tail -n 1 stuck.txt)" grep -q 'disk.latency: error: .*timed out' stuck.txt
check "after $took s" test $took -lt 20
finish
