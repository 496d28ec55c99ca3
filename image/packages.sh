#!/bin/sh
# packages.sh GROUP... - the Debian packages of config/packages/GROUP.list, installed when missing. Says what it installed; without
# the right to install it says the command that would. A line "PACKAGE unless PROGRAM" is met by a program of that name from elsewhere.
set -eu

lists=$(cd "$(dirname "$0")/../config/packages" && pwd)
export DEBIAN_FRONTEND=noninteractive

missing=$({
	dpkg-query -W -f 'have ${Package} ${db:Status-Status}\n'
	for group; do
		sed 's/#.*//' "$lists/$group.list" | while read -r package unless program; do
			[ "$unless" = unless ] && command -v "$program" > /dev/null || echo "$package"
		done
	done
} | awk '$3 == "installed" { have[$2] = 1 } NF == 1 && !have[$1]++ { printf "%s%s", sep, $1; sep = " " }')
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
	as_root=
elif sudo -n true 2>/dev/null; then
	as_root="sudo -n"
else
	echo "packages: as root: apt-get update && apt-get install --no-install-recommends -y $missing" >&2
	exit 1
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT

install() {
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=120 \
		install --no-install-recommends $missing > "$log" 2>&1 < /dev/null
}

echo "  INSTALL $missing"
# The lists may be missing or older than the mirror: a failed attempt costs a second, so try before updating.
if ! install; then
	$as_root apt-get -q -o DPkg::Lock::Timeout=120 update > "$log" 2>&1 < /dev/null || true
	install || {
		echo "packages: apt-get install $missing failed: $(grep -m1 '^E:' "$log" || tail -n 1 "$log")" >&2
		exit 1
	}
fi
echo "packages: installed $missing"
