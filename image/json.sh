# json.sh - what the scripts that describe a build share. Sourced, in the repository's folder with $B set. All that these scripts write
# is the same wherever and whenever the same things are built: no time but the fixed one, no folder, no user.
set -eu
export LC_ALL=C TZ=UTC

ROOT=$(pwd)
CACHE=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/assay}
. image/lock.sh

sum() { # FILE
	sha256sum < "$1" | cut -d ' ' -f 1
}
json_text() { # TEXT: as a JSON string
	printf '%s' "$1" | tr '\n\t' '  ' | sed 's/[\\"]/\\&/g; s/^/"/; s/$/"/'
	[ -n "$1" ] || printf '""'
}
# Lines "NAME TEXT" of standard input to an object's members, one a line behind INDENT.
json_members() { # INDENT
	separator=
	while read -r name text; do
		printf '%s\n%s%s: %s' "$separator" "$1" "$(json_text "$name")" "$(json_text "$text")"
		separator=,
	done
}
# Values of standard input, a line each, with commas between.
json_list() { # INDENT
	awk -v indent="$1" '{ printf "%s\n%s%s", (NR > 1 ? "," : ""), indent, $0 }'
}
commit() { # in full; "unknown" outside of a checkout
	git rev-parse HEAD 2> /dev/null || echo unknown
}
version() {
	sed -n 's/.*ASSAY_VERSION "\(.*\)"/\1/p' "$B/gen/version.h"
}
# The pieces that the image is made of, and the sources of those.
piece_inputs() { # KIND PIECE
	sed -n "/^#/!q; s/^# $1: //p" "image/pieces/$2.sh"
}
image_pieces() {
	wanted="busybox mke2fs mkfs.xfs kernel headers libinih cjson libsodium libblkid liburing ${FIRMWARE:+firmware}"
	known=
	while [ "$wanted" != "$known" ]; do
		known=$wanted
		wanted=$(for name in $known; do echo "$name" && piece_inputs pieces "$name"; done | tr ' ' '\n' | awk 'NF && !seen[$1]++' | sort | tr '\n' ' ')
	done
	echo "$known"
}
image_sources() {
	for name in $(image_pieces); do piece_inputs sources "$name"; done | tr ' ' '\n' | sort -u | while read -r source; do
		# Of the firmware packages only those whose files were asked for.
		case $source in
		firmware-*) [ -z "${FIRMWARE:-}" ] || ! grep -q "\"package\": \"$source " "$B/payload.json" || echo "$source" ;;
		?*) echo "$source" ;;
		esac
	done
}
