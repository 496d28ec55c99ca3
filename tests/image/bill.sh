#!/bin/sh
# bill.sh - what comes with the image beside it, without booting: the build record, the SPDX document of all that is inside, the SLSA
# provenance, the sums; and that nothing in the image says when or where it was made. Read by bill.py, which did not write them.
. "$(dirname "$0")/../check.sh"
media=$(dirname "$(realpath "${IMAGE:-$here/build/assay.efi}")")
skip_without python3 openssl jq
bill=$here/tests/image/bill.py
store=$(dirname "$(realpath "$media/piece/busybox")")/sources

# What make built, by name, as the documents know it; and what the parts are.
cp "$media/stripped/assay-init" init
asks() { (cd "$here" && python3 "$bill" "$@") > said 2>&1; }
alter() { jq "$2" "$1" > altered.json; }

record() { asks record "$1" "$media"; }
check "the build record fits what was built and what is installed [B3]" record "$media/build.json"
echo "# $(cat said)"
alter "$media/build.json" '.packages."musl-dev" = "1.2.2-1"'
twin "another version of a package [B3]" record "$WORK/altered.json"
alter "$media/build.json" '.configurations["config/sources.lock"] |= sub("^.";"x")'
twin "another configuration [B3]" record "$WORK/altered.json"
again() { # ENVIRONMENT...: the record, made once more
	(cd "$here" && env B="$media" FLAGS="$(jq -r .flags "$media/build.json")" "$@" sh -c 'umask 077; image/build-record.sh') > again.json && cmp -s again.json "$media/build.json"
}
check "made again elsewhere in time and language it is the same [B3]" again TZ=Pacific/Kiritimati LC_ALL=C.UTF-8 HOME=/nowhere USER=somebody
twin "with another setting it is another [B3]" again FIRMWARE=tg3
nowhere() { ! grep -q -e "$here" -e "$(hostname)\"" -e "$HOME/" "$@"; }
check "no folder, host or home in the documents [B3]" nowhere "$media/build.json" "$media/sbom.spdx.json" "$media/provenance.json" "$media/payload.json"

sbom() { asks sbom "$1" "$here/config/sources.lock" "$store" "$WORK" "$media" "$media/piece/busybox" "$media/piece/mke2fs" "$media/piece/mkfs.xfs"; }
check "the SPDX document: fields, licenses, relations, sums [B6]" sbom "$media/sbom.spdx.json"
echo "# $(cat said)"
in_sbom() { jq -e --arg name "$1" '[.packages[].name] | index($name) != null' "$media/sbom.spdx.json" > /dev/null; }
for name in linux busybox musl e2fsprogs mke2fs mkfs.xfs xfsprogs util-linux liburcu libinih cjson libsodium liburing libgcc init assay.efi; do
	check "it names $name [B6]" in_sbom $name
done
twin "not what is at the desk only [B6]" in_sbom libmicrohttpd
alter "$media/sbom.spdx.json" '(.packages[] | select(.packageFileName == "busybox_1.35.0.orig.tar.bz2") | .checksums[0].checksumValue) |= sub("^.";"0") + ""'
cmp -s altered.json "$media/sbom.spdx.json" || alter "$media/sbom.spdx.json" '(.packages[] | select(.name == "busybox") | .checksums[0].checksumValue) |= (.[1:] + .[:1])'
twin "another sum [B6]" sbom "$WORK/altered.json"
alter "$media/sbom.spdx.json" '.packages[2].licenseDeclared = "Proprietary"'
twin "a license that is none [B6]" sbom "$WORK/altered.json"
alter "$media/sbom.spdx.json" '.packages |= map(select(.name != "cjson"))'
twin "a part left out [B6]" sbom "$WORK/altered.json"
sed '/^cjson /d' "$here/config/licenses.list" > less.list
unlicensed() { # in a copy, whose list lacks one
	mkdir -p copy && cp -r "$here/image" "$here/config" copy && cp less.list copy/config/licenses.list && mkdir -p copy/build && (cd copy && B=$media image/sbom.sh) > sbom.json 2> said
}
twin "a source without a license makes no document [B6]" unlicensed
check "and is named [B6]" grep -q 'cjson' said

