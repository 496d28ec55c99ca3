#!/bin/sh
# reproduce.sh - builds everything twice from a clean checkout of the present commit, apart in all that should not matter, and compares each
# file's SHA-256 [B1]. A difference is shown by diffoscope. Exit 0: the same bits. Kept in $B/reproduce: summary.txt, one.log, two.log,
# FILE.diff.
#
#           one                                  two
#   folder  $B/reproduce/one/assay               a longer path under ${TMPDIR:-/tmp}
#   user    who runs it                          number 64321, nobody's, when run as root
#   umask   022                                  077
#   words   C                                    Turkish: upper and lower case of i differ, and dates and numbers
#   zone    UTC                                  UTC+14
#   clock   the machine's                        400 days ahead (libfaketime; files' own times stay true)
#   cores   one                                  all
#   host    the machine's                        another name, and no network [B2]
#   cache   empty but for the pinned sources     the same
#
# ROOT=bookworm: the second side's tools are not the machine's but those of a Debian 12 made for it by mmdebstrap, with nothing else in it, at
# the versions of config/root.lock (a newer one is said; LOCKED=1 refuses it).
# QUICK=1: the kernel is that of this tree's image and the sources of Linux are the cache's; user space and the media are still made twice.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
B=${B:-build}
CACHE=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/assay}
quick=${QUICK:-}
suite=${ROOT:-}
kept=$(mkdir -p "$B/reproduce" && cd "$B/reproduce" && pwd)
far=$(mktemp -d)
other_user=64321
faketime=/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1
built="assay.efi kernel.efi payload.json initramfs.cpio assay assay.iso assay.img pxe"
trap 'rm -rf "$far" "$kept/one"' EXIT
trap 'exit 1' INT TERM HUP

fail() {
	echo "reproduce: $*" >&2
	exit 1
}
privileged() { [ "$(id -u)" = 0 ]; }

# ---- two places to build in

# A cache with nothing but what was fetched; as links, where that can be.
copy_tree() { cp -al "$1" "$2" 2> /dev/null || cp -a "$1" "$2"; }
make_cache() { # FOLDER
	mkdir -p "$1/sources"
	awk '!/^#/ && NF { print $5 }' config/sources.lock | sort -u | while read -r file; do
		[ ! -f "$CACHE/sources/$file" ] || copy_tree "$CACHE/sources/$file" "$1/sources/$file"
	done
	[ -z "$quick" ] || copy_tree "$(realpath "$B/piece/linux")" "$1/$(basename "$(realpath "$B/piece/linux")")"
}
make_side() { # FOLDER: a checkout and a cache in it
	rm -rf "$1"
	mkdir -p "$1"
	git -c core.sharedRepository=0644 clone -q --no-hardlinks "$root" "$1/assay"
	make_cache "$1/cache"
}
# ---- a Debian of its own

root_packages() {
	sed 's/#.*//' config/packages/build.list config/packages/media.list | awk 'NF && $2 != "unless" { print $1 }'
	echo git libfaketime
}
installed_in() { # FOLDER
	dpkg-query --admindir="$1/var/lib/dpkg" -W -f '${Package} ${Version}\n' | LC_ALL=C sort
}
check_root() { # FOLDER: its packages against the lock
	installed_in "$1" > "$kept/root.packages"
	if moved=$(sed '/^#/d' config/root.lock | diff - "$kept/root.packages" | grep '^[<>]'); then
		echo "$moved" | sed 's/^</reproduce: root.lock:/; s/^>/reproduce: root has:/'
		[ -z "${LOCKED:-}" ] || fail "the mirror has other packages than config/root.lock; LOCKED=1 takes nothing else"
	fi
}
make_root() { # FOLDER
	echo "  ROOT    $suite ($(root_packages | wc -w) packages and what they need)"
	image/mirror.sh "$suite" deb > "$far/sources.list"
	mmdebstrap --quiet --variant=minbase --include="$(root_packages | tr '\n ' ,,)" "$suite" "$1" - < "$far/sources.list" > "$kept/root.log" 2>&1 ||
		fail "no root of $suite: $(tail -n 3 "$kept/root.log")"
	# What npm brings is among the sources already: asked for, it must not be needed.
	printf '#!/bin/sh\nexit 1\n' > "$1/usr/local/bin/npm" && chmod 755 "$1/usr/local/bin/npm"
	check_root "$1"
}
build_in_root() {
	cp -r "$far/locale" "$second_root/locale"
	[ -z "$payload" ] || cp "$payload" "$second_root/payload"
	exec unshare --mount --net --uts sh -euc 'hostname elsewhere; mount -t proc proc "$1/proc"; mount --bind /dev "$1/dev"; exec chroot "$@"' \
		sh "$second_root" setpriv --reuid $other_user --regid $other_user --clear-groups env -i PATH=/usr/local/bin:/bin:/usr/bin:/sbin:/usr/sbin \
		HOME=/ LC_ALL=$words LOCPATH=/locale TZ=Pacific/Kiritimati CACHE=/a/much/longer/path/cache JOBS="$(nproc)" PAYLOAD=/payload \
		LD_PRELOAD=$faketime FAKETIME=+400d NO_FAKE_STAT=1 FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1 \
		sh -euc "umask 077; cd /a/much/longer/path/assay; $(recipe)"
}

