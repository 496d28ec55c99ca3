#!/bin/sh
# fetch.sh NAME... - the pinned files of these sources (config/sources.lock) in $CACHE/sources, every sum checked.
# Uses a private apt configuration on the machine's own Debian mirror, MIRROR= overrides; for a kind of npm the machine's npm. Needs no
# root.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
lock=$root/config/sources.lock
cache=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/assay}
store=$cache/sources

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
	apt=$cache/apt/$(echo "$1" | tr / -)-$2
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/state"
	: > "$apt/status"
	"$root/image/mirror.sh" "$1" "$2" > "$apt/sources.list.new" || exit 1
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

download_npm() { # NAME VERSION FILE, into the present folder
	command -v npm > /dev/null || fail "npm is not installed: apt-get install npm"
	echo "  FETCH   $3"
	npm pack --silent --ignore-scripts "$1@$2" > npm.log 2>&1 < /dev/null ||
		fail "$1 $2 cannot be fetched: $(grep -m1 -i 'err' npm.log || tail -n 1 npm.log)"
}

download() { # NAME VERSION SUITE KIND FILE, into the present folder
	offered=$(offered_versions "$1" "$4" "$5")
	echo "$offered" | grep -qxF "$2" ||
		fail "sources.lock wants $1 $2 from $3, the mirror has $(echo ${offered:-none})"
	echo "  FETCH   $5"
	if [ "$4" = deb ]; then
		private_apt apt-get download "${5%%_*}=$2"
		mv "${5%%_*}"_*.deb "$5.got" # apt writes an epoch's colon as %3a
		mv "$5.got" "$5"
	else
		private_apt apt-get source --download-only --only-source "$1=$2"
	fi > apt.log 2>&1 || fail "$5 cannot be fetched: $(grep -m1 '^E:' apt.log || tail -n 1 apt.log)"
}

check_sum() { # FILE SUM NAME
	sum=$(sha256sum < "$1")
	[ "${sum%% *}" = "$2" ] || fail "$3 has SHA-256 ${sum%% *}, sources.lock says $2 (file: $1)"
}

fetch_missing() { # NAME VERSION SUITE KIND FILE SUM
	[ "$4" = npm ] || update_lists "$3" "$4"
	work=$(mktemp -d "$store/.fetch.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	case $4 in
	npm) (cd "$work" && download_npm "$1" "$2" "$5") ;;
	*) (cd "$work" && download "$1" "$2" "$3" "$4" "$5") ;;
	esac
	[ -f "$work/$5" ] || fail "$1 $2 has no file $5 where it came from"
	# A source package brings its other files along; each is wanted by a line of its own.
	grep -v '^#' "$lock" | while read -r name version suite kind file sum; do
		[ -f "$work/$file" ] || continue
		check_sum "$work/$file" "$sum" "$file"
		mv "$work/$file" "$store/$file"
	done
	rm -rf "$work"
}

fetch_name() {
	found=
	while read -r name version suite kind file sum; do
		[ "$name" = "$1" ] || continue
		found=1
		[ -f "$store/$file" ] || fetch_missing "$name" "$version" "$suite" "$kind" "$file" "$sum"
		check_sum "$store/$file" "$sum" "$file"
	done < "$lock"
	[ -n "$found" ] || fail "sources.lock has no source named $1"
}

mkdir -p "$store"
exec 9> "$store/.lock"
flock 9
for wanted; do
	fetch_name "$wanted"
done