provenance() { asks provenance "$1" "$media"; }
check "the provenance: subjects, builder, type, parameters [B7]" provenance "$media/provenance.json"
echo "# $(cat said)"
for change in '.subject[0].digest.sha256 |= (.[1:] + .[:1])' '.predicate.runDetails.builder.id = "https://example.org/builder"' \
	'.predicate.buildDefinition.externalParameters.extra = "x"' '.predicate.buildDefinition.buildType = "urn:other"' '.subject = []' \
	'.predicate.buildDefinition.internalParameters.slsaBuildLevel = 3' '.subject |= map(select(.name != "assay.iso"))' '._type = "x"' \
	'.predicate.runDetails.byproducts[1].digest.sha256 |= (.[1:] + .[:1])'; do
	alter "$media/provenance.json" "$change"
	twin "refused: $change [B7]" provenance "$WORK/altered.json"
done
for name in ours other; do
	openssl genpkey -algorithm ed25519 -out $name.pem 2> /dev/null
	openssl pkey -in $name.pem -pubout -out $name.pub
done
# A folder like the build's, so that nothing of it is changed.
mkdir signed
for file in "$media"/*.json "$media"/SHA256SUMS "$media"/gen; do ln -s "$file" signed/; done
rm -f signed/provenance.json signed/provenance.dsse.json
(cd "$here" && B="$WORK/signed" PROVENANCE_KEY="$WORK/ours.pem" image/provenance.sh)
check "signed or not, the statement is the same [B7]" cmp signed/provenance.json "$media/provenance.json"
envelope() { python3 "$bill" envelope "$1" "$2" > statement 2> said; }
check "the signature fits, offline [B7]" envelope signed/provenance.dsse.json ours.pub
check "and what it signs is the statement [B7]" cmp statement signed/provenance.json
twin "with another key [B7]" envelope signed/provenance.dsse.json other.pub
jq '.payload |= (@base64d | sub("urn:assay:builder:local"; "urn:assay:builder:other") | @base64)' signed/provenance.dsse.json > forged.json
twin "with another statement [B7]" envelope forged.json ours.pub

sums_name() { grep -q "^[0-9a-f]\{64\}  $1$" "$media/SHA256SUMS"; }
for name in assay.efi kernel.efi initramfs.cpio assay.iso assay.img pxe/assay.efi pxe/bios/assay.efi payload.json build.json sbom.spdx.json; do
	check "SHA256SUMS names $name [B8]" sums_name $name
done
twin "not what is not there [B8]" sums_name assay.qcow2
check "and all are right [B8]" eval '(cd "$media" && sha256sum -c --quiet SHA256SUMS > "$WORK/said" 2>&1)'
check "and what a run reports, first [B8]" [ "$(sed -n '1s/^# payload //p' "$media/SHA256SUMS")" = "$(jq -r .digest "$media/payload.json")" ]

# ---- when and where: only the one time, user and host
check "the initramfs has one time stamp, and root's files [B4]" asks archive "$media/initramfs.cpio"
mkdir late && echo x > late/x
(cd late && echo x | cpio -o -H newc --quiet > ../late.cpio)
twin "another archive has its own [B4]" asks archive "$WORK/late.cpio"
strings -n 6 "$media/assay.efi" > strings
strings -n 6 "$media/stripped/assay-init" "$media/piece/busybox/busybox" "$media/piece/mke2fs/mke2fs" "$media/piece/mkfs.xfs/mkfs.xfs" >> strings
check "the kernel was built by assay@assay in 2020, it says [B4]" grep -q '6\.[0-9.]* (assay@assay) .*#1 SMP .*Wed Jan  1 00:00:00 UTC 2020\|(assay@assay) #1 SMP' strings
places() { grep -e "$here" -e "$(dirname "$store")" -e "/\.work-" "$1" > places.txt; }
twin "no folder of this machine is in the programs [B4]" places strings
echo "$here/lib/text.c" > with
check "one would be found [B4]" places with
configured() { grep -q "^CONFIG_$1=y" "$media/kernel.config"; }
for option in MODULE_SIG RANDSTRUCT GCC_PLUGIN_RANDSTRUCT LOCALVERSION_AUTO DEBUG_INFO RANDOMIZE_BASE; do
	twin "the kernel has no $option [B4]" configured $option
done
check "it has what was asked for [B4]" configured EFI_STUB
finish