give_to() { # USER FOLDER: not the files, which may be links to the cache's
	chown -R "$1:$1" "$2/assay"
	chown "$1:$1" "$2" "$2/cache" "$2/cache/sources"
}

# What each side runs, in its checkout.
recipe() {
	if [ -n "$quick" ]; then
		echo 'make build/initramfs.cpio build/assay && cp "$PAYLOAD" build/assay.efi && for medium in pxe:pxe iso:assay.iso disk:assay.img; do
			image/media/${medium%%:*}.sh build/assay.efi build/${medium#*:}; done'
	else
		echo 'make image iso disk pxe build/assay'
	fi
}
build_one() {
	cd "$kept/one/assay"
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME="$kept/one" LC_ALL=C TZ=UTC CACHE="$kept/one/cache" JOBS=1 PAYLOAD="$payload" \
		taskset -c 0 sh -euc "umask 022; $(recipe)"
}
build_two() {
	[ -z "$suite" ] || build_in_root
	cd "$second/assay"
	apart=
	! privileged || apart="unshare --net --uts sh -c 'hostname elsewhere && exec \"\$@\"' sh setpriv --reuid $other_user --regid $other_user --clear-groups"
	clock=
	[ ! -r $faketime ] || clock="LD_PRELOAD=$faketime FAKETIME=+400d NO_FAKE_STAT=1 FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1"
	eval "exec $apart env -i PATH=/bin:/usr/bin:/sbin:/usr/sbin HOME=$far LC_ALL=$words LOCPATH=$far/locale TZ=Pacific/Kiritimati \
		CACHE=$second/cache JOBS=$(nproc) PAYLOAD=$payload $clock sh -euc 'umask 077; $(recipe)'"
}
build() { # SIDE
	echo "  BUILD   $1 ($kept/$1.log)"
	started=$(date +%s)
	(build_"$1") > "$kept/$1.log" 2>&1 < /dev/null || {
		tail -n 15 "$kept/$1.log" >&2
		fail "side $1 was not built"
	}
	echo "side $1: $(($(date +%s) - started)) s" >> "$kept/summary.txt"
}

# ---- the comparison

sums() { # FOLDER
	(cd "$1" && find $built -type f | LC_ALL=C sort | xargs sha256sum)
}
show_difference() { # FILE
	report=$kept/$(echo "$1" | tr / _).diff
	if command -v diffoscope > /dev/null; then
		timeout 900 diffoscope --max-report-size 200000 --max-diff-block-lines 60 --text "$report" "$one/$1" "$two/$1" || :
	else
		cmp -l "$one/$1" "$two/$1" | head -n 200 > "$report" || :
	fi
	echo "reproduce: $1 differs: $report"
	head -n 40 "$report"
}
compare() {
	sums "$one" > "$kept/one.sums"
	sums "$two" > "$kept/two.sums"
	awk -v quick="$quick" 'NR == FNR { sum[$2] = $1; next } { same = sum[$2] == $1; seen[$2]
		printf "%s  %-24s %s%s\n", $1, $2, same ? "the same" : "DIFFERS", quick && $2 == "assay.efi" ? " (given, not built)" : ""
		bad += !same } END { for (f in sum) if (!(f in seen)) { print f " is in one only"; bad++ } exit bad != 0 }' "$kept/one.sums" "$kept/two.sums"
}
differing() { awk 'NR == FNR { sum[$2] = $1; next } sum[$2] != $1 { print $2 }' "$kept/one.sums" "$kept/two.sums"; }

cd "$root"
[ -z "$(git status --porcelain)" ] || echo "reproduce: what is not committed is not part of it"
payload=$(realpath "$B/assay.efi" 2> /dev/null || :)
if [ -n "$quick" ]; then
	[ -f "$payload" ] || fail "QUICK=1 takes the kernel of an image that is there: make image"
	built="initramfs.cpio assay assay.efi assay.iso assay.img pxe"
	cp "$payload" "$far/payload" && payload=$far/payload
fi
: > "$kept/summary.txt"
chmod 755 "$far"
words=C.UTF-8
mkdir "$far/locale"
! localedef -i tr_TR -f UTF-8 "$far/locale/tr_TR.UTF-8" 2> /dev/null || words=tr_TR.UTF-8
[ -r $faketime ] || echo "reproduce: without faketime, both clocks are right"
privileged || echo "reproduce: not root: one user, one host name"
second_root=
if [ -n "$suite" ]; then
	privileged || fail "ROOT= makes a root, which only root may"
	second_root=$far/root
	make_root "$second_root"
	chmod 755 "$second_root"
fi
second=${second_root:-$far}/a/much/longer/path
make_side "$kept/one"
make_side "$second"
! privileged || { give_to "$other_user" "$second" && chown $other_user "$far"; }
one=$kept/one/assay/build two=$second/assay/build
build one
build two
cp "$one"/*.json "$kept" 2> /dev/null || :
if compare | tee -a "$kept/summary.txt" && [ -z "$(differing)" ]; then
	echo "reproduced: $(cd "$kept/one/assay" && git describe --always --abbrev=12)${quick:+, the kernel not built again}${suite:+, one side in a $suite of its own}: $(wc -l < "$kept/one.sums") files, $words, UTC+14, user $other_user" | tee -a "$kept/summary.txt"
	exit 0
fi
differing | while read -r file; do show_difference "$file"; done
exit 1
