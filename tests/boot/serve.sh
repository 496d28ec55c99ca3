#!/bin/sh
# serve.sh - UEFI machines (OVMF's own network stack) boot from `assay serve`, as the only DHCP server and beside another one (proxy), each
# with words of its own through iPXE; their records come back over HTTP. What the firmware starts without iPXE gets no
# words: it runs survey and is only seen. Two lanes side by side, each in network namespaces of its own.
. "$(dirname "$0")/../image/qemu.sh"
self=$here/tests/boot/serve.sh
skip_without dnsmasq ip curl
ipxe=/usr/lib/ipxe/snponly.efi
[ "$(id -u)" = 0 ] || { echo "ok - namespaces and DHCP need root # SKIP"; exit 77; }
[ -r $ipxe ] || { echo "not ok - no $ipxe: the package ipxe has it"; exit 1; }
payload=${image%/*}/payload.json

# ---- one lane

in_lab() { ip netns exec "$lab" "$@"; }
# The desk and the guests are on a bridge; behind it, in the lane proxy, is the DHCP server that the network has already.
make_network() {
	ip netns add "$lab"
	in_lab sh -c 'ip link set lo up; ip link add br0 type bridge forward_delay 0; ip tuntap add tap0 mode tap; ip link set tap0 master br0
		ip addr add 198.18.0.1/24 dev br0; ip link set tap0 up; ip link set br0 up'
	[ "$LANE" = proxy ] || return 0
	ip netns add "$lab-dhcp"
	in_lab ip link add wire type veth peer name server netns "$lab-dhcp"
	in_lab sh -c 'ip link set wire master br0; ip link set wire up'
	ip netns exec "$lab-dhcp" sh -c 'ip addr add 198.18.0.2/24 dev server; ip link set server up'
	ip netns exec "$lab-dhcp" dnsmasq --no-daemon --conf-file=/dev/null --port=0 --interface=server --bind-interfaces --user=root --group=root \
		--dhcp-range=198.18.0.150,198.18.0.199,1h --dhcp-leasefile="$WORK/$LANE.leases" --log-dhcp --log-facility=- --pid-file= \
		> "$LANE.dhcp" 2>&1 &
	server=$!
}
desk= server=
leave() {
	for pid in $desk $server; do kill "$pid" 2> /dev/null || :; done
	for name in "$lab" "$lab-dhcp"; do ip netns del "$name" 2> /dev/null || :; done
}
start_desk() { # TREE [ARGUMENT...]
	tree=$1
	shift
	: > "$tree.log"
	# By itself, not by a shell of its own: who is told to end must be the desk.
	ip netns exec "$lab" "$assay" serve interface=br0 tree="$tree" results="$tree.results" machines=fleet.ini payload="$payload" "$@" > "$tree.log" 2>&1 &
	desk=$!
	tries=0
	until grep -q 'TFTP on br0' "$tree.log" || [ $tries = 600 ] || ! kill -0 $desk 2> /dev/null; do
		tries=$((tries + 1))
		sleep 0.1
	done
}
end_desk() {
	kill -INT $desk
	code=0
	wait $desk || code=$?
	desk=
	echo $code > "$tree.code"
}
# guest NAME MAC QEMU-ARGUMENT...
guest() {
	run=$1 mac=$2
	shift 2
	mkdir -p "$run"
	case $accel in kvm) cpu=host how=kvm ;; *) cpu=max how=$accel,thread=single ;; esac
	set -- qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot -m 512M -smp 1 -cpu $cpu -accel "$how" -boot menu=off \
		-serial "file:$run/console" -netdev tap,id=n,ifname=tap0,script=no,downscript=no "$@"
	echo "$*" > "$run/command"
	start=$(date +%s)
	attempt "$@"
	if is_silent "$run"; then
		remark_silence "$run"
		attempt "$@"
	fi
	echo "$(($(date +%s) - start))" > "$run/seconds"
	records "$run"
}
attempt() { # QEMU...
	code=0
	: > "$run/console"
	in_lab timeout -k 5 $((180 * patience)) "$@" > "$run/qemu" 2>&1 < /dev/null || code=$?
	echo $code > "$run/code"
}
card() { echo "-device virtio-net-pci,netdev=n,mac=$mac,bootindex=0"; }
uefi() { # NAME MAC [QEMU-ARGUMENT...]
	name=$1 mac=$2
	shift 2
	mkdir -p "$name"
	cp /usr/share/OVMF/OVMF_VARS_4M.fd "$name/vars"
	# shellcheck disable=SC2046
	guest "$name" "$mac" -machine q35 -drive if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd \
		-drive "if=pflash,format=raw,file=$name/vars" $(card),romfile= -fw_cfg name=opt/org.tianocore/IPv6PXESupport,string=no "$@"
}
no_pxe="-fw_cfg name=opt/org.tianocore/IPv4PXESupport,string=no"
lane() {
	case $LANE in
	own)
		start_desk with
		# shellcheck disable=SC2086
		uefi http 52:54:00:00:05:02 $no_pxe
		uefi pxe 52:54:00:00:05:01
		end_desk
		;;
	proxy)
		start_desk beside dhcp=proxy
		uefi proxy 52:54:00:00:05:03
		end_desk
		;;
	esac
	[ "$LANE" = proxy ] || return 0
	start_desk plain dhcp=proxy
	uefi proxy-plain 52:54:00:00:05:05
	end_desk
}
if [ "${LANE:-}" ]; then
	lab=assay-$LANE-$$
	trap leave EXIT
	trap 'exit 143' INT TERM
	make_network
	lane
	exit 0
fi

# ---- both lanes; then what came of it

sh "$here/image/media/pxe.sh" "$image" "$WORK/with" > pxe.txt 2>&1
cp -r with plain
cp $ipxe with/ipxe.efi
cp -r with beside
for number in 1 2 3 5; do
	printf '[52:54:00:00:05:0%s]\nwords = no_timer_check assay.self.null.seconds=0.2 assay.self.noise.seconds=0.3 assay.note=machine-%s\n' $number $number
done > fleet.ini
for lane in own proxy; do
	LANE=$lane WORK=$WORK IMAGE=$image ASSAY=$assay sh "$self" > $lane.said 2>&1 &
	eval "pid_$lane=\$!"
done
# shellcheck disable=SC2154
wait "$pid_own" || not_ok "lane own ended: $(tail -n 3 own.said)"
# shellcheck disable=SC2154
wait "$pid_proxy" || not_ok "lane proxy ended: $(tail -n 3 proxy.said)"
for tree in with beside plain; do sed "s/^/  # $tree: /" $tree.log; done

has() { grep -q -e "$2" "$1.log"; } # TREE PATTERN: the desk said so
kept() { # RUN TREE NUMBER: the records of this machine are with the desk, whole, and the same as on serial
	id=$(sed -n 's/.*"runId":"\([^"]*\)".*/\1/p' "$1/records" | head -n 1)
	[ -n "$id" ] && grep -q "\"note\":\"machine-$3\"" "$2.results/$id/journal.jsonl" && cmp -s "$1/records" "$2.results/$id/journal.jsonl"
}
row() { # RUN TREE NUMBER PATH-IN-THE-RECORDS FIRMWARE
	check "$1: survey to its end" ended "$1" COMPLETE PASS
	check "$1: $5, $4" has_record "$1" "\"path\":\"$4\".*\"firmware\":\"$5\""
	check "$1: with words of its own" has_record "$1" "\"note\":\"machine-$3\""
	check "$1: its records are with the desk" kept "$1" "$2" "$3"
	check "$1: the desk saw its end" has "$2" "52:54:00:00:05:0$3  run .* ended: COMPLETE PASS"
}
row pxe with 1 uefi-ipxe UEFI
row http with 2 uefi-ipxe UEFI
row proxy beside 3 uefi-ipxe UEFI
grep -h '^#' own.said proxy.said || :
check "pxe: iPXE came by TFTP" has with '52:54:00:00:05:01  ipxe.efi by TFTP'
check "http: iPXE came by HTTP" has with 'ipxe.efi by HTTP'
check "beside another DHCP server iPXE came by TFTP" has beside 'ipxe.efi by TFTP'
check "whose addresses they have" grep -q 'DHCPACK.*198.18.0.1[5-9][0-9] 52:54:00:00:05:03' proxy.dhcp
check "without iPXE the payload itself" has plain 'assay.efi by TFTP'
check "runs survey" ended proxy-plain COMPLETE PASS
check "by its own name" has_record proxy-plain '"path":"uefi-pxe".*"firmware":"UEFI"'
twin "without words it does not know where its records go" kept proxy-plain plain 5
twin "one machine's records are not another's" kept pxe with 2
for tree in with beside plain; do
	check "$tree: the desk ended cleanly" [ "$(cat $tree.code)" = 0 ]
done
verifies() { "$assay" verify results="$1" > "$1.verify" 2>&1; }
check "what came verifies" eval 'verifies with.results && verifies beside.results'
printf '# %-12s %8s\n' way seconds
for run in pxe http proxy proxy-plain; do printf '# %-12s %8s\n' $run "$(cat $run/seconds)"; done
finish
