#!/bin/sh
# qemu.sh - boot the image and look at what it recorded. Sourced by the tests of this folder.
# A boot NAME leaves $WORK/NAME/{console,records,command,code}.
set -eu

image=$(realpath "${IMAGE:-build/assay.efi}")
qmp=$(realpath "$(dirname "$0")/../image/qmp.py")
initrd=${INITRD:+$(realpath "$INITRD")}
. "$(dirname "$0")/../check.sh"
accel=${ACCEL:-tcg} # KVM is a choice, not a guess: /dev/kvm may exist and not run a guest
skip_without qemu-system-x86_64
[ -r "$image" ] || { echo "not ok - no image at $image"; exit 1; }

# Limits in these tests are for a machine that is not busy with other things; they matter only when something hangs.
patience=${PATIENCE:-2}

# boot NAME SECONDS "kernel words" [QEMU ARGUMENT...]
# A boot in which our program never spoke says nothing about it (emulation of several CPUs has stumbled over the kernel's patching of
# its own code, and a busy host over its limit): it is tried once more, with a remark. One in which it spoke never is.
boot() {
	run=$1 limit=$2 words=$3
	shift 3
	mkdir -p "$run"
	# One thread for all CPUs: the guests of a test run side by side, and code that is patched is patched for all of them.
	# Emulated on a busy host the kernel's own check of its timer fails now and then (lab/machine/qemu.c).
	case $accel in kvm) cpu=host how=kvm ;; *) cpu=max how=$accel,thread=single words="no_timer_check $words" ;; esac
	set -- qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot -m 256M -smp 2 -cpu $cpu -accel "$how" \
		-kernel "$image" ${initrd:+-initrd "$initrd"} -append "$words" -serial "file:$run/console" "$@"
	run_and_record "$@"
}
run_and_record() { # QEMU...
	echo "$*" > "$run/command"
	run_guest "$@"
	if is_silent "$run"; then
		remark_silence "$run"
		run_guest "$@"
	fi
	records "$run"
}
run_guest() {
	code=0
	: > "$run/console"
	[ ! -f "$run.counted" ] || count_writes "$run"
	timeout -k 5 $((limit * patience)) "$@" > "$run/qemu" 2>&1 < /dev/null || code=$?
	echo $code > "$run/code"
}
count_writes() { # RUN: asks QEMU when the guest has switched itself off, and lets it end then
	rm -f "$1.sock" "$1.writes"
	python3 "$qmp" "$1.sock" "$1/console" shutdown "writes $1.writes" '{"execute":"quit"}' > "$1.qmp" 2>&1 &
}

is_silent() { # RUN: not one word of process 1 came over serial
	! grep -q '^assay \|^@assay ' "$1/console"
}
remark_silence() { # RUN
	echo "# $1: ended with code $(cat "$1/code") before process 1's first line; tried once more. The end of what came:"
	cat "$1/qemu" "$1/console" 2> /dev/null | tr -d '\r' | cut -c 1-200 | tail -n 12 | sed 's/^/  # /'
}

records() { # the journal lines that came over serial
	tr -d '\r' < "$1/console" | sed -n 's/^@assay [0-9]* [0-9a-f]* //p' > "$1/records"
}

disk() { # FILE SERIAL: arguments for a virtio disk
	echo "-drive if=none,id=d-$2,format=raw,file=$1 -device virtio-blk-pci,drive=d-$2,serial=$2"
}
scratch() { # SERIAL FILE: the words that name this disk: by its serial and its exact size; nobody is there to be waited for
	echo "assay.scratch=serial:$1:$(stat -c %s "$2") assay.countdown=0"
}
counted() { # NAME: QEMU's arguments for boot NAME, so that NAME.writes has afterwards what QEMU counted for each drive (qmp.py, writes)
	: > "$1.counted"
	echo "-no-shutdown -qmp unix:$1.sock,server=on,wait=off"
}
bystander() { # NAME: QEMU's arguments for boot NAME: a full disk that nobody names, and its writes counted
	head -c 8388608 /dev/urandom > "$1.bystander"
	sha256sum < "$1.bystander" > "$1.bystander.before"
	echo "$(counted "$1") $(disk "$1.bystander" bystander)"
}
nic() {
	echo "-netdev user,id=n,net=198.18.0.0/24,host=198.18.0.2 -device virtio-net-pci,netdev=n,romfile="
}

