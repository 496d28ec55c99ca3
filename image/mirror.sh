#!/bin/sh
# mirror.sh SUITE[/COMPONENT] deb|deb-src - the line of a sources.list for this suite, on the Debian mirror that this machine is
# configured with; MIRROR= overrides, and KEYRING= whose signature it must have.
set -eu

# The main archive in the machine's apt configuration: suite of this release, component main; both formats.
configured_mirror() {
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-stable}")
	for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ -r "$file" ] && sed -n 's/^[[:space:]]*deb[[:space:]]\{1,\}\(\[[^]]*\][[:space:]]*\)\{0,1\}//p' "$file"
	done | awk -v suite="$codename" '$2 == suite && / main( |$)/ { print $1 }'
	for file in /etc/apt/sources.list.d/*.sources; do
		[ -r "$file" ] && sed -e '/^#/d' -e 's/[[:space:]]*$//' "$file" && echo
	done | awk -v suite="$codename" '
		/^[ \t]/ { value[key] = value[key] " " $0; next }
		/^[A-Za-z-]+:/ { key = tolower($1); $1 = ""; value[key] = $0 " " }
		NF == 0 {
			if (value["enabled:"] !~ /no/ && value["types:"] " " ~ / deb / &&
			    value["suites:"] " " ~ (" " suite " ") && value["components:"] " " ~ / main /) {
				split(value["uris:"], uri, " ")
				print uri[1]
			}
			split("", value)
		}'
}

pick_mirror() {
	[ -z "${MIRROR:-}" ] || { echo "$MIRROR"; return; }
	# Others name their suites the same way; the archive, or a copy of it, has its name in the address.
	configured_mirror | awk '/\/debian\/?$/ { print; found = 1; exit } /debian/ && next_best == "" { next_best = $0 }
		END { if (!found && next_best != "") print next_best }'
}

# A suite of the lock is SUITE, meaning its component main, or SUITE/COMPONENT.
write_source() { # SUITE KIND
	mirror=$(pick_mirror)
	[ -n "$mirror" ] || {
		echo "mirror: no Debian archive in this machine's apt configuration; say MIRROR=<address of one>" >&2
		exit 1
	}
	options="arch=amd64"
	keyring=${KEYRING:-/usr/share/keyrings/debian-archive-keyring.gpg}
	[ ! -r "$keyring" ] || options="$options signed-by=$keyring"
	[ "$2" = deb ] && kind=deb || kind=deb-src
	case $1 in
	*/*) echo "$kind [$options] $mirror ${1%%/*} ${1#*/}" ;;
	*) echo "$kind [$options] $mirror $1 main" ;;
	esac
}

write_source "$1" "$2"
