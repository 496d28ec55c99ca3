#!/bin/sh
# serve.sh - `assay serve` against good clients and bad ones: names, sizes, methods, broken and slow bodies, duplicates, its own death in the
# middle of an upload, and 500 machines at once. The runs that arrive are hashed in Python, and judged by `assay verify`.
. "$(dirname "$0")/../check.sh"
skip_without python3 curl
python3="python3 $here/tests/lab/uploads.py"
MACHINES=${MACHINES:-500}
MEMORY_KB=${MEMORY_KB:-65536} # what its peak may be, however many come

mkdir -p tree/bios/pxelinux.cfg
head -c 300000 /dev/urandom > tree/assay.efi
printf 'DEFAULT a\nLABEL a\n  LINUX assay.efi\n  APPEND assay.boot=pxe\n' > tree/bios/pxelinux.cfg/default
printf '#!ipxe\nkernel assay.efi assay.boot=ipxe || goto failed\nboot\n' > tree/assay.ipxe
echo secret > secret.txt
ln -s ../secret.txt tree/escape.txt
printf '[default]\nwords = assay.plan=quick\n[52:54:00:12:34:56]\nname = rack 1\nwords = assay.plan=storage assay.scratch=serial:X\n' > fleet.ini

id() { printf '20260131-120000-%032x' "$1"; }
port=$((20000 + $$ % 20000))
url=http://127.0.0.1:$port
start() { # WORD...
	"$assay" serve interface=lo dhcp=no port=$port tree=tree results=results machines=fleet.ini "$@" >> serve.log 2>&1 &
	pid=$!
	tries=0
	until curl -s -o /dev/null $url/ || [ $tries = 200 ]; do
		tries=$((tries + 1))
		sleep 0.1
	done
}
stop() { # SIGNAL
	code=0
	kill -"$1" $pid && wait $pid || code=$?
}
trap 'kill $pid 2> /dev/null || true' EXIT

got() { # CODE CURL-ARGUMENT...: its HTTP status
	expected=$1
	shift
	[ "$(curl -s -o body --path-as-is -w '%{http_code}' "$@")" = "$expected" ]
}
says() { # ANSWER WHAT...: of uploads.py
	expected=$1
	shift
	[ "$($python3 $port "$@")" = "$expected" ]
}
here_is() { [ -e "results/$1" ]; }
none_arriving() { [ -z "$(ls results/.serve/arriving)" ]; }

start limit=1M patience=3

# ---- the tree
check "a file of the tree" got 200 $url/assay.efi
check "its bytes" cmp -s body tree/assay.efi
check "a part of it" got 206 -r 100-199 $url/assay.efi
check "the right part" [ "$(sha256sum < body)" = "$(dd if=tree/assay.efi bs=1 skip=100 count=100 2> /dev/null | sha256sum)" ]
check "a part outside it" got 416 -r 300000- $url/assay.efi
check "HEAD" [ "$(curl -sI $url/assay.efi | tr -d '\r' | sed -n 's/^Content-Length: //p')" = 300000 ]
for path in /../secret.txt /bios/../../secret.txt /%2e%2e/secret.txt /..%2fsecret.txt //etc/passwd /bios/ /.hidden "/bios\\..\\x"; do
	check "no way out: $path" got 400 "$url$path"
done
check "no way out: a link" got 404 $url/escape.txt
check "no folder is a file" got 404 $url/bios
check "results are not given" got 403 $url/runs/$(id 9001)/summary.txt
for method in POST DELETE PATCH OPTIONS; do
	check "$method is no method here" got 405 -X $method $url/assay.efi
done
check "the tree takes nothing" got 403 -T fleet.ini $url/assay.efi
check "nor new files" got 403 -T fleet.ini $url/new.txt

# ---- words by MAC address
words() { # PATH WORDS
	got 200 "$url/$1" && grep -q -e "$2" body
}
check "iPXE: a machine's words, and the way back" words "assay.ipxe?mac=52-54-00-12-34-56" \
	"^kernel assay.efi assay.boot=ipxe assay.plan=storage assay.scratch=serial:X assay.results=$url/ || goto failed$"
check "iPXE: another's are the default's" words "assay.ipxe?mac=52-54-00-12-34-57" "assay.plan=quick assay.results=$url/ ||"
twin "not the first's" words "assay.ipxe?mac=52-54-00-12-34-57" storage
check "pxelinux: a script for that MAC alone" words bios/pxelinux.cfg/01-52-54-00-12-34-56 "APPEND assay.boot=pxe assay.plan=storage"
check "pxelinux: default" words bios/pxelinux.cfg/default "APPEND assay.boot=pxe assay.plan=quick assay.results="

# ---- uploads: names, sizes, methods
run=$url/runs/$(id 9001)
head -c 1048577 /dev/zero > large
for name in ../x ..%2fx .hidden -rf a/b journal.jsonl journal.sha256 collect.json console.log; do
	twin "refused as a name: '$name'" got 201 -T fleet.ini "$run/$name"
done
for bad in latest ../results "$(id 9001)x" "$(id 1 | tr 0 A)" ""; do
	twin "refused as a run: '$bad'" got 201 -T fleet.ini "$url/runs/$bad/a.txt"