# ---- guests on a bridge

# The script once more, as root of a network namespace of its own: taps and bridges there are nobody else's, and go with it.
in_own_network() {
	[ -w /dev/net/tun ] || { echo "ok - no /dev/net/tun for guests on taps # SKIP"; exit 77; }
	[ -z "${IN_NAMESPACE:-}" ] || return 0
	export IN_NAMESPACE=1 ASSAY="$assay" IMAGE="$image" INITRD="$initrd" WORK PYTHONDONTWRITEBYTECODE=1
	(cd "$here" && exec unshare -rn sh "$0") || exit
	exit 0
}
bridge() { # of this machine, which is 198.18.0.1 on it
	ip link set lo up
	ip link add br0 type bridge
	ip address add 198.18.0.1/24 dev br0
	ip link set br0 up
}
bridged() { # NUMBER: QEMU's arguments for a NIC on it
	ip tuntap add "tap$1" mode tap
	ip link set "tap$1" master br0 up
	echo "-netdev tap,id=n,ifname=tap$1,script=no,downscript=no -device virtio-net-pci,netdev=n,mac=52:54:00:00:01:0$1,romfile="
}

# ---- questions: they answer by their exit code and say nothing

has_record() { grep -q -e "$2" "$1/records"; }
has_line() { tr -d '\r' < "$1/console" | grep -v '^@assay ' | grep -q -e "$2"; }
ended() { # RUN STATUS RESULT: cleanly, in the records, for people, and by power-off in time
	[ "$(cat "$1/code")" = 0 ] && has_record "$1" "\"testRunEnd\":{\"status\":\"$2\",\"result\":\"$3\"}" &&
		has_line "$1" "^assay: end status=$2 result=$3 records=[0-9]* head=[0-9a-f]\{64\}$"
}
outcome() { # RUN STEP WORD
	has_record "$1" "\"testStepId\":\"$2\".*\"outcome\":\"$3\""
}
says_what_ran() { # RUN: version, digests, words, and from where it was booted, in its start
	for key in runId version commandLine payloadDigest planSha256 initSha256 path loader firmware firmwareVendor firmwareVersion firmwareDate \
		secureBoot kernelCommandLine; do
		grep testRunStart "$1/records" | grep -q "\"$key\":\"[^\"]" || return 1
	done
}
is_unchanged() { # FILE SHA256
	[ "$(sha256sum < "$1")" = "$2" ]
}
is_unwritten() { # NAME DRIVE: QEMU saw the drive, and no write to it
	grep -qx -e "$2 0 0" "$1.writes"
}
is_untouched() { # NAME: its bystander, by its bytes and by QEMU's count
	is_unchanged "$1.bystander" "$(cat "$1.bystander.before")" && is_unwritten "$1" d-bystander
}
collected() { # RUN [DISK]: what the desk makes of it, and that it verifies
	rm -rf "$1/results"
	"$assay" collect console="$1/console" ${2:+disk="$2"} results="$1/results" payload="${image%/*}/payload.json" > "$1/collect" 2>&1 &&
		"$assay" verify results="$1/results" > "$1/verify" 2>&1
}

explain() { # QUESTION RUN...
	# The log's end, once for each boot.
	if [ -f "$2/console" ] && [ ! -f "$2/shown" ]; then
		tr -d '\r' < "$2/console" | cut -c 1-200 | tail -n 12 | sed 's/^/  # /'
		: > "$2/shown"
	fi
	if [ -f "$2/collect" ]; then cat "$2/collect" "$2/verify" 2> /dev/null | grep -v '^ok' | sed 's/^/  # /'; fi
}
