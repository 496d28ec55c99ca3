#!/bin/sh
# fetch.sh NAME... - the files of these sources in $CACHE/sources, every sum checked: the pinned ones (config/sources.lock), or where the
# mirror has moved on within the series and LOCKED= does not forbid it, those that image/lock.sh speaks of.
# Uses a private apt configuration on the machine's own Debian mirror, MIRROR= overrides; for a kind of npm the machine's npm. Needs no
# root.
set -eu

ROOT=$(cd "$(dirname "$0")/.." && pwd)
CACHE=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/assay}
export LC_ALL=C
. "$ROOT/image/lock.sh"

fail() {
	echo "fetch: $*" >&2
	exit 1
}

private_apt() {
	tool=$1
	shift
	"$tool" -qq -o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
		-o Dir::State="$apt/state" -o Dir::State::lists="$apt/lists" -o Dir::State::status="$apt/status" \
		-o Dir::Cache="$apt/cache" -o Acquire::Languages=none -o APT::Sandbox::User=root \
		-o APT::Architecture=amd64 -o APT::Update::Error-Mode=any "$@"
}

# One set of lists for each suite and kind: a pinned version is looked for where the lock says it is, and nowhere else.
update_lists() { # SUITE KIND
	apt=$CACHE/apt/$(echo "$1" | tr / -)-$2
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/state"
	: > "$apt/status"
	"$ROOT/image/mirror.sh" "$1" "$2" > "$apt/sources.list.new" || exit 1
	if [ -n "$(find "$apt/updated" -mmin -60 2>/dev/null)" ] && cmp -s "$apt/sources.list.new" "$apt/sources.list"; then
		return
	fi
	mv "$apt/sources.list.new" "$apt/sources.list"
	private_apt apt-get update > "$apt/update.log" 2>&1 ||
		fail "the mirror's lists of $1 cannot be read: $(grep -m1 '^[EW]:' "$apt/update.log" || tail -n 1 "$apt/update.log")"
	touch "$apt/updated"
}

offered_versions() { # NAME KIND FILE
	if [ "$2" = deb ]; then
		private_apt apt-cache show "${3%%_*}"
	else
		private_apt apt-cache showsrc --only-source "$1"
	fi 2>/dev/null | sed -n 's/^Version: //p'
}

