#!/bin/sh
# firmware.sh list|record - the firmware files of the drivers that $FIRMWARE names: as lines for gen_init_cpio, or as the build record's
# JSON. Which files a driver may ask for is what the kernel says of it (modules.builtin.modinfo). Some are for hardware newer than the
# distribution's package: those are named and left out.
set -eu

ROOT=$(cd "$(dirname "$0")/.." && pwd)
CACHE=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/assay}
. "$ROOT/image/lock.sh"

modinfo=$B/piece/kernel/modules.builtin.modinfo
files=$B/piece/firmware

package_of() { # DRIVER: as config/sources.lock names it
	case $1 in
	bnx2) echo firmware-bnx2 ;;
	bnx2x) echo firmware-bnx2x ;;
	r8169) echo firmware-realtek ;;
	tg3 | ice) echo firmware-misc-nonfree ;;
	*)
		echo "firmware: FIRMWARE=$1: no such driver; expected some of: bnx2 bnx2x ice r8169 tg3" >&2
		exit 1
		;;
	esac
}

files_of() { # DRIVER: there in the package
	tr '\0' '\n' < "$modinfo" | sed -n "s/^$1\.firmware=//p" | sort -u | while read -r file; do
		if [ -f "$files/lib/firmware/$file" ]; then
			echo "$file"
		else
			echo "firmware: $1 may ask for $file, which $(package_of "$1") has not" >&2
		fi
	done
}

list() {
	dirs=" "
	directory() { # NAME: after its parents, once
		case $dirs in *" $1 "*) return 0 ;; esac
		[ "${1%/*}" = "" ] || directory "${1%/*}"
		dirs="$dirs$1 "
		echo "dir  $1 0755 0 0"
	}
	for driver in $FIRMWARE; do
		package_of "$driver" > /dev/null
		for file in $(files_of "$driver" 2> /dev/null); do
			directory "/lib/firmware/${file%/*}"
			echo "file /lib/firmware/$file $(realpath "$files/lib/firmware/$file") 0644 0 0"
		done
	done
}

# The short name that the package's copyright file (DEP-5) gives to the license of these files.
licence_of() { # FILE PACKAGE
	awk -v file="$1" '
		BEGIN { RS = ""; FS = "\n" }
		{
			license = files = key = ""
			for (i = 1; i <= NF; i++) {
				if ($i ~ /^[A-Za-z-]+:/)
					key = $i
				if (key ~ /^Files:/)
					files = files " " $i
				if ($i ~ /^License:/)
					license = substr($i, 10)
			}
			sub(/^ Files:/, "", files)
			count = split(files, pattern, " ")
			for (i = 1; i <= count; i++) {
				regular = pattern[i]
				gsub(/\./, "\\.", regular)
				gsub(/\*/, ".*", regular)
				if (regular != ".*" && file ~ "^" regular "$")
					found = license
			}
		}
		END { print found == "" ? "see the copyright file of the package" : found }' "$files/usr/share/doc/$2/copyright"
}

record() {
	separator=
	printf '['
	for driver in $FIRMWARE; do
		package=$(package_of "$driver")
		version=$(lock_version "$package")
		for file in $(files_of "$driver"); do
			path=$files/lib/firmware/$file
			printf '%s\n\t\t{"driver": "%s", "file": "/lib/firmware/%s", "bytes": %s, "sha256": "%s", "package": "%s %s", "license": "%s"}' "$separator" \
				"$driver" "$file" "$(stat -L -c %s "$path")" "$(sha256sum < "$path" | cut -d ' ' -f 1)" "$package" "$version" \
				"$(licence_of "$file" "$package")"
			separator=,
		done
	done
	printf '\n\t]'
}

"$1"
