#!/bin/sh
# disk.sh - how near our storage numbers are to bonnie++ 2.00a's and iozone 3.489's, and what our harness costs, on an ext4 of its own:
# a loop device on a file in memory, throttled where the disk is to limit. What is measured and how: disk.py, which prints the
# tables. Judges nothing: the exit code only says whether everything ran. Settings: ROUNDS (1), SIZE (256 MiB), RATE (100 MB/s), CACHED
# (3072 MiB), TABLES. Needs root: loop devices, mounts, and cgroup v1's blkio and memory.
set -eu
. "$(dirname "$0")/../check.sh"
need bonnie++ fio losetup mkfs.ext4 python3 unshare
if [ -z "${IN_NAMESPACE:-}" ]; then # mounts of its own: they end with it, however it ends
	export IN_NAMESPACE=1 WORK ASSAY="$assay"
	(cd "$here" && exec unshare -m --propagation private sh "$0") || exit
	exit 0
fi
throttle=/sys/fs/cgroup/blkio
memory=/sys/fs/cgroup/memory/assay-bench.$$
for file in "$throttle/blkio.throttle.write_bps_device" /sys/fs/cgroup/memory/memory.limit_in_bytes; do
	[ -w "$file" ] || { echo "bench-disk: no $file: cgroup v1's blkio and memory are needed, and root" >&2; exit 1; }
done

mkdir -p disk back
# shellcheck disable=SC2317 # by the trap
end_all() {
	[ -z "${number:-}" ] || limit 0
	umount disk 2> /dev/null || umount -l disk 2> /dev/null || true
	exec 9>&-
	umount back 2> /dev/null || true
	rmdir "$memory" 2> /dev/null || true
}
limit() { # BYTES_PER_SECOND, 0: none
	echo "$number $1" > "$throttle/blkio.throttle.read_bps_device"
	echo "$number $1" > "$throttle/blkio.throttle.write_bps_device"
}
trap end_all EXIT
trap 'exit 1' INT TERM HUP

SIZE=${SIZE:-256} RATE=${RATE:-100} CACHED=${CACHED:-3072} ROUNDS=${ROUNDS:-1} TABLES=${TABLES:-}
export SIZE RATE CACHED ROUNDS TABLES PYTHONDONTWRITEBYTECODE=1
mount -t tmpfs -o size=$((CACHED * 5 / 4 + 2048))m assay-bench back
truncate -s $((CACHED * 5 / 4 + 512))m back/image
# Nothing may be left for later: a lazily written inode table would be written while we measure.
mkfs.ext4 -q -F -E nodiscard,lazy_itable_init=0,lazy_journal_init=0 back/image
device=$(losetup -f --show back/image)
number=$(cat "/sys/block/${device#/dev/}/dev")
mount "$device" disk
losetup -d "$device" # when the last who has it open lets go, however this ends
# A disk in memory for io_uring: through the loop driver, since brd and null_blk are no part of every kernel.
head -c 1G /dev/zero > back/raw
raw=$(losetup -f --show back/raw)
exec 9< "$raw"
losetup -d "$raw"
mkdir "$memory"
export NUMBER="$number" MEMORY="$memory" THROTTLE="$throttle" RAW="$raw"
python3 "$here/tests/bench/disk.py" disk
