#!/bin/sh
# links.sh - the network's set-up: which NIC, VLAN, jumbo MTU, IPv6 given and advertised, a lease that is renewed, a dead NIC, bonds, an
# address that is taken, nobody who answers. Guests hang on taps in a network namespace of their own, or on cables between two of them.
. "$(dirname "$0")/qemu.sh"
need jq ip unshare python3
in_own_network
tests=$here/tests/image
children=
trap 'for pid in $children; do kill $pid 2> /dev/null || :; done' EXIT

# ---- wires

ip link set lo up
tap() { # NAME ADDRESS...: the namespace's end of a guest's wire
	ip tuntap add "$1" mode tap
	ip link set "$1" up
	name=$1
	shift
	for address; do ip address add "$address" dev "$name" $(case $address in *:*) echo nodad ;; esac); done
}
model() { # ID MAC: the guest's end; LACP takes only legs whose speed it knows
	echo "-device virtio-net-pci,id=$1,netdev=w$1,mac=52:54:00:00:00:$2,speed=1000,duplex=full,romfile="
}
on() { # TAP MAC
	echo "-netdev tap,id=w$1,ifname=$1,script=no,downscript=no $(model "$1" "$2")"
}
cable() { # OWN OTHER MAC: to the guest whose end is OTHER
	echo "-netdev dgram,id=w$1,local.type=unix,local.path=$1.sock,remote.type=unix,remote.path=$2.sock $(model "$1" "$3")"
}
nobody() { # ID MAC: a link, and nobody behind it
	echo "-netdev hubport,id=w$1,hubid=$((0x$2)) $(model "$1" "$2")"
}
background() { # PROGRAM...: until the end
	"$@" > "$(basename "$2" .py)-$3.log" 2>&1 &
	children="$children $!"
}
change() { # RUN QMP-STEP...: while it runs
	run=$1
	shift
	python3 "$tests/qmp.py" "$run.qmp" "$run/console" "$@" > "$run.steps" 2>&1
}
unplug() { echo "{\"execute\":\"set_link\",\"arguments\":{\"name\":\"$1\",\"up\":false}}"; }

mac=assay.net.nic=mac:52:54:00:00:00
brief="assay.plan=pair assay.self.noise.seconds=0.2 assay.net.ping.count=3 assay.net.udp.seconds=0.5"
quick="$brief assay.net.tcp.seconds=0.5 assay.net.ping.timeout=2"

tap router 2001:db8:1::1/64 198.18.1.1/24
tap lent 198.18.2.1/24
tap other 198.18.4.1/24
tap second 198.18.5.1/24
ip link add bridge type bridge
ip address add 198.18.3.1/24 dev bridge
ip link set bridge up
for leg in leg0 leg1; do
	tap $leg
	ip link set $leg master bridge
done
"$assay" peer > peer.log 2>&1 &
children=$!
background python3 "$tests/router.py" router 2001:db8:1::
background python3 "$tests/dhcp.py" lent 198.18.2.1 198.18.2.50 10
background python3 "$tests/dhcp.py" second 198.18.5.1 198.18.5.50 3600
background python3 "$tests/dhcp.py" other 198.18.4.1 198.18.4.50 3600

# ---- boots, two side by side

start() { # as boot, with a way in for change
	boot "$@" -qmp "unix:$1.qmp,server=on,wait=off"
}

# Two legs by LACP between two guests, on them a tag, jumbo frames and IPv6; beside it a NIC that takes what a router offers.
tagged="assay.net.bond=802.3ad assay.net.vlan=100 assay.net.mtu=9000"
legs() { echo "assay.net.nic=mac:52:54:00:00:00:$1,mac:52:54:00:00:00:$2"; }
# shellcheck disable=SC2046
start far 120 "assay.role=peer $tagged $(legs 0a 0b) assay.net.address=2001:db8:100::1/64 assay.peer_seconds=300" \
	$(cable far0 near0 0a) $(cable far1 near1 0b) &
far=$!
# shellcheck disable=SC2046
start near 120 "$quick $tagged $(legs 0c 0d) assay.net.address=2001:db8:100::2/64,198.18.100.2/24 assay.peer=2001:db8:100::1
	assay.net.ping.size=8000 assay.net.ping.dontfragment=yes assay.net.1.nic=mac:52:54:00:00:00:0e assay.net.1.address=slaac" \
	$(cable near0 far0 0c) $(cable near1 far1 0d) $(on router 0e) -object filter-dump,id=s0,netdev=wnear0,file=near0.pcap \
	-object filter-dump,id=s1,netdev=wnear1,file=near1.pcap
