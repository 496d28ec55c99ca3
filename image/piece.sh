#!/bin/sh
# piece.sh NAME... - build the third-party pieces NAME, each in a folder of its own in $CACHE named after the hash of
# all that goes into it, and leave $B/piece/NAME pointing there and $B/piece/NAME.stamp holding that folder's name.
#
# The recipe image/pieces/NAME.sh says in its first lines what it is made from:
#   # sources: names in config/sources.lock    # files: paths in this repository    # pieces: other pieces
#   # tools: commands whose version decides the result
# and runs in an empty folder with these words at hand:
#   unpack NAME     the pinned source, with the distribution's patches, into ./NAME
#   unpack_pristine NAME   the same without those patches
#   piece NAME      prints the folder of a piece it named
#   $OUT            the folder to fill        $JOBS   how many compilers at once      $ROOT  the repository
# A folder counts when it holds .complete, which is written last, and is filled under a lock: two makes at once do not meet, and what
# was interrupted is begun anew. It is filled in place, not renamed: the kernel's tools remember where they were built.
set -eu

ROOT=$(cd "$(dirname "$0")/.." && pwd)
CACHE=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/assay}
B=${B:-build}
JOBS=${JOBS:-$(nproc)}
export ROOT CACHE B JOBS
. "$ROOT/image/lock.sh"
# What a piece is must not depend on who builds it: in Turkish [A-Z] are other letters.
export LC_ALL=C TZ=UTC SOURCE_DATE_EPOCH=1577836800
umask 022

inputs() { # NAME KIND
	sed -n "/^#/!q; s/^# $2: //p" "$ROOT/image/pieces/$1.sh"
}

folder_of() { # NAME; prints where the piece belongs
	hash=$({
		cat "$ROOT/image/pieces/$1.sh"
		for name in $(inputs "$1" sources); do
			lock_lines "$name"
		done
		for name in $(inputs "$1" files); do
			cat "$ROOT"/$name
		done
		for name in $(inputs "$1" pieces); do
			folder_of "$name"
		done
		for name in $(inputs "$1" tools); do
			case $name in
			musl-gcc) sha256sum < /usr/lib/x86_64-linux-musl/libc.a ;;
			*) $name --version ;;
			esac | head -n 1
		done
	} | sha256sum)
	echo "$CACHE/$1-$(expr substr "$hash" 1 16)"
}

piece() {
	folder_of "$1"
}

unpack_pristine() { # NAME
	"$ROOT/image/fetch.sh" "$1"
	mkdir "$1"
	for file in $(lock_files "$1" src) $(lock_files "$1" npm); do
		case $file in
		*.orig.tar.* | *.tgz) tar -xf "$CACHE/sources/$file" -C "$1" --strip-components=1 ;;
		esac
	done
}

unpack() { # NAME
	unpack_pristine "$1"
	for file in $(lock_files "$1" src); do
		case $file in
		*.debian.tar.*) tar -xf "$CACHE/sources/$file" -C "$1" ;;
		esac
	done
	[ -f "$1/debian/patches/series" ] || return 0
	sed 's/[[:space:]]*#.*//; /^$/d' "$1/debian/patches/series" | while read -r name; do
		patch -s -d "$1" -p1 < "$1/debian/patches/$name"
	done
}

build_piece() { # NAME FOLDER
	case $1 in
	kernel) echo "  PIECE   kernel (once; about 12 minutes on two cores)" ;;
	*) echo "  PIECE   $1" ;;
	esac
	mkdir -p "$CACHE/log"
	log=$CACHE/log/$(basename "$2").log
	OUT=$2
	export OUT
	rm -rf "$OUT"
	mkdir "$OUT"
	work=$(mktemp -d "$CACHE/.work-$1.XXXXXX")
	if ! (cd "$work" && set -eu && . "$ROOT/image/pieces/$1.sh") > "$log" 2>&1 < /dev/null; then
		tail -n 15 "$log" >&2
		echo "piece: $1 could not be built; all of its output: $log" >&2
		rm -rf "$work" "$OUT"
		exit 1
	fi
	rm -rf "$work"
	touch "$OUT/.complete"
}

provide() { # NAME; leaves in $folder where it is
	folder=$(folder_of "$1")
	[ ! -e "$folder/.complete" ] || return 0
	for needed in $(inputs "$1" pieces); do
		(provide "$needed")
	done
	# The folder's name speaks of the sources as they are: of newer ones than the lock's, where the mirror has moved on.
	"$ROOT/image/fetch.sh" $(inputs "$1" sources)
	folder=$(folder_of "$1")
	(
		exec 9> "$CACHE/.lock-$1"
		flock 9
		[ -e "$folder/.complete" ] || build_piece "$1" "$folder" 9>&-
	)
}

publish() { # NAME
	provide "$1"
	mkdir -p "$B/piece"
	[ "$(cat "$B/piece/$1.stamp" 2>/dev/null)" != "$folder" ] || return 0
	ln -sfn "$folder" "$B/piece/$1"
	echo "$folder" > "$B/piece/$1.stamp"
}

mkdir -p "$CACHE"
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
for name; do
	publish "$name"
done
