#!/bin/sh
# serve.sh - the records over HTTP: the same lines as on serial and partition, while the desk is killed and started again in the middle of
# the run; a desk that never comes is a state with a name. And a machine that boots by BIOS PXE from `assay serve`, with words of its own.
. "$(dirname "$0")/qemu.sh"
skip_without debugfs curl ip dnsmasq

port=$((20000 + $$ % 20000))
namespace=assay-serve-$$
desk=
away() { # ends what this script started
	[ -z "$desk" ] || kill "$desk" 2> /dev/null || true
	ip netns del $namespace 2> /dev/null || true
}
trap away EXIT
mkdir tree
start_desk() {
	"$assay" serve interface=lo dhcp=no port=$port tree=tree results=desk payload="${image%/*}/payload.json" >> desk.log 2>&1 &
	desk=$!
}
await() { # FILE PATTERN: for at most two minutes
	tries=0
	until grep -q -e "$2" "$1" 2> /dev/null || [ $tries = 1200 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
}
run_of() { sed -n 's/.*"runId":"\([^"]*\)".*/\1/p' "$1/records" | head -n 1; }

# ---- killed and started again
"$assay" format-results file=disk.raw size=16M > /dev/null
start_desk
# shellcheck disable=SC2046
boot told 120 "assay.self.null.seconds=4 assay.self.noise.seconds=2 assay.results=http://198.18.0.2:$port/ assay.results_timeout=60" \
	$(disk disk.raw r) $(nic) &
guest=$!
await desk.log 'run [0-9a-f-]*: plan survey'
kill -KILL $desk
wait $desk || true
await told/console 'is away'
start_desk
wait $guest
kill -INT $desk
code=0
wait $desk || code=$?
desk=
check "the desk ends cleanly" test $code = 0
check "the run ended as if nothing had been" ended told COMPLETE PASS
check "that the desk was away is recorded" has_record told 'records over HTTP: .* is away'
check "and that it came back" has_record told 'records over HTTP: .* is back'
check "serial and partition agree" collected told disk.raw
id=$(run_of told)
same() { cmp "desk/$1/journal.jsonl" "told/results/$1/journal.jsonl" > /dev/null && cmp "desk/$1/journal.sha256" "told/results/$1/journal.sha256" > /dev/null; }
check "over HTTP the same lines came" same "$id"
check "and the same summary" cmp -s "desk/$id/summary.txt" "told/results/$id/summary.txt"
verifies() { "$assay" verify results=desk > desk.verify 2>&1; }
check "the desk's folder verifies" verifies
check "the desk saw how far the machine was" grep -q 'step 2 of 2 self.noise: ok' desk.log

# ---- twins: a desk that never comes, words from a machine of its own
# shellcheck disable=SC2046
boot alone 60 "assay.self.null.seconds=0.2 assay.self.noise.seconds=0.3 assay.results=http://198.18.0.2:$port/ assay.results_timeout=3" $(nic) &

if [ -r /usr/lib/PXELINUX/lpxelinux.0 ]; then
	sh "$here/image/media/pxe.sh" "$image" "$WORK/pxe" > pxe.txt 2>&1
	printf '[52:54:00:12:34:56]\nname = rack 1\nwords = assay.self.null.seconds=0.2 assay.self.noise.seconds=0.3 assay.note=rack-1\n' > fleet.ini
	ip netns add $namespace
	ip netns exec $namespace sh -c 'ip link set lo up; ip tuntap add tap0 mode tap; ip addr add 198.18.0.1/24 dev tap0; ip link set tap0 up'
	ip netns exec $namespace "$assay" serve interface=tap0 tree=pxe results=booted machines=fleet.ini ipxe=no \
		payload="${image%/*}/payload.json" > booted.log 2>&1 &
	desk=$!
	await booted.log 'TFTP on tap0'
	case $accel in kvm) cpu=host how=kvm ;; *) cpu=max how=$accel,thread=single ;; esac
	ip netns exec $namespace timeout -k 5 $((150 * patience)) qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot \
		-m 256M -cpu $cpu -accel "$how" -boot n -serial file:pxe.console -netdev tap,id=n,ifname=tap0,script=no,downscript=no \
		-device virtio-net-pci,netdev=n,mac=52:54:00:12:34:56 > pxe.qemu 2>&1 < /dev/null || true
	kill -INT $desk
	wait $desk || true
	desk=
	sed 's/^/  # /' booted.log
	check "BIOS PXE: the desk saw who booted" grep -q '52:54:00:12:34:56  has 198.18.0.[0-9]* for BIOS' booted.log
	check "by which file" grep -q '52:54:00:12:34:56  lpxelinux.0 by TFTP' booted.log
	check "which then took the payload by HTTP" grep -q 'assay.efi by HTTP' booted.log
	check "and the end of its run" grep -q '52:54:00:12:34:56  run .* ended: COMPLETE PASS' booted.log
	check "it had its own words" grep -q '"note":"rack-1"' booted/latest/journal.jsonl
	check "its run verifies" "$assay" verify results=booted
	twin "its run is the first one" [ "$(readlink booted/latest)" = "$id" ]
	twin "dnsmasq outlived the desk" sh -c "[ -n \"\$(ip netns pids $namespace)\" ]"
else
	echo "ok - no pxelinux here: no boot by PXE # SKIP"
fi
wait
check "a desk that never comes: the run is whole" ended alone COMPLETE PASS
check "the state has a name" has_record alone 'records over HTTP: .* is away: \(Connection refused\|Operation timed out\)'
check "and what waits has a number" has_line alone 'records over HTTP: 0 of [0-9]* at'
twin "it came back" has_record alone 'is back'
finish
