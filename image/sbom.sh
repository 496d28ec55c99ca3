#!/bin/sh
# sbom.sh - what is inside assay.efi, as an SPDX 2.3 document: each part, from which archive, under which license, with SHA-256. The lock
# has the sums of the archives, config/licenses.list the licenses; a part without one is an error.
. image/json.sh

payload=$(sum "$B/assay.efi")
license_of() { # NAME
	awk -v name="$1" '!/^#/ && $1 == name { text = ""; for (i = 2; i <= NF && !($i == "CONTAINS" || $i == "STATIC_LINK"); i++) text = text (i == 2 ? "" : " ") $i; print text }' \
		config/licenses.list
}
how() { # NAME: CONTAINS or STATIC_LINK
	awk -v name="$1" '!/^#/ && $1 == name { for (i = 2; i <= NF; i++) if ($i == "CONTAINS" || $i == "STATIC_LINK") print $i }' config/licenses.list
}
identifier() { # TEXT
	printf 'SPDXRef-%s' "$(printf '%s' "$1" | tr -c 'A-Za-z0-9.-' '-')"
}

package() { # ID NAME VERSION LICENSE FILE SHA256 SUPPLIER [PURL]
	[ -n "$3" ] && [ -n "$4" ] && [ -n "$6" ] || {
		echo "sbom: $2 ($5): version '$3', license '$4' (config/licenses.list), SHA-256 '$6': none may be missing" >&2
		return 1
	}
	printf '{"SPDXID": "%s", "name": %s, "versionInfo": %s, "packageFileName": %s, "supplier": "%s", "downloadLocation": "NOASSERTION", "filesAnalyzed": false' \
		"$1" "$(json_text "$2")" "$(json_text "$3")" "$(json_text "$5")" "$7"
	printf ', "checksums": [{"algorithm": "SHA256", "checksumValue": "%s"}], "licenseConcluded": "NOASSERTION", "licenseDeclared": %s, "copyrightText": "NOASSERTION"' \
		"$6" "$(json_text "$4")"
	[ -z "${8:-}" ] || printf ', "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": %s}]' "$(json_text "$8")"
	printf '}\n'
}
debian="Organization: Debian"
of_sources() {
	for name in $(image_sources); do
		license=$(license_of "$name")
		case $name in firmware-*) license=NOASSERTION ;; esac
		lock_lines "$name" | while read -r _ version _ kind file digest; do
			[ "$kind" = src ] && arch=source || arch=all
			package "$(identifier "$file")" "$name" "$version" "$license" "$file" "$digest" "$debian" "pkg:deb/debian/$name@$(echo "$version" | sed 's/+/%2B/g; s/:/%3A/g')?arch=$arch" || return 1
		done || return 1
	done
}
# The C library and the compiler's: from the build machine's own packages, so their digest is of the file that was linked.
installed() { dpkg-query -W -f '${Version}' "$1"; }
of_the_compiler() {
	for part in musl libgcc; do
		case $part in
		musl) name=musl-dev file=/usr/lib/x86_64-linux-musl/libc.a ;;
		libgcc) name=libgcc-$(gcc -dumpversion)-dev file=$(gcc -print-libgcc-file-name) ;;
		esac
		package SPDXRef-$part $part "$(installed $name)" "$(license_of $part)" "${file##*/}" "$(sum "$file")" "$debian" \
			"pkg:deb/debian/$name@$(installed $name | sed 's/+/%2B/g; s/:/%3A/g')?arch=amd64" || return 1
	done
}
ours() {
	package SPDXRef-assay.efi assay.efi "$(version)" "MIT AND GPL-2.0-only AND LGPL-2.1-or-later AND BSD-3-Clause AND ISC" assay.efi "$payload" NOASSERTION &&
		package SPDXRef-init init "$(version)" MIT /init "$(sum "$B/stripped/assay-init")" NOASSERTION &&
		package SPDXRef-busybox busybox "$(lock_version busybox)" "$(license_of busybox)" /bin/busybox "$(sum "$B/piece/busybox/busybox")" NOASSERTION &&
		package SPDXRef-mke2fs mke2fs "$(lock_version e2fsprogs)" "$(license_of e2fsprogs)" /sbin/mke2fs "$(sum "$B/piece/mke2fs/mke2fs")" NOASSERTION &&
		package SPDXRef-mkfs.xfs mkfs.xfs "$(lock_version xfsprogs)" "$(license_of xfsprogs)" /sbin/mkfs.xfs "$(sum "$B/piece/mkfs.xfs/mkfs.xfs")" NOASSERTION
}

relation() { # FROM KIND TO
	printf '{"spdxElementId": "%s", "relationshipType": "%s", "relatedSpdxElement": "%s"}\n' "$1" "$2" "$3"
}
relations() {
	relation SPDXRef-DOCUMENT DESCRIBES SPDXRef-assay.efi
	for part in init busybox mke2fs mkfs.xfs; do
		relation SPDXRef-assay.efi CONTAINS SPDXRef-$part
		relation SPDXRef-$part STATIC_LINK SPDXRef-musl
		relation SPDXRef-$part STATIC_LINK SPDXRef-libgcc
	done
	for name in $(image_sources); do
		case $name in
		linux | firmware-*) part=assay.efi ;;
		busybox) part=busybox ;;
		e2fsprogs) part=mke2fs ;;
		xfsprogs | liburcu) part=mkfs.xfs ;;
		*) part=init ;;
		esac
		orig=
		for file in $(lock_files "$name"); do
			case $file in
			*.debian.tar.*) relation "$(identifier "$file")" PATCH_FOR "$(identifier "$orig")" ;;
			*) orig=$file && relation SPDXRef-$part "$(kind_of "$name")" "$(identifier "$file")" ;;
			esac
		done
	done
}
kind_of() { # NAME
	case $(how "$1") in STATIC_LINK) echo STATIC_LINK ;; *) echo GENERATED_FROM ;; esac
}

packages=$(ours && of_the_compiler && of_sources)
cat << END
{
	"spdxVersion": "SPDX-2.3",
	"dataLicense": "CC0-1.0",
	"SPDXID": "SPDXRef-DOCUMENT",
	"name": $(json_text "assay.efi $(version)"),
	"documentNamespace": "urn:assay:sbom:$payload",
	"creationInfo": {"created": "2020-01-01T00:00:00Z", "creators": ["Tool: assay-sbom"], "comment": "The one time stamp of all that is built, not a date."},
	"packages": [$(echo "$packages" | json_list '		')
	],
	"relationships": [$(relations | json_list '		')
	]
}
END
