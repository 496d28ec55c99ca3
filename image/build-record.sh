#!/bin/sh
# build-record.sh - what this image was built with, as JSON: commit, tools, packages, flags, configurations, sources, results. Whoever has
# the same gets the same record, to the byte; where two images differ, so do their records. FLAGS has the compiler's words.
. image/json.sh

tools() {
	for tool in gcc ld as ar strip make zstd bison flex bc patch pkg-config xz; do
		echo "$tool $($tool --version 2> /dev/null | head -n 1)"
	done
	echo "musl $(sum /usr/lib/x86_64-linux-musl/libc.a)"
}
packages() { # of the groups that the build and the media need, and what they are linked with
	for group in build media; do sed 's/[[:space:]]*#.*//; /^$/d' "config/packages/$group.list"; done | awk '{ print $1 }' | sort -u > "$B/.packages"
	gcc=$(gcc -dumpversion)
	printf '%s\n' binutils "gcc-$gcc" "libgcc-$gcc-dev" >> "$B/.packages"
	xargs dpkg-query -W -f '${db:Status-Status} ${binary:Package} ${Version}\n' < "$B/.packages" 2> /dev/null |
		sed -n 's/^installed \([^: ]*\)\(:[^ ]*\)\{0,1\} /\1 /p' | sort
	rm "$B/.packages"
}
configurations() {
	for file in config/kernel/*.config config/busybox.config config/sources.lock config/plans/*.ini config/syslinux/* config/pxe/* image/initramfs.list; do
		echo "$file $(sum "$file")"
	done
	echo "kernel.config $(sum "$B/kernel.config")"
}
sources() { # a line of JSON each
	for name in $(image_sources); do
		locked=true
		! lock_moved "$name" || locked=false
		lock_lines "$name" | while read -r _ version suite kind file digest; do
			printf '{"name": "%s", "version": "%s", "suite": "%s", "file": "%s", "sha256": "%s", "locked": %s}\n' "$name" "$version" "$suite" "$file" "$digest" $locked
		done
	done
}
pieces() { # each is named after all that went into it
	for name in $(image_pieces); do
		[ ! -f "$B/piece/$name.stamp" ] || echo "$name $(basename "$(cat "$B/piece/$name.stamp")" | sed 's/.*-//')"
	done
}
results() {
	for file in assay.efi initramfs.cpio kernel.config; do echo "$file $(sum "$B/$file")"; done
	echo "init $(sum "$B/stripped/assay-init")"
	echo "payloadDigest $(sed -n 's/.*"digest": "\([0-9a-f]*\)".*/\1/p' "$B/payload.json")"
	echo "kernelBuildId $(cat "$B/assay.efi.build-id")"
}
moved() { for name in $(image_sources); do ! lock_moved "$name" || echo "$name"; done; }

cat << END
{
	"version": $(json_text "$(version)"),
	"commit": $(json_text "$(commit)"),
	"sourceDateEpoch": 1577836800,
	"settings": {"FIRMWARE": $(json_text "${FIRMWARE:-}"), "LOCKED": $(json_text "${LOCKED:-}")},
	"allAsLocked": $(if [ -z "$(moved)" ]; then echo true; else echo false; fi),
	"flags": $(json_text "$FLAGS"),
	"tools": {$(tools | json_members '		')
	},
	"packages": {$(packages | json_members '		')
	},
	"configurations": {$(configurations | json_members '		')
	},
	"pieces": {$(pieces | json_members '		')
	},
	"sources": [$(sources | json_list '		')
	],
	"results": {$(results | json_members '		')
	}
}
END