key() { echo "{\"type\":\"qcode\",\"data\":\"$1\"}"; }
# It serves until then.
change far "{\"execute\":\"send-key\",\"arguments\":{\"keys\":[$(key ctrl),$(key alt),$(key delete)]}}"
wait $far

# Three NICs, and the loader names the last. Its lease is renewed during a step: busybox takes no lease for shorter than 30 s.
# shellcheck disable=SC2046
start named 150 "$brief BOOTIF=01-52-54-00-00-00-1c assay.peer=198.18.2.1 assay.net.tcp.seconds=16" \
	$(nobody n0 1a) $(on second 1b) $(on lent 1c) &
named=$!
# Nobody names one: the first has no link, the second nobody who lends. 8000 bytes do not fit into 1500.
change unnamed "$(unplug dead)" &
# shellcheck disable=SC2046
start unnamed 120 "$quick assay.peer=198.18.4.1 assay.net.ping.size=8000 assay.net.ping.dontfragment=yes assay.net.1.nic=pci:00:02.0
	assay.net.1.address=198.18.9.1/24 assay.link_timeout=2" \
	$(nobody dead 2a | sed 's/virtio-net-pci/&,addr=2/') $(nobody n1 2b) $(on other 2c)
# Two legs on one bridge; the one in use is pulled while TCP runs.
change bonded 'await  net.tcp  *\.\.\.' "sleep 1.5" "$(unplug leg0)" &
# shellcheck disable=SC2046
start bonded 120 "$brief $(legs 3a 3b) assay.net.bond=active-backup assay.ip=198.18.3.2/24 assay.peer=198.18.3.1
	assay.net.tcp.seconds=5" $(on leg0 3a) $(on leg1 3b)
wait $named

# Nobody answers: with the address that the loader had, and without one. An IPv6 address that the router has; a NIC without a link.
# shellcheck disable=SC2046
start loader 120 "$quick ip=198.18.1.9:198.18.1.1:198.18.1.1:255.255.255.0 assay.dhcp_timeout=2 assay.peer=198.18.1.1" $(on router 4a) &
loader=$!
# shellcheck disable=SC2046
start silent 120 "$quick assay.dhcp_timeout=2 assay.peer=198.18.1.1" $(nobody n0 5a) $(nobody n1 5b)
wait $loader
# shellcheck disable=SC2046
start taken 120 "$quick assay.ip=2001:db8:1::1/64 assay.peer=2001:db8:1::1" $(on router 6a) &
taken=$!
change pulled "$(unplug dead)" &
# shellcheck disable=SC2046
start pulled 120 "$quick $mac:7a assay.ip=198.18.9.1/24 assay.peer=198.18.9.2 assay.link_timeout=1" $(nobody dead 7a) $(nobody n1 7b)
# shellcheck disable=SC2046
start wrong 90 "assay.plan=pair assay.net.1.adress=dhcp" $(nobody n0 8a)
wait $taken

# ---- what came of it

link() { # RUN LINK FILTER: a question about its record
	jq -e -s "[.[].testRunArtifact.testRunStart.metadata.network // empty][0][] | select(.link == \"$2\") | $3" "$1/records" > /dev/null
}
has_address() { # RUN LINK FROM START
	link "$1" "$2" ".addresses[] | select(.from == \"$3\" and (.address | startswith(\"$4\")))"
}
fact() { # RUN NIC FILTER
	jq -e -s "[.[].testRunArtifact.testRunStart.dutInfo.metadata.links // empty][0][] | select(.name == \"$2\") | $3" "$1/records" > /dev/null
}
tagged_with() { # ID: every packet between the two addresses, on either leg
	python3 - "$1" near0.pcap near1.pcap << 'END'
import struct, sys
tags = set()
for name in sys.argv[2:]:
    data, at = open(name, "rb").read(), 24
    while at + 16 <= len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        frame = data[at + 16:at + 16 + size]
        at += 16 + size
        kind, tag, inner = struct.unpack_from("!HHH", frame, 12)
        if bytes.fromhex("20010db80100") in frame[:60]:
            tags.add(tag & 0xFFF if (kind, inner) == (0x8100, 0x86DD) else 0)
sys.exit(tags != {int(sys.argv[1])})
END
}
log_says() { has_record "$1" "\"message\":\"$2"; }

for run in near named loader; do
	check "$run: to its end" ended $run COMPLETE PASS
	for step in s2 s3 s4; do check "$run: $step measured" outcome $run $step ok; done
