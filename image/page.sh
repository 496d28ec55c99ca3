#!/bin/sh
# page.sh PLOTLY FOLDER - the report's page without its data, from FOLDER's template.html, *.css, *.js and before/*.js: each line <!-- put NAME -->
# becomes that part. Scripts run only when their digest is in the page's own policy, so that nothing in a journal can run.
set -eu
export LC_ALL=C

plotly=$1
folder=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# An end tag inside a script would end it; in JavaScript's texts <\/ is the same.
as_script() { # FILE...
	cat "$@" | sed 's,</script,<\\/script,g'
}
digest() {
	sha256sum < "$1" | cut -c-64 | tr a-f A-F | basenc --base16 -d | base64 -w 0
}

as_script "$folder"/before/*.js "$plotly" > "$work/plotly.js"
{
	echo '"use strict";'
	as_script "$folder"/*.js
} > "$work/page.js"
cat "$folder"/*.css > "$work/page.css"
policy="default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; script-src 'sha256-$(
	digest "$work/plotly.js")' 'sha256-$(digest "$work/page.js")'"

while IFS= read -r line; do
	case $line in
	"<!-- put policy -->") printf '<meta http-equiv="Content-Security-Policy" content="%s">\n' "$policy" ;;
	"<!-- put style -->") printf '<style>' && cat "$work/page.css" && printf '</style>\n' ;;
	"<!-- put plotly -->") printf '<script>' && cat "$work/plotly.js" && printf '</script>\n' ;;
	"<!-- put script -->") printf '<script>' && cat "$work/page.js" && printf '</script>\n' ;;
	*) printf '%s\n' "$line" ;;
	esac
done < "$folder/template.html"
