#!/bin/sh
# open-ports.sh - a booted guest from outside and from inside while it measures: no port answers, no process runs but the ones that measure, and
# there is no way into the kernel. Its twin is a guest that was asked to serve. Inside looks a script of the test's, laid over the image.
. "$(dirname "$0")/../image/qemu.sh"
skip_without ip unshare python3 cpio
in_own_network

# The image's own init under another name, after a watcher has been sent off: every few seconds it tells what runs, listens and is there.
mkdir over
cp "${image%/*}/stripped/assay-init" over/init.real
cat > over/init << 'WATCHER'
#!/bin/sh
# By its full name: the shell finds its own applets through /proc, which nobody has mounted yet.
busybox=/bin/busybox
(
	while $busybox sleep 4; do
		{
			echo "watch: begin"
			$busybox ps | $busybox sed '/ \[.*\]$/d; s/^/watch: process /'
			for table in tcp tcp6 udp udp6 udplite raw raw6 packet; do
				[ ! -e /proc/net/$table ] || $busybox sed "1d; s/^/watch: socket $table /" /proc/net/$table
			done
			for name in /dev/mem /dev/kmem /dev/port /proc/kcore /proc/kallsyms /proc/modules /sys/kernel/kexec_loaded /sys/kernel/debug/gpio \
				/dev/null /proc/version; do
				[ ! -e "$name" ] || echo "watch: file $name"
			done
			echo "watch: end"
		} > /run/watch 2>&1
		$busybox cat /run/watch > /dev/ttyS0
	done
) &
exec /init.real
WATCHER
chmod +x over/init
(cd over && printf 'init\ninit.real\n' | cpio -o -H newc -R 0:0 --quiet > ../over.cpio)
# shellcheck disable=SC2034
initrd=$WORK/over.cpio

cat > scan.py << 'PYTHON'
"""scan.py ADDRESS: the TCP ports below 2000, and some above, that accept; the UDP ports among a few that answer anything"""
import select, socket, sys, time
address, ports, waiting, accepted = sys.argv[1], list(range(1, 2000)) + [2049, 3260, 3306, 4420, 5000, 5001, 5002, 5201, 5432, 6000, 7000, 8000, 8080, 8443, 9090, 9100, 10000, 12865, 27017,
    32768, 49152, 60000, 65535], {}, []
poll, ends = select.epoll(), time.monotonic() + 240
while (ports or waiting) and time.monotonic() < ends:
    while ports and len(waiting) < 50:
        one = socket.socket()
        one.setblocking(False)
        one.connect_ex((address, ports.pop()))
        waiting[one.fileno()] = (one, time.monotonic())
        poll.register(one, select.EPOLLOUT | select.EPOLLERR | select.EPOLLHUP)
    for fd, _ in poll.poll(0.2):
        one, _ = waiting.pop(fd)
        if one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
            accepted.append(one.getpeername()[1])
        one.close()
    for fd in [fd for fd, (_, at) in waiting.items() if time.monotonic() - at > 20]:
        waiting.pop(fd)[0].close()
        print("silent")
if ports or waiting:
    print("cut short")
for port in sorted(accepted):
    print("tcp", port)
for port in (7, 53, 67, 68, 69, 123, 137, 161, 514, 546, 1900, 5001, 5201, 5353, 7000, 12865):
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.settimeout(0.3)
    one.connect((address, port))
    try:
        for _ in range(2):
            one.send(b"\0" * 64)
            one.recv(2000)
            print("udp", port)
    except OSError:
        pass
print("done")
PYTHON

bridge
await() { # RUN LINE
	tries=0
	until { tr -d '\r' < "$1/console"; } 2> /dev/null | grep -q -e "$2"; do
		tries=$((tries + 1))
		[ $tries -lt 600 ] || return 0
		sleep 0.5
	done
}
scan() { # RUN ADDRESS LINE: once the run says so; then it has done its part, however long that took
	await "$1" "$3"
	python3 scan.py "$2" > "$1.scan" 2>&1
	await "$1" '^watch: end'
	python3 "$qmp" "$1.sock" "$1/console" '{"execute":"quit"}' > "$1.qmp" 2>&1
}
control() { # RUN
	echo "-qmp unix:$1.sock,server=on,wait=off"
}
# shellcheck disable=SC2046
boot quiet 300 "assay.self.noise.seconds=250 assay.ip=198.18.0.11/24" $(bridged 1) -smp 1 $(control quiet) &
quiet=$!
scan quiet 198.18.0.11 ' self.noise  *\.\.\.' &
scanning=$!
# shellcheck disable=SC2046
boot server 300 "assay.role=peer assay.peer_seconds=250 assay.ip=198.18.0.12/24" $(bridged 2) -smp 1 $(control server) &
server=$!
scan server 198.18.0.12 '^watch: socket tcp.*:1389 .* 0A '
wait $quiet $server $scanning

told() { tr -d '\r' < "$1/console" | grep -q "^watch: $2"; }
scanned() { grep -qx done "$1.scan" && ! grep -q 'silent\|cut short' "$1.scan"; }
answers() { grep -q '^tcp \|^udp ' "$1.scan"; }
# What runs, without the watcher's own: by name, while the step is under way.
processes() { tr -d '\r' < "$1/console" | sed -n 's/^watch: process *[0-9]* [^ ]* *[^ ]* *[^ ]* *//p' | grep -v '^COMMAND$\|^/bin/busybox \|/bin/sh /init$\|^{init}' | sort | uniq -c; }
only_ours() { processes "$1" > processes && [ -s processes ] && ! grep -v ' /init.real$' processes; }

check "the guest measured meanwhile" has_record quiet '"testStepStart":{"name":"self.noise"}'
twin "and had not ended" has_record quiet testRunEnd
check "it was scanned to the end" scanned quiet
twin "no port of it answers" answers quiet
twin "nothing in it listens, nor has any socket of a network" told quiet socket
check "while the watcher looked" told quiet end
check "nothing runs but init and its child" only_ours quiet
check "the guest that serves was scanned, too" scanned server
check "there a port answers" answers server
check "iperf's" grep -qx 'tcp 5001' server.scan
check "and listens" told server 'socket tcp6\{0,1\} .*:1389 .* 0A '
for name in /dev/mem /dev/kmem /dev/port /proc/kcore /proc/kallsyms /proc/modules /sys/kernel/kexec_loaded /sys/kernel/debug/gpio; do
	twin "there is no $name" told quiet "file $name$"
done
check "what is there is told" told quiet 'file /dev/null$'
processes quiet | sed 's/^/# /'
sed 's/^/# server: /' server.scan
finish