done
# A leg that goes takes nothing from the connection, and its figures: half of the step went another way.
check "bonded: to its end, with one step invalid" ended bonded COMPLETE FAIL
for step in s2 s4; do check "bonded: $step measured" outcome bonded $step ok; done
check "bonded: s3 measured, and invalid for the link [M13]" has_record bonded '"testStepId":"s3".*"outcome":"invalid".*link-change: the link of eth0'
check "far: Ctrl-Alt-Del ends it in good order" ended far COMPLETE PASS
check "VLAN on LACP: over IPv6" log_says near 'network: bond0.100 has 2001:db8:100::2 (static)'
twin "VLAN on LACP: not the NIC itself" log_says near 'network: eth0 has'
check "VLAN: each packet has the tag" tagged_with 100
twin "VLAN: not another" tagged_with 101
check "LACP: two ports with the partner's" link near net '.bond == "802.3ad" and .lacpPorts == "2" and .lacpPartner == "52:54:00:00:00:0a"'
twin "LACP: not a bond of another kind" link near net '.bond == "active-backup"'
check "jumbo: 8000 bytes in one packet" outcome near s2 ok
twin "jumbo: not with 1500" outcome unnamed s2 ok
check "jumbo: the reason without" has_record unnamed '"reason":"no reply.*Message too large'
check "structure is recorded" link near net '.vlan == 100 and .mtu == "9000" and .nics == ["eth0", "eth1"]'
check "each address with where it came from" has_address near net static 2001:db8:100::2/64
check "an advertised address" has_address near net.1 slaac 2001:db8:1:0:5054:ff:fe00:e/64
twin "not as a given one" has_address near net.1 static 2001:db8:1:
check "the NIC's facts" fact near eth0 '.pciAddress and .mac == "52:54:00:00:00:0c" and (.offloads | has("tso")) and .rxRing > 0'

check "BOOTIF: its NIC" log_says named 'network: eth2 has 198.18.2.50 (dhcp)'
twin "BOOTIF: not the other that has a server" log_says named 'network: eth1'
check "a lease is renewed during a step" log_says named 'eth2: lease of 198.18.2.50 renewed during s[0-9]*, 1[0-9.]* s after it was given, for 10 s'
check "the server saw it" grep -q "^renew 198.18.2.50" dhcp-lent.log
twin "a long lease is not" log_says unnamed 'eth2: lease of .* renewed'
check "connections live through it" outcome named s3 ok
check "the lease is recorded" link named net '.lease.seconds == 10 and .lease.server == "198.18.2.1"'

check "nobody named one: the first that gets an address" log_says unnamed 'network: eth2 has 198.18.4.50 (dhcp)'
check "the others are left alone" link unnamed net '.nics == ["eth2"]'
check "no link: said of that NIC" log_says unnamed 'net.1: no link on eth0 (52:54:00:00:00:2a) within 2 s'
twin "not of one that has" log_says near 'net.1: no link'
check "a step without a link is skipped for it" has_record pulled '"skipped".*no network: no link on eth0 (52:54:00:00:00:7a) within 1 s'
twin "no other NIC is taken for the one named" log_says pulled 'network: eth'

check "bond: the leg in use was pulled" grep -q return bonded.steps
check "bond: and is named" log_says bonded 'eth0: its link changed 1 times during s3; it is down now'
check "bond: it goes on through the other" log_says bonded 'bond0: goes through eth1 during s3, not eth0'
twin "bond: nothing of the kind after it" log_says bonded 'bond0: .*during s4'

check "no lease: the loader's address" has_address loader net loader 198.18.1.9/24
check "no lease: said" log_says loader "network: no lease on eth0 within 2 s; the loader's ip=: 198.18.1.9/24"
check "no lease: skipped with the NICs' names" has_record silent '"skipped".*no network: no lease on eth0, eth1 within 2 s'
check "no lease: the rest ran" outcome silent s1 ok
twin "no lease: no address out of nowhere" link silent net '.addresses[] | select(.from != "link-local")'
check "an IPv6 address that is taken: by whom" has_record taken '"skipped".*address 2001:db8:1::1 is in use by [0-9a-f:]\{17\}, seen from eth0'
twin "not a free one" has_record near 'is in use'
check "a wrong word is refused" has_record wrong '"symptom":"setting-refused","message":"assay.net.1.adress (kernel command line): adress: unknown'
twin "a right one is not" has_record near setting-refused
clock() { # FILTER
	jq -e -s "[.[].testRunArtifact.testRunStart.dutInfo.metadata.wallClock // empty][0] | $1" near/records > /dev/null
}
check "the wall clock's state" clock '.setFrom == "RTC" and .synchronised == false'
twin "the wall clock: nothing keeps it" clock .synchronised
finish