download_npm() { # NAME VERSION FILE SUITE, into the present folder. The suite is npm, or npm/@SCOPE.
	package=${4#npm}/$1
	package=${package#/}
	command -v npm > /dev/null || fail "npm is not installed: apt-get install npm"
	echo "  FETCH   $3"
	npm pack --silent --ignore-scripts "$package@$2" > npm.log 2>&1 < /dev/null ||
		fail "$package $2 cannot be fetched: $(grep -m1 -i 'err' npm.log || tail -n 1 npm.log)"
}

# The epoch and the first two numbers: 1:1.35 of 1:1.35.0-4+deb12u1, 6.12 of 6.12.95-1, 59 of 59-1.
series_of() { # VERSION
	echo "$1" | sed 's/^\(\([0-9]*:\)\{0,1\}[0-9]*\(\.[0-9]*\)\{0,1\}\).*/\1/'
}
newest_in_series() { # VERSION, those offered from standard input: a newer one or nothing
	best=$1
	while read -r version; do
		if [ "$(series_of "$version")" = "$(series_of "$1")" ] && dpkg --compare-versions "$version" gt "$best"; then best=$version; fi
	done
	[ "$best" = "$1" ] || echo "$best"
}
version_to_take() { # NAME VERSION SUITE KIND FILE
	offered=$(offered_versions "$1" "$4" "$5")
	if echo "$offered" | grep -qxF "$2"; then
		echo "$2"
		return
	fi
	newer=
	[ -n "${LOCKED:-}" ] || newer=$(echo "$offered" | newest_in_series "$2")
	[ -n "$newer" ] || fail "sources.lock wants $1 $2 from $3, the mirror has $(echo ${offered:-none})${LOCKED:+; LOCKED=$LOCKED takes nothing else}"
	echo "$newer"
}

download() { # NAME VERSION KIND FILE, into the present folder
	echo "  FETCH   $1 $2"
	if [ "$3" = deb ]; then
		private_apt apt-get download "${4%%_*}=$2"
		# apt writes an epoch's colon as %3a
		for file in "${4%%_*}"_*%3a*.deb; do [ ! -e "$file" ] || mv "$file" "${4%%_*}_${file#*%3a}"; done
	else
		private_apt apt-get source --download-only --only-source "$1=$2"
	fi > apt.log 2>&1 || fail "$1 $2 cannot be fetched: $(grep -m1 '^E:' apt.log || tail -n 1 apt.log)"
}

check_sum() { # FILE SUM NAME
	sum=$(sha256sum < "$1")
	[ "${sum%% *}" = "$2" ] || fail "$3 has SHA-256 ${sum%% *}, sources.lock says $2 (file: $1)"
}
store_file() { # NAME: of the folder $work; of a mirror in a folder apt makes links
	cp -L "$work/$1" "$store/.new.$$"
	mv "$store/.new.$$" "$store/$1"
}
store_pinned() { # what is in $work. A source package brings its other files along; each is wanted by a line of its own.
	grep -v '^#' "$lock" | while read -r name version suite kind file sum; do
		[ -f "$work/$file" ] || continue
		check_sum "$work/$file" "$sum" "$file"
		store_file "$file"
	done
}

is_pinned() { # FILE
	awk -v file="$1" '!/^#/ && $5 == file { found = 1 } END { exit !found }' "$lock"
}
drop_moved() { # NAME
	[ -f "$store/moved/$1" ] || return 0
	for file in $(awk '{ print $5 }' "$store/moved/$1"); do
		is_pinned "$file" || rm -f "$store/$file"
	done
	rm "$store/moved/$1"
}
# All that a recipe may ask for, in the lock's form. apt has checked it against the archive's signature; the lock knows nothing of it.
store_moved() { # NAME VERSION SUITE KIND
	drop_moved "$1"
	mkdir -p "$store/moved"
	for file in $(cd "$work" && find . -name '*.tar.*' ! -name '*.asc' -o -name '*.deb' | sed 's,^\./,,' | sort); do
		echo "$1 $2 $3 $4 $file $(sha256sum < "$work/$file" | cut -d ' ' -f 1)"
		store_file "$file"
	done > "$store/.moved.$$"
	[ -s "$store/.moved.$$" ] || fail "$1 $2 on the mirror has no files"
	mv "$store/.moved.$$" "$store/moved/$1"
}

fetch_missing() { # NAME VERSION SUITE KIND FILE SUM
	work=$(mktemp -d "$store/.fetch.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	taken=$2
	case $4 in
	npm) (cd "$work" && download_npm "$1" "$2" "$5" "$3") ;;
	*)
		update_lists "$3" "$4"
		taken=$(version_to_take "$1" "$2" "$3" "$4" "$5")
		for wanted in $(if [ "$4" = deb ] && [ "$taken" != "$2" ]; then lock_pinned "$1" | awk '{ print $5 }'; else echo "$5"; fi); do
			(cd "$work" && download "$1" "$taken" "$4" "$wanted")
		done
		;;
	esac
	if [ "$taken" = "$2" ]; then
		[ -f "$work/$5" ] || fail "$1 $2 has no file $5 where it came from"
		store_pinned
	else
		echo "  MOVED   $1 $taken, sources.lock has $2: the mirror has moved on within $(series_of "$2"); LOCKED=1 refuses that"
		store_moved "$1" "$taken" "$3" "$4"
	fi
	rm -rf "$work"
}

# Until all are here, or the mirror has another version to give.
fetch_pinned() { # NAME
	while read -r name version suite kind file sum; do
		[ -f "$store/$file" ] || lock_moved "$1" || fetch_missing "$name" "$version" "$suite" "$kind" "$file" "$sum"
	done << LINES
$(lock_pinned "$1")
LINES
	lock_moved "$1" || drop_moved "$1"
}
fetch_name() { # NAME
	lock_pinned "$1" > /dev/null || fail "sources.lock has no source named $1"
	for file in $(lock_files "$1"); do
		[ -f "$store/$file" ] || ! lock_moved "$1" || drop_moved "$1"
	done
	lock_moved "$1" || fetch_pinned "$1"
	while read -r _ _ _ _ file sum; do
		check_sum "$store/$file" "$sum" "$file"
	done << LINES
$(lock_lines "$1")
LINES
}

mkdir -p "$store"
exec 9> "$store/.lock"
flock 9
for wanted; do
	fetch_name "$wanted"
done
