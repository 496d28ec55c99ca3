#!/bin/sh
# lock.sh - sources from a made-up archive, signed with a key made here: exactly as pinned; moved on within the series, which LOCKED=1
# refuses; in another series, missing, or with other bytes. And a piece of the image built without any network [B2].
. "$(dirname "$0")/../check.sh"
skip_without gpg gpgv apt-get dpkg-scanpackages dpkg-deb unshare

# A checkout of what fetches, with a lock of its own.
tree=$WORK/tree
mkdir -p "$tree/config" archive "$WORK/gpg"
cp -r "$here/image" "$tree"
chmod 700 "$WORK/gpg"
export GNUPGHOME="$WORK/gpg" MIRROR="file://$WORK/archive" KEYRING="$WORK/key.gpg" CACHE="$WORK/cache"
unset LOCKED
trap 'gpgconf --kill all 2> /dev/null || :' EXIT
gpg -q --batch --passphrase '' --quick-generate-key 'made for a test' ed25519 sign never 2> gpg.txt || cat gpg.txt
gpg -q --export > key.gpg

package() { # VERSION TEXT: a binary package in the archive
	mkdir -p "deb/DEBIAN" "deb/usr/share/toy"
	printf 'Package: toy\nVersion: %s\nArchitecture: all\nMaintainer: nobody <nobody@example.org>\nDescription: a toy\n' "$1" > deb/DEBIAN/control
	echo "$2" > deb/usr/share/toy/text
	dpkg-deb -b --root-owner-group deb "archive/pool/toy_${1#*:}_all.deb" > dpkg.txt
}
source_package() { # VERSION TEXT: a source package with two files
	upstream=${1#*:} && upstream=${upstream%-*}
	mkdir -p "src/toy-$upstream/debian" && echo "$2" > "src/toy-$upstream/text" && echo "$1" > "src/toy-$upstream/debian/changelog"
	tar -C src -cJf "archive/pool/game_$upstream.orig.tar.xz" --exclude debian "toy-$upstream"
	tar -C "src/toy-$upstream" -cJf "archive/pool/game_${1#*:}.debian.tar.xz" debian
	files="game_$upstream.orig.tar.xz game_${1#*:}.debian.tar.xz"
	{
		printf 'Format: 3.0 (quilt)\nSource: game\nBinary: game\nArchitecture: all\nVersion: %s\nMaintainer: nobody <nobody@example.org>\n' "$1"
		sums sha256 Checksums-Sha256
		sums md5 Files
	} > "archive/pool/game_${1#*:}.dsc"
}
sums() { # TOOL FIELD: of $files
	echo "$2:"
	for file in $files; do (cd archive/pool && echo " $("${1}sum" < "$file" | cut -d ' ' -f 1) $(stat -c %s "$file") $file"); done
}
index() { # the archive's lists, signed
	lists=archive/dists/toys/main
	mkdir -p $lists/binary-amd64 $lists/source
	(cd archive && dpkg-scanpackages -m pool > dists/toys/main/binary-amd64/Packages) 2> dpkg.txt
	: > $lists/source/Sources
	for dsc in archive/pool/*.dsc; do
		[ -f "$dsc" ] || continue
		files="${dsc##*/} $(sed -n '/^Files:/,$s/^ .* //p' "$dsc" | tr '\n' ' ')"
		{
			sed -e 's/^Source:/Package:/' -e '/^Checksums-Sha256:/,$d' "$dsc"
			echo 'Directory: pool'
			sums sha256 Checksums-Sha256
			sums md5 Files
			echo
		} >> $lists/source/Sources
	done
	{
		printf 'Origin: test\nSuite: toys\nCodename: toys\nDate: %s\nArchitectures: amd64 all\nComponents: main\nSHA256:\n' "$(LC_ALL=C date -u '+%a, %d %b %Y %H:%M:%S UTC')"
		(cd archive/dists/toys && find main -type f | while read -r file; do echo " $(sha256sum < "$file" | cut -d ' ' -f 1) $(stat -c %s "$file") $file"; done)
	} > archive/dists/toys/Release
	gpg -q --batch --yes --clearsign -o archive/dists/toys/InRelease archive/dists/toys/Release
	rm -rf "$CACHE/apt" # which would be asked again in an hour
}
archive_of() { # VERSION...: the archive holds these and no others
	rm -rf archive
	mkdir -p archive/pool
	for version; do package "$version" "toy $version" && source_package "$version" "game $version"; done
	index
}
lock_here() { # VERSION: what the archive has now is pinned
	upstream=${1#*:} && upstream=${upstream%-*}
	for file in "toy deb toy_${1#*:}_all.deb" "game src game_$upstream.orig.tar.xz" "game src game_${1#*:}.debian.tar.xz"; do
		echo "${file%% *} $1 toys ${file#* } $(sha256sum < "archive/pool/${file##* }" | cut -d ' ' -f 1)"
	done > "$tree/config/sources.lock"
}
afresh() { rm -rf "$CACHE"; }
fetch() { # [NAME=VALUE...]: both, or one of them by ONLY=
	(cd "$tree" && env "$@" sh -c 'image/fetch.sh $TAKE' > "$WORK/said" 2>&1)
}
said() { grep -q -e "$1" said; }
stored() { ls "$CACHE/sources" | tr '\n' ' ' | grep -q -e "$1"; }
refused() { # WORDS [NAME=VALUE...]
	words=$1
	shift
	! fetch "$@" && said "$words"
}
TAKE="toy game"
export TAKE

archive_of 1:1.2.3-1
lock_here 1:1.2.3-1
check "exactly as pinned" fetch LOCKED=
twin "nothing has moved" said MOVED
afresh
check "the same with LOCKED=1 [B2]" fetch LOCKED=1
check "all three files are there" [ "$(ls "$CACHE/sources" | wc -l)" = 3 ]
MIRROR=file:///nowhere fetch LOCKED=1 > none.txt || not_ok "what is there is asked for again"

archive_of 1:1.1.9-1 1:1.2.2-1 1:1.2.4-1 1:1.2.5-1~bpo12+1 1:1.3.0-1
afresh
check "moved on within the series: LOCKED=1 refuses [B2]" refused 'sources.lock wants toy 1:1.2.3-1 from toys, the mirror has .*LOCKED=1 takes nothing else' LOCKED=1
twin "and stores nothing" stored toy
check "otherwise it is taken" fetch LOCKED=
check "and said" said 'MOVED   toy 1:1.2.5-1~bpo12+1, sources.lock has 1:1.2.3-1'
check "the newest of the series" stored 'toy_1.2.5-1~bpo12+1_all.deb'
twin "not one of another series" stored 'toy_1.3'
check "and of the source both files" stored 'game_1.2.5-1~bpo12+1.debian.tar.xz game_1.2.5.orig.tar.xz'
check "its lines are in force" grep -q '^game 1:1.2.5-1~bpo12+1 toys src game_1.2.5.orig.tar.xz [0-9a-f]\{64\}$' "$CACHE/sources/moved/game"
check "and are not asked for again" fetch MIRROR=file:///nowhere
echo x >> "$CACHE/sources/game_1.2.5.orig.tar.xz"
check "other bytes than were fetched are refused, too" refused 'game_1.2.5.orig.tar.xz has SHA-256' LOCKED=
check "with LOCKED=1 only the lock counts" refused 'the mirror has' LOCKED=1
archive_of 1:1.2.3-1
lock_here 1:1.2.3-1
check "the pinned ones are back: taken" fetch LOCKED=1
twin "and the others gone" stored '1\.2\.5'
twin "not even a line of them" test -e "$CACHE/sources/moved/game"

archive_of 1:1.3.0-1 2:1.2.4-1
afresh
check "only in another series: refused" refused 'sources.lock wants toy 1:1.2.3-1 from toys, the mirror has' LOCKED=
archive_of 1:1.2.2-1
afresh
check "only older: refused" refused 'the mirror has 1:1.2.2-1' LOCKED=
rm -f archive/pool/* && index
afresh
check "missing: refused" refused 'the mirror has none' LOCKED=
archive_of 1:1.2.3-1
lock_here 1:1.2.3-1
sed -i '1s/[0-9a-f]$/x/; 2s/[0-9a-f]$/x/' "$tree/config/sources.lock"
for locked in 1 ""; do
	afresh
	check "other bytes under the pinned version: refused (LOCKED=$locked) [B2]" refused 'has SHA-256 .*, sources.lock says' LOCKED=$locked
	twin "and not stored" stored toy_
done
lock_here 1:1.2.3-1
sed -i 's/^Origin: test/Origin: somebody/' archive/dists/toys/InRelease
afresh
check "a signature that does not fit: refused" refused 'lists of toys cannot be read' LOCKED=
TAKE="other"
check "a name that the lock has not" refused 'no source named other' LOCKED=

# ---- without a network
unset MIRROR KEYRING
B=$(realpath "$B")
from=$(dirname "$(realpath "$B/piece/libinih")")/sources
own_namespace="unshare -n"
[ "$(id -u)" = 0 ] || own_namespace="unshare -rn"
build_alone() { # CACHE
	(cd "$here" && CACHE=$1 B=$1/build $own_namespace image/piece.sh libinih cjson > "$WORK/said" 2>&1)
}
mkdir -p whole/sources empty
cp "$from"/libinih_* "$from"/cjson_* whole/sources
check "what was fetched is enough, without a network [B2]" build_alone "$WORK/whole"
check "and gives what the image has [B2]" cmp whole/build/piece/cjson/lib/libcjson.a "$B/piece/cjson/lib/libcjson.a"
twin "with nothing fetched it is not [B2]" build_alone "$WORK/empty"
check "which is said" said '^fetch: '
finish
