#!/bin/sh
# libvirt.sh - assay boot --libvirt: each machine's domain XML is one that libvirt knows; two of them run under a libvirtd of our own, which
# touches nothing of this host's, and their results come back as from QEMU alone.
. "$(dirname "$0")/../image/qemu.sh"
skip_without virsh virt-xml-validate libvirtd iperf

# libvirtd as root has one place only. As nobody it has one of its own, which nobody must be able to reach.
place=$(mktemp -d /tmp/assay-libvirt-XXXXXX)
daemon=
tidy() {
	[ -z "$daemon" ] || kill "$daemon" 2> /dev/null || :
	[ -z "$daemon" ] || wait "$daemon" 2> /dev/null || :
	rm -rf "$place"
}
trap tidy EXIT
mkdir -p "$place/home" "$place/run" "$place/cache" "$place/conf/libvirt" "$place/fake"
cp "$assay" "$image" "${image%/*}/payload.json" "$place"
cp -r "$here/config" "$place/home"
image_name=${image##*/}
printf 'stdio_handler = "file"\nsecurity_driver = "none"\n' > "$place/conf/libvirt/qemu.conf"
cat > "$place/as" << 'END'
#!/bin/sh
place=${0%/*}
export HOME="$place/home" XDG_RUNTIME_DIR="$place/run" XDG_CONFIG_HOME="$place/conf" XDG_CACHE_HOME="$place/cache" LIBVIRT_DEFAULT_URI=qemu:///session
cd "$HOME"
[ "$(id -u)" = 0 ] || exec "$@"
exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
END
chmod +x "$place/as"
[ "$(id -u)" != 0 ] || chown -R 65534:65534 "$place"
is_valid() { virt-xml-validate "$1" domain > valid.txt 2>&1; }
desk() { # NAME ARGUMENT...
	name=$1 code=0
	shift
	"$place/as" "$place/assay" boot "$@" accel="$accel" image="$place/$image_name" payload="$place/payload.json" work="$place/$name" \
		results="$place/$name-results" > "$name.said" 2>&1 || code=$?
	mkdir -p "$name"
	echo "$code" > "$name/code"
	cp "$place/$name/console.log" "$name/console" 2> /dev/null || : > "$name/console"
	records "$name"
}

# ---- every machine as XML, with a virsh that only says no

printf '#!/bin/sh\necho "error: not today"\nexit 1\n' > "$place/fake/virsh"
chmod +x "$place/fake/virsh"
for file in "$here"/config/machines/*.ini; do
	name=$(basename "$file" .ini)
	case $name in metal-usb) continue ;; esac # its medium is not built here
	settings=
	case $name in lvm-*) settings="disk.scratch.file=" ;; esac
	(PATH=$place/fake:$PATH && desk "$name" "$name" libvirt="$place/$name.xml" $settings plan=survey) || :
	check "$name: one line when virsh cannot" grep -q '^assay boot: QEMU failed: error: not today' "$name.said"
	check "$name: XML that libvirt knows" is_valid "$place/$name.xml"
done
sed 's/<devices>/<devises>/; s,</devices>,</devises>,' "$place/file-virtio.xml" > broken.xml
twin "XML that it does not" is_valid broken.xml
describes() { grep -q -e "$2" "$place/$1.xml"; }
check "the cache mode is in it" describes file-virtio-none "cache='none' io='native'"
check "and the controller" describes metal-megasas "model='lsisas1078'"
check "and a disk's WWN, where the controller wants one" describes metal-mptsas "<wwn>3000000000000002</wwn>"
check "and the firmware with variables of its own" describes metal-nvme-uefi "<nvram>$place/metal-nvme-uefi/variables.fd</nvram>"
check "and NVMe, which libvirt has no word for" describes metal-nvme-uefi "qemu:arg value='nvme,drive=scratch,serial=assay-scratch,addr=0x"
check "and the cable that is not there" describes metal-two-nics "<link state='down'/>"
twin "not where there is one" describes file-virtio "<link state='down'/>"

# ---- two of them run

"$place/as" /usr/sbin/libvirtd > libvirtd.txt 2>&1 &
daemon=$!
tries=0
until "$place/as" virsh -q list > /dev/null 2>&1 || [ $tries -ge 60 ]; do
	tries=$((tries + 1))
	sleep 0.5
done
short="assay.self.null.seconds=0.1 assay.self.noise.seconds=0.1 assay.net.tcp.seconds=0.5 assay.net.udp.seconds=0.5 assay.net.ping.count=2
	assay.file.bonnie.size=1m assay.file.bonnie.files=0 assay.file.bonnie.seeks=10 assay.file.bonnie.per_byte=no assay.file.iozone.max_file=64k"
short=$(echo $short)
desk virtio file-virtio --libvirt plan=quick words="$short" timeout=$((150 * patience)) &
one=$!
desk late metal-two-nics --libvirt plan=survey words="assay.self.noise.seconds=600" timeout=$((30 * patience)) &
wait $one
wait $!

is_left() { "$place/as" virsh -q list --all --name | grep -q .; }
check "a domain runs to its end" has_record virtio '"testRunEnd":{"status":"COMPLETE","result":"PASS"}'
for step in s3 s4 s5 s6 s7; do check "with step $step" outcome virtio $step ok; done
check "and is judged as any" test "$(cat virtio/code)" = 0
check "both channels agree" grep -q '"channels":[[:space:]]*"agree"' "$place"/virtio-results/latest/collect.json
check "by virsh, to be run again" grep -q 'virsh -q create' "$place/virtio/command.sh"
check "at its time limit: exit 1" test "$(cat late/code)" = 1
check "and said" grep -q 'time limit' late.said
twin "and a domain is left" is_left
[ "$failures" = 0 ] || tail -n 5 libvirtd.txt virtio.said late.said | sed 's/^/  # /'
finish
