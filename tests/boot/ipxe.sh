#!/bin/sh
# ipxe.sh - two machines with iPXE as the ROM of their cards boot over HTTP, side by side, each with the plan that its MAC address has:
# by assay serve, which is their DHCP server, too; by assay serve without DHCP, beside a server that gives a URL with ${net0/mac}; and by
# any HTTP server with a script NAME.ipxe for a machine. The recipe is in docs/fleet.md.
. "$(dirname "$0")/../image/qemu.sh"
skip_without dnsmasq ip curl python3
[ "$(id -u)" = 0 ] || { echo "ok - namespaces and DHCP need root # SKIP"; exit 77; }
payload=${image%/*}/payload.json
lab=assay-ipxe-$$
port=$((20000 + $$ % 20000))
desk= http=
leave() {
	for pid in $desk $http; do kill "$pid" 2> /dev/null || :; done
	ip netns del $lab 2> /dev/null || :
}
trap leave EXIT
trap 'exit 143' INT TERM

guest() { # NAME MAC NETDEV [COMMAND-BEFORE-QEMU...]
	run=$1 mac=$2 netdev=$3 limit=150
	shift 3
	mkdir -p "$run"
	case $accel in kvm) cpu=host how=kvm ;; *) cpu=max how=$accel,thread=single ;; esac
	set -- "$@" qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot -machine pc -m 512M -smp 1 -cpu $cpu -accel "$how" \
		-boot menu=off,strict=on -serial "file:$run/console" -netdev "$netdev,id=n" -device "virtio-net-pci,netdev=n,mac=$mac,bootindex=0"
	run_and_record "$@"
}
wait_for() { # COMMAND...: until it is true, or a minute
	tries=0
	until "$@" > /dev/null 2>&1 || [ $tries = 600 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
}
end() { # PID
	code=0
	kill -INT "$1" && wait "$1" || code=$?
}
one=52:54:00:00:06:01 two=52:54:00:00:06:02 three=52:54:00:00:06:03
quick="no_timer_check assay.self.null.seconds=0.2 assay.self.noise.seconds=0.3 assay.self.idle.seconds=0.3 assay.self.idle.settle=0"
sh "$here/image/media/pxe.sh" "$image" "$WORK/tree" > pxe.txt 2>&1
fleet() { # WORDS: for all of them
	printf '[default]\nwords = %s assay.note=anybody %s\n' "$quick" "$1"
	printf '[%s]\nwords = assay.plan=survey assay.note=first %s %s\n' $one "$quick" "$1"
	printf '[%s]\nwords = assay.plan=selftest-noise assay.note=second %s %s\n' $two "$quick" "$1"
}

# ---- by assay serve alone

ip netns add $lab
ip netns exec $lab sh -c 'ip link set lo up; ip link add br0 type bridge forward_delay 0; ip addr add 198.18.0.1/24 dev br0; ip link set br0 up
	for tap in tap0 tap1; do ip tuntap add $tap mode tap; ip link set $tap master br0; ip link set $tap up; done'
fleet "" > fleet.ini
ip netns exec $lab "$assay" serve interface=br0 tree=tree results=desk.results machines=fleet.ini payload="$payload" > desk.log 2>&1 &
desk=$!
wait_for grep -q 'TFTP on br0' desk.log
guest desk-one $one tap,ifname=tap0,script=no,downscript=no ip netns exec $lab &
guest desk-two $two tap,ifname=tap1,script=no,downscript=no ip netns exec $lab
wait $!
end $desk
desk=
desk_code=$code

# ---- by assay serve, beside a DHCP server that gives the URL: QEMU's own, whose 198.18.0.2 is this host's loopback

user="user,net=198.18.0.0/24,host=198.18.0.2,dhcpstart=198.18.0.15"
fleet "assay.results=http://198.18.0.2:$port/" > url.ini
"$assay" serve interface=lo dhcp=no port=$port tree=tree results=url.results machines=url.ini payload="$payload" > url.log 2>&1 &
desk=$!
wait_for curl -s -o /dev/null http://127.0.0.1:$port/
# shellcheck disable=SC2016 # iPXE puts the address in
url="bootfile=http://198.18.0.2:$port/assay.ipxe?mac="'${net0/mac:hexhyp}'
guest url-one $one "$user,$url" &
guest url-two $two "$user,$url"
wait $!
end $desk
desk=

# ---- by any HTTP server: a machine's own script beside the common one

mkdir plain
cp tree/assay.efi tree/assay.ipxe plain
cat > plain/52-54-00-00-06-02.ipxe << END
#!ipxe
kernel assay.efi assay.boot=ipxe BOOTIF=01-\${netX/mac:hexhyp} assay.plan=selftest-noise assay.note=second $quick || exit 1
boot
END
python3 -m http.server --bind 127.0.0.1 --directory plain $port > plain.log 2>&1 &
http=$!
wait_for curl -s -o /dev/null http://127.0.0.1:$port/
guest plain-two $two "$user,bootfile=http://198.18.0.2:$port/assay.ipxe" &
guest plain-three $three "$user,bootfile=http://198.18.0.2:$port/assay.ipxe"
wait $!
kill $http
wait $http 2> /dev/null || :
http=

# ---- what came of it

is() { # RUN KEY VALUE
	grep -q "\"$2\":\"$3\"" "$1/records"
}
row() { # RUN PLAN NOTE MAC
	check "$1: plan $2 to its end" ended "$1" COMPLETE PASS
	check "$1: that plan and no other" eval "is $1 plan $2 && [ \"\$(grep -c testRunStart $1/records)\" = 1 ]"
	check "$1: its own words" is "$1" note "$3"
	check "$1: by iPXE, BIOS" eval "is $1 path bios-ipxe && is $1 firmware BIOS"
	check "$1: from that card" is "$1" bootNic "$4"
}
row desk-one survey first $one
row desk-two selftest-noise second $two
row url-one survey first $one
row url-two selftest-noise second $two
row plain-two selftest-noise second $two
twin "one's plan is not the other's" is desk-one plan selftest-noise
twin "nor the other's words" is url-two note first
check "plain-three: has no script, and takes the common one" eval 'ended plain-three COMPLETE PASS && is plain-three plan survey'
twin "with no words of another" is plain-three note second
kept() { # RUN RESULTS: each record that came over serial, too
	id=$(sed -n 's/.*"runId":"\([^"]*\)".*/\1/p' "$1/records" | head -n 1)
	[ -n "$id" ] && [ -s "$2/$id/journal.jsonl" ] && ! grep -Fxvq -f "$2/$id/journal.jsonl" "$1/records"
}
for run in desk-one desk-two; do check "$run: its records are with the desk" kept $run desk.results; done
for run in url-one url-two; do check "$run: its records are with the desk" kept $run url.results; done
check "all that arrived verifies" eval '"$assay" verify results=desk.results > desk.verify && "$assay" verify results=url.results > url.verify'
check "the desk gave the payload by HTTP, twice" [ "$(grep -c 'assay.efi by HTTP' desk.log)" = 2 ]
twin "and nothing by TFTP" grep -q 'by TFTP' desk.log
check "it ended cleanly" [ "$desk_code" = 0 ]
check "the plain server was asked for a script of that name" grep -q '"GET /52-54-00-00-06-02.ipxe HTTP/1.[01]" 200' plain.log
check "and had none for the other" grep -q '"GET /52-54-00-00-06-03.ipxe HTTP/1.[01]" 404' plain.log
[ "$failures" = 0 ] || for log in desk url plain; do tail -n 15 $log.log | sed "s/^/  # $log: /"; done
finish
