#!/bin/sh
# bounded.sh - what bounded mode of file.iozone saves, and what it costs in truth: exact, bounded, exact on one file system, a loop device
# in memory that the block cgroup throttles to RATE and whose unwritten data are limited, the process in a memory cgroup: a small machine
# with a slow disk. bounded.py prints times, deviations, each test, and the cells that miss. Judges nothing. Root, cgroup v1.
# Settings: MAX_FILE (2g), MAX_RECORD (16m), MEMORY (256M), DIRTY (40M), RATE (200000000 bytes/s), KEEP=DIR keeps the journals.
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
ASSAY=${ASSAY:-$here/build/assay} MAX_FILE=${MAX_FILE:-2g} MAX_RECORD=${MAX_RECORD:-16m} MEMORY=${MEMORY:-256M} DIRTY=${DIRTY:-40M}
RATE=${RATE:-200000000} blkio=/sys/fs/cgroup/blkio
own=$(sed -n 's/^[0-9]*:memory://p' /proc/self/cgroup)
group=/sys/fs/cgroup/memory${own%/}/assay-bounded
[ "$(id -u)" = 0 ] && [ -d "/sys/fs/cgroup/memory$own" ] && [ -d $blkio ] || { echo "bounded: needs root and cgroup v1" >&2; exit 77; }
work=$(mktemp -d)
loop= number=

bytes_of() { numfmt --from=iec "$(echo "$1" | tr a-z A-Z)"; }
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
mkdir "$work/back" "$work/mount"
mkdir -p "$group"
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

measure() { # NAME MODE
	start=$(date +%s.%N)
	# shellcheck disable=SC2016 # the inner shell expands them
	sh -c 'echo $$ > "$1/cgroup.procs"; shift; exec "$@"' sh "$group" "$ASSAY" run file.iozone "target=$work/mount" max_file="$MAX_FILE" \
		max_record="$MAX_RECORD" small_records=yes tests=0,1,2,3,4,5,6,7 mode="$2" format=jsonl > "$work/$1.jsonl" || echo "bounded: $1 did not end well"
	echo "$(date +%s.%N) $start" | awk '{ print $1 - $2 }' > "$work/$1.time"
	echo "$1: $(cat "$work/$1.time") s"
}
measure exact-1 exact
measure bounded bounded
measure exact-2 exact
[ -z "${KEEP:-}" ] || cp "$work"/*.jsonl "$work"/*.time "$KEEP"
python3 "$here/tests/bench/bounded.py" "$work"
