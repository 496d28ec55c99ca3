#!/bin/sh
# install.sh - what `make install` puts below $DESTDIR$PREFIX: the program, its manual pages, what shells complete by, plans, machines and
# campaigns; and the image, where it has been built.
set -eu

B=${B:-build}
to=${DESTDIR:-}${PREFIX:-/usr/local}
put() { # MODE FILE PLACE
	install -D -m "$1" "$2" "$to/$3"
}

put 755 "$B/assay" bin/assay
put 644 "$B/man/assay.1" share/man/man1/assay.1
put 644 "$B/man/plan.5" share/man/man5/plan.5
put 644 docs/shell/assay.bash share/bash-completion/completions/assay
put 644 docs/shell/_assay share/zsh/site-functions/_assay
for file in config/plans/*.ini config/machines/*.ini config/campaigns/*.ini; do
	put 644 "$file" "share/assay/$file"
done
for file in assay.efi payload.json; do
	[ ! -e "$B/$file" ] || put 644 "$B/$file" "share/assay/build/$file"
done
[ -e "$B/assay.efi" ] || echo "install: no image yet (make image): \`assay boot\` will want image=FILE"
echo "installed below $to"
