#!/bin/sh
# compare.sh [BOOTS] - what compare says of machines that are known: one machine description boots as two machines (identical) and as a third
# whose disk has FACTOR (0.5) of the rate, by QEMU's throttling; as a campaign, so interleaved (A B B A) and seeded. Its steps on the disk bypass the guest's
# page cache, so that the throttle is what limits them and not the emulator; those of bonnie++, which the plan leaves to the cache, and the
# latencies are the emulator's own and are printed beside them. compare.py prints the verdicts, and whether the factor lies within the interval of each rate.
# Judges nothing. Settings: RATE (20971520 bytes/s), FACTOR, SEED (1), ACCEL (tcg), KEEP=DIR keeps the campaign; called again with it, it goes on.
set -eu

B=${B:-build}
boots=${1:-4}
here=$(cd "$(dirname "$0")/../.." && pwd)
ASSAY=${ASSAY:-$B/assay} IMAGE=${IMAGE:-$B/assay.efi} PAYLOAD=${PAYLOAD:-$B/payload.json}
RATE=${RATE:-20971520} FACTOR=${FACTOR:-0.5} SEED=${SEED:-1} ACCEL=${ACCEL:-tcg}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
KEEP=${KEEP:-$work/campaign}

for file in "$ASSAY" "$IMAGE" "$PAYLOAD"; do
	[ -r "$file" ] || { echo "bench-compare: no $file; make comes first" >&2; exit 1; }
done
slow=$(awk -v rate="$RATE" -v factor="$FACTOR" 'BEGIN { printf "%.0f", rate * factor }')

machine() { # NAME BYTES/S
	cat <<MACHINE

[machine $1]
machine = $here/config/machines/file-virtio.ini
settings = disk.scratch.rate=$2
words = assay.file.iozone.direct=yes assay.file.iozone.files=8m assay.file.iozone.records=64k,256k,1m
MACHINE
}
cat > "$work/known.ini" <<CAMPAIGN
[campaign]
summary = two machines that are one, and one whose disk has $FACTOR of their rate
plan = selftest-storage
boots = $boots
seed = $SEED
noisy = keep
settings = memory=160M cpus=1 disk.scratch.size=32M nic.net0.model=none peer.kind=none
words = assay.settle=0 assay.disk.latency.records=64k,256k assay.disk.latency.seconds=3 assay.disk.latency.ramp=0.5
$(machine file-one "$RATE")
$(machine file-two "$RATE")
$(machine file-slow "$slow")

[compare identical]
machines = file-one,file-two

[compare slowed]
machines = file-one,file-slow
CAMPAIGN

began=$(date +%s)
"$ASSAY" campaign "$work/known.ini" folder="$KEEP" accel="$ACCEL" image="$IMAGE" payload="$PAYLOAD" > "$work/said" 2>&1 ||
	{ tail -n 20 "$work/said" >&2; exit 1; }
grep -E '^(failed|note) |boots done' "$work/said" || :
echo "disk: $RATE bytes/s for file-one and file-two, $slow for file-slow; $boots boots each, $(($(date +%s) - began)) s in all"
PYTHONDONTWRITEBYTECODE=1 python3 "$here/tests/bench/compare.py" "$KEEP/compare-identical.json" "$KEEP/compare-slowed.json" "$FACTOR"
