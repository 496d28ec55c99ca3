#!/bin/sh
# boot.sh [ROUNDS] - seconds from QEMU's start, alternating in one run on one emulated machine (q35, 2 CPUs, 1 GB, virtio disks and
# NIC): our image to its first sample; a trivial init on the same kernel; a stock Debian 12 guest to its idle login (the login prompt
# on ttyS0 and systemd calling itself running, the later of the two). Medians and ratios; judges nothing. WHAT= names some of the four.
# Where one boot of a kernel differs from the next by more than what is looked for (a shared host), a boot's own first line, which is
# where the trivial init has its only one, says how far the kernel was: that ratio is printed, too.
set -eu

B=${B:-build}
rounds=${1:-5}
here=$(dirname "$0")
patience=${PATIENCE:-10}
WHAT=${WHAT:-trivial survey quick debian}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

image=$B/assay.efi
[ -r "$image" ] || { echo "bench-boot: no $image; make image comes first" >&2; exit 1; }
guest=$("$here/debian-guest.sh")

trivial_initramfs() { # laid over the image's own: the same kernel, another init
	mkdir -p "$work/root"
	musl-gcc -static -Os -o "$work/root/init" "$here/trivial-init.c"
	(cd "$work/root" && echo init | cpio -o -H newc --quiet) > "$work/trivial.cpio"
}

# moments FILE "PATTERN"... -- [qemu arguments]: a line of seconds more in FILE
moments() {
	file=$1
	shift
	patterns=
	while [ "$1" != -- ]; do
		patterns="$patterns $1"
		shift
	done
	shift
	# shellcheck disable=SC2086
	python3 "$here/moments.py" $((60 * patience)) $patterns -- qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot \
		-M q35 -cpu max -accel tcg,thread=single -smp 2 -m 1G -serial stdio \
		-netdev user,id=n,net=198.18.0.0/24,host=198.18.0.2 -device virtio-net-pci,netdev=n,romfile= "$@" >> "$work/$file"
}
drive() { # FILE SERIAL
	echo "-drive if=none,id=$2,format=raw,file=$1,snapshot=on -device virtio-blk-pci,drive=$2,serial=$2"
}
ours() { # FILE "words" [qemu arguments]
	file=$1 words=$2
	shift 2
	# shellcheck disable=SC2046
	moments "$file" '^(assay.[0-9a-f]{12}|trivial)' '^(..1/[0-9]|trivial)' -- -kernel "$image" -append "no_timer_check $words" \
		$(drive "$work/disks/scratch.raw" assay-scratch) $(drive "$work/disks/results.raw" assay-results) "$@"
}
debian() {
	# shellcheck disable=SC2046
	moments debian '^debian.login:' '^guest:.idle' -- -kernel "$guest/vmlinuz" -initrd "$guest/initrd" \
		-append "root=/dev/vda ro quiet console=ttyS0 no_timer_check" $(drive "$guest/disk.img" root)
}

# The disks as `make run` gives them: an empty one to write on, and a results partition.
disks() {
	sed '/^\[peer\]/,$d' config/machines/file-virtio.ini > "$work/machine.ini"
	"$B/assay" boot "$work/machine.ini" plan=survey accel=tcg image="$image" payload="$B/payload.json" work="$work/disks" results="$work/results" \
		words="assay.self.null.seconds=0.1 assay.self.noise.seconds=0.1" > "$work/said" 2>&1 || { cat "$work/said" >&2; exit 1; }
}

median() { # FILE: of the later of a line's moments
	awk '{ print ($1 > $2 ? $1 : $2) }' "$work/$1" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}
spread() {
	awk '{ print ($1 > $2 ? $1 : $2) }' "$work/$1" | sort -n | awk 'NR == 1 { least = $1 } { most = $1 } END { print least " to " most }'
}
row() { # FILE WHAT
	wanted "$1" || return 0
	printf '%-66s %6.2f s  (%s)\n' "$2" "$(median "$1")" "$(spread "$1")"
}
within() { # FILE WHAT TARGET: a boot's second moment over its first, the median of the boots
	wanted "$1" || return 0
	awk '{ print $2 / $1 }' "$work/$1" | sort -n |
		awk -v what="$2" -v target="$3" '{ v[NR] = $1 } END { printf "%-66s %6.2f    target: %s\n", what, v[int((NR + 1) / 2)], target }'
}
ratio() { # FILE FILE WHAT TARGET
	wanted "$1" && wanted "$2" || return 0
	awk -v a="$(median "$1")" -v b="$(median "$2")" -v what="$3" -v target="$4" 'BEGIN { printf "%-66s %6.2f    target: %s\n", what, a / b, target }'
}

trivial_initramfs
disks
wanted() {
	case " $WHAT " in *" $1 "*) ;; *) return 1 ;; esac
}
for round in $(seq "$rounds"); do
	! wanted trivial || ours trivial "assay.plan=survey" -initrd "$work/trivial.cpio"
	! wanted survey || ours survey "assay.plan=survey"
	! wanted quick || ours quick "assay.plan=quick assay.scratch=serial:assay-scratch:1G assay.countdown=0"
	! wanted debian || debian
	echo "round $round: $(for what in $WHAT; do tail -n 1 "$work/$what"; done | tr '\n' ' ')" >&2
done
echo "seconds from QEMU's start (TCG, $rounds rounds, alternating): median (least to most)"
row trivial "trivial init on the image's kernel, its first line"
row survey "assay.efi, plan survey (what it does by itself), first sample"
row quick "assay.efi, plan quick (DHCP before it; no countdown), first sample"
row debian "Debian 12 ($(awk '/linux-image/ { print "cloud kernel " $2 } /^systemd/ { print "systemd " $2 }' "$guest/versions" | paste -sd ' ')), idle login"
ratio survey trivial "survey : trivial init" "at most 1.3"
within survey "survey : its own first line, boot by boot" "at most 1.3"
ratio quick trivial "quick : trivial init" "at most 1.3"
within quick "quick : its own first line, boot by boot" "at most 1.3"
ratio debian survey "Debian : survey" "at least 10"
ratio debian quick "Debian : quick" "at least 10"
