#!/bin/sh
# boot.sh [ROUNDS] - seconds from QEMU's start to process 1 and to the first sample, beside Debian's stock kernel with a
# trivial init, alternating in one run on the same emulated machine. Medians and their ratio; judges nothing.
set -eu

B=${B:-build}
rounds=${1:-5}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

image=$B/assay.efi
[ -r "$image" ] || { echo "bench-boot: no $image; make image comes first" >&2; exit 1; }

stock_kernel() { # the newest of this Debian release, downloaded and unpacked, not installed
	name=$(apt-cache depends linux-image-amd64 | sed -n 's/.*Depends: //p' | head -n 1)
	(cd "$work" && apt-get -qq -o APT::Sandbox::User=root download "$name" && dpkg-deb -x ./*.deb stock)
	ls "$work"/stock/boot/vmlinuz-*
}

trivial_initramfs() {
	mkdir -p "$work/root"
	musl-gcc -static -Os -o "$work/root/init" "$(dirname "$0")/trivial-init.c"
	(cd "$work/root" && echo init | cpio -o -H newc --quiet) > "$work/trivial.cpio"
}

now_ms() { echo $(($(date +%s%N) / 1000000)); }

# boot LOG KERNEL [qemu arguments]: starts it, and notes when each of the words in $awaited first stands on the serial port.
boot() {
	log=$1 kernel=$2
	shift 2
	: > "$log"
	start=$(now_ms)
	qemu-system-x86_64 -M q35 -cpu max -smp 2 -m 1G -accel tcg -nodefaults -display none -no-reboot -serial "file:$log" \
		-kernel "$kernel" "$@" < /dev/null > "$work/qemu.log" 2>&1 &
	pid=$!
	for word in $awaited; do
		until grep -aq "$word" "$log"; do
			kill -0 $pid 2> /dev/null || grep -aq "$word" "$log" || { echo "no '$word' from $kernel:" >&2; tail -n 5 "$log" "$work/qemu.log" >&2; exit 1; }
			sleep 0.01
		done
		printf '%s\n' $(($(now_ms) - start))
	done
	wait $pid || true
}

median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] / 1000 }'; }

stock=$(stock_kernel)
trivial_initramfs
for round in $(seq "$rounds"); do
	awaited='^assay self.null' boot "$work/ours.log" "$image" > "$work/ours"
	sed -n 1p "$work/ours" >> "$work/ours.pid1"
	sed -n 2p "$work/ours" >> "$work/ours.sample"
	awaited='trivial' boot "$work/stock.log" "$stock" -initrd "$work/trivial.cpio" -append "console=ttyS0 quiet" > "$work/stock.one"
	cat "$work/stock.one" >> "$work/stock.pid1"
done
ours=$(median "$work/ours.pid1") sample=$(median "$work/ours.sample") theirs=$(median "$work/stock.pid1")
echo "seconds from QEMU's start (TCG, q35, -cpu max, 2 CPUs, 1 GB; median of $rounds, alternating)"
printf '%-52s %6s s\n' "assay.efi to process 1" "$ours" "assay.efi to the first sample" "$sample" \
	"$(basename "$stock") + trivial init to process 1" "$theirs"
awk -v a="$ours" -v b="$sample" -v c="$theirs" 'BEGIN { printf "ratio to the stock kernel: process 1 %.2f, first sample %.2f\n", a / c, b / c }'
