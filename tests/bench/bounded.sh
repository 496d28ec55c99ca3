#!/bin/sh
# bounded.sh - what bounded mode of file.iozone saves, and what it costs in truth: exact, bounded, exact on one file system, a loop device
# in memory that the block cgroup throttles to RATE and whose unwritten data are limited, the process in a memory cgroup: a small machine
# with a slow disk. Bounded mode measures the whole surface. Exact mode measures all pairs of file and record size up to SMALL, REPEATS
# times (cells from memory differ from pass to pass), and of each larger file a sample of its pairs, twice: `bounded.py sample` chooses them
# by SEED, and they are printed. SAMPLE=all takes all of them. bounded.py prints times (measured, projected), deviations, what misses.
# Judges nothing. Root, cgroup v1. About an hour at 100 MB/s.
# Settings: MAX_FILE (2g), MAX_RECORD (16m), MEMORY (256M), DIRTY (40M), RATE (100000000 bytes/s), SMALL (64m), REPEATS (5), SEED (1),
# SAMPLE (2g:2,1g:3,512m:4,256m:6: pairs of a size, all of the sizes not named), PARTS (small1 large1 bounded large2 small2),
# KEEP=DIR keeps the journals; those of earlier PARTS are found there. Part `turns`: both modes up to SMALL, REPEATS times in turns (exact bounded bounded exact ...): a machine
# whose speed drifts by a tenth within minutes, as shared ones do, tells no difference of the modes from one run of each; medians of the turns do;
# FIRST (1) is the first turn to take: those before it are in KEEP.
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
ASSAY=${ASSAY:-$here/build/assay} MAX_FILE=${MAX_FILE:-2g} MAX_RECORD=${MAX_RECORD:-16m} MEMORY=${MEMORY:-256M} DIRTY=${DIRTY:-40M}
RATE=${RATE:-100000000} SMALL=${SMALL:-64m} REPEATS=${REPEATS:-5} SEED=${SEED:-1} SAMPLE=${SAMPLE:-2g:2,1g:3,512m:4,256m:6}
PARTS=${PARTS:-small1 large1 bounded large2 small2} FIRST=${FIRST:-1} blkio=/sys/fs/cgroup/blkio
own=$(sed -n 's/^[0-9]*:memory://p' /proc/self/cgroup)
group=/sys/fs/cgroup/memory${own%/}/assay-bounded.$$
if [ "$(id -u)" != 0 ] || [ ! -d "/sys/fs/cgroup/memory$own" ] || [ ! -d $blkio ]; then
	echo "bounded: needs root and cgroup v1" >&2
	exit 77
fi
work=$(mktemp -d)
KEEP=${KEEP:-$work/journals}
loop='' number=''

bytes_of() { numfmt --from=iec "$(echo "$1" | tr '[:lower:]' '[:upper:]')"; }
leave() {
	[ -z "$number" ] || for way in read write; do echo "$number 0" > $blkio/blkio.throttle.${way}_bps_device; done
	umount "$work/mount" 2> /dev/null || true
	[ -z "$loop" ] || losetup -d "$loop"
	umount "$work/back" 2> /dev/null || { sleep 1; umount "$work/back" || true; }
	rmdir "$group" 2> /dev/null || true
	rm -rf "$work"
}
trap leave EXIT
trap 'exit 1' INT TERM

size=$(($(bytes_of "$MAX_FILE") * 5 / 4 + (256 << 20)))
mkdir -p "$work/back" "$work/mount" "$group" "$KEEP"
mount -t tmpfs -o size=$((size + (64 << 20))) tmpfs "$work/back"
dd if=/dev/zero of="$work/back/disk" bs=1M count=$((size >> 20)) status=none
loop=$(losetup -f --show "$work/back/disk")
mkfs.ext4 -q -F -E lazy_itable_init=0,lazy_journal_init=0 "$loop"
mount -o noatime "$loop" "$work/mount"
number=$(lsblk -dno MAJ:MIN "$loop" | tr -d ' ')
for way in read write; do echo "$number $RATE" > $blkio/blkio.throttle.${way}_bps_device; done
echo 128 > "/sys/class/bdi/$number/read_ahead_kb"
echo 1 > "/sys/class/bdi/$number/strict_limit"
bytes_of "$DIRTY" > "/sys/class/bdi/$number/max_bytes"
echo "$MEMORY" > "$group/memory.limit_in_bytes"

assay() {
	# shellcheck disable=SC2016 # the inner shell expands them
	sh -c 'echo $$ > "$1/cgroup.procs"; shift; exec "$@"' sh "$group" "$ASSAY" "$@"
}
measure() { # NAME WORD...
	name=$1
	shift
	start=$(date +%s.%N)
	assay run file.iozone "target=$work/mount" small_records=yes tests=0,1,2,3,4,5,6,7 format=jsonl "$@" > "$KEEP/$name.jsonl" ||
		echo "bounded: $name did not end well"
	echo "$(date +%s.%N) $start" | awk '{ print $1 - $2 }' > "$KEEP/$name.time"
	echo "$(date +%T) $name $*: $(cat "$KEEP/$name.time") s"
}
repeat_small() { # FROM TO
	for i in $(seq "$1" "$2"); do
		measure "small-$i" mode=exact max_file="$SMALL" max_record="$MAX_RECORD"
	done
}
take_turns() {
	for i in $(seq "$FIRST" "$REPEATS"); do
		[ $((i % 2)) = 0 ] || measure "turn-exact-$i" mode=exact max_file="$SMALL" max_record="$MAX_RECORD"
		measure "turn-bounded-$i" mode=bounded max_file="$SMALL" max_record="$MAX_RECORD"
		[ $((i % 2)) = 1 ] || measure "turn-exact-$i" mode=exact max_file="$SMALL" max_record="$MAX_RECORD"
	done
}
sample_large() { # 1 or 2
	python3 "$here/tests/bench/bounded.py" sample "$SMALL" "$MAX_FILE" "$MAX_RECORD" "$SAMPLE" "$SEED" | while read -r file record; do
		measure "large-$file-$record-$1" mode=exact files="$file" records="$record" < /dev/null
	done
}
half=$(((REPEATS + 1) / 2))
for part in $PARTS; do
	case $part in
	small1) repeat_small 1 $half ;;
	large1) sample_large 1 ;;
	bounded) measure bounded mode=bounded max_file="$MAX_FILE" max_record="$MAX_RECORD" ;;
	large2) sample_large 2 ;;
	turns) take_turns ;;
	small2) repeat_small $((half + 1)) "$REPEATS" ;;
	esac
done
python3 "$here/tests/bench/bounded.py" report "$KEEP" "$SMALL" "$MAX_FILE" "$MAX_RECORD" "$MEMORY"