done
check "too large, announced" got 413 -T large $run/large.txt
check "too large, not announced" got 413 -H 'Transfer-Encoding: chunked' -T large $run/large.txt
twin "and it is not there" here_is "$(id 9001)/large.txt"
check "a file" got 201 -T fleet.ini $run/a.txt
check "the same again" got 200 -T fleet.ini $run/a.txt
check "other bytes under its name" got 409 -T secret.txt $run/a.txt
check "it is as it was" cmp -s fleet.ini "results/$(id 9001)/a.txt"
check "a part of a file is no file" got 400 -H 'Content-Range: bytes 0-1/2' -T fleet.ini $run/b.txt
check "no HTTP" says closed raw 'nonsense\r\n\r\n'
check "a length that is none" says 400 raw "PUT /runs/$(id 9001)/c.txt HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: x\\r\\n\\r\\n"

# ---- a body that breaks off, or dribbles
$python3 $port torn "$(id 9001)"
slow=$($python3 $port slow)
slow_body=$($python3 $port slow-body)
check "headers that dribble are cut off (after $slow s)" test "$slow" -lt 60
check "a body that dribbles is cut off (after $slow_body s)" test "$slow_body" -lt 60
twin "what broke off has no name" here_is "$(id 9001)/torn.txt"
twin "nor what dribbled" here_is "$(id 9001)/b.txt"
check "and leaves nothing behind" none_arriving

# ---- records
check "a part of a run" says "201 4" part "$(id 9002)" 0 4
check "again: the same" says "200 4" part "$(id 9002)" 0 4
check "a gap is named" says "409 4" part "$(id 9002)" 6 8
check "a hash that does not follow" says "409 4" forged "$(id 9002)"
check "another record under a number that is taken" says "409 4" other "$(id 9002)"
check "the start of another run" [ "$($python3 $port raw "PUT /runs/$(id 9003)/records/0 HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 3\\r\\n\\r\\nx}\\n")" = "400 0" ]
check "overlapping: what is new is taken" says "201 7" part "$(id 9002)" 2 7

# ---- killed in the middle
$python3 $port hang "$(id 9002)" > hang.txt &
hanging=$!
tries=0
until [ -s hang.txt ] || [ $tries = 100 ]; do tries=$((tries + 1)) && sleep 0.1; done
sleep 0.2
check "a body is half here" [ -n "$(ls results/.serve/arriving)" ]
stop KILL
wait $hanging
printf '{"torn' >> "results/$(id 9002)/journal.jsonl" # what a crash leaves of a batch that was not answered
start limit=1M
twin "killed: no half file under its name" here_is "$(id 9002)/half.txt"
check "and none elsewhere" none_arriving
check "the machine goes on where it was" says "201 10" part "$(id 9002)" 7 10
# With its end: of one that goes on, verify says that it was cut off.
verifies() { "$assay" verify results=results "$@" > verify.txt 2>&1 && ! grep -q 'cut off after' verify.txt; }
twin "a run without its end verifies" verifies "$(id 9002)"
check "its end" says "201 11" part "$(id 9002)" 10 11
check "all of it verifies" verifies "$(id 9002)"
check "once more, after its end: the same" says "200 11" part "$(id 9002)" 0 11
check "latest points at it" [ "$(readlink results/latest)" = "$(id 9002)" ]
stop INT
check "ends cleanly when asked" test "$code" = 0

# ---- what it will not do
refuses() { # WORDS COMMAND...
	why=$1
	shift
	! "$@" > refusal.txt 2>&1 && grep -q -e "$why" refusal.txt
}
check "no interface: refused" refuses 'interface=NAME' "$assay" serve tree=tree
check "none of that name" refuses 'there is none' "$assay" serve interface=nowhere0 tree=tree
check "no tree" refuses 'no-tree' "$assay" serve interface=lo dhcp=no tree=no-tree port=$port
check "a fleet file with a mistake: file and line" refuses 'bad.ini:1: ' sh -c "echo '[rack]' > bad.ini; '$assay' serve interface=lo dhcp=no tree=tree machines=bad.ini"
route=$(awk '$2 == "00000000" && $8 == "00000000" { print $1; exit }' /proc/net/route)
[ -z "$route" ] || check "DHCP where the default route is" refuses 'default route' "$assay" serve interface="$route" tree=tree

# ---- many at once
start
check "$MACHINES machines at once: $($python3 $port load $MACHINES 20 sums.txt > load.txt 2>&1; cat load.txt)" grep -q "^runs=$MACHINES " load.txt
peak=$(sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\) kB/\1/p' /proc/$pid/status)
check "its memory's peak is $peak kB, at most $MEMORY_KB" test "$peak" -le "$MEMORY_KB"
stop TERM
ids=$(n=0; while [ $n -lt "$MACHINES" ]; do id $n; echo; n=$((n + 1)); done)
whole=0
for name in $ids; do
	[ "$(wc -l < "results/$name/journal.jsonl")" = 83 ] && [ -s "results/$name/summary.txt" ] && whole=$((whole + 1))
done
check "nothing lost: $whole runs of 83 records and a file" test "$whole" = "$MACHINES"
as_sent() { (cd results && sha256sum --quiet --strict -c ../sums.txt) > sums.said 2>&1 && [ "$(wc -l < sums.txt)" = "$MACHINES" ]; }
check "each journal has the digest that it had when it was sent" as_sent
# shellcheck disable=SC2086
check "and all verify" verifies $ids
check "the desk counted them" grep -q "ended: $((83 * MACHINES)) records, $MACHINES files, 0 refused" serve.log
sed -i 's/"outcome":"ok"/"outcome":"no"/' "results/$(id 7)/journal.jsonl"
# shellcheck disable=SC2086
twin "one that was changed afterwards" verifies $ids
twin "its digest" as_sent
finish
