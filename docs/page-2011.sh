#!/bin/sh
# page-2011.sh [FOLDER] - puts what a campaign of page-2011-small left in FOLDER (default results/page-2011-small) into docs/page-2011.md,
# between its two marks: what was booted, and what `assay compare` says, word for word. Nothing of it is written by hand.
set -eu

folder=${1:-results/page-2011-small}
root=$(cd "$(dirname "$0")/.." && pwd)
assay=${ASSAY:-$root/build/assay}
page=${PAGE:-$root/docs/page-2011.md}
begin='<!-- campaign: begin -->'
end='<!-- campaign: end -->'

[ -s "$folder/state.jsonl" ] || { echo "page-2011.sh: $folder/state.jsonl is not there: build/assay campaign page-2011-small makes it" >&2; exit 1; }
for mark in "$begin" "$end"; do
	[ "$(grep -cxF -e "$mark" "$page")" = 1 ] || { echo "page-2011.sh: $page: one line '$mark' expected" >&2; exit 1; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

block() { # TITLE FILE
	printf '\n### %s\n\n```\n' "$1"
	cat "$2"
	printf '```\n'
}

# The last word on each boot counts; a boot that was cut and done again has several lines.
booted() {
	jq -rs '[.[] | select(has("slot"))] | group_by(.slot) | map(last) | group_by(.name)[] |
		[.[0].name, (map(select(.state == "done")) | length), length, (map(select(.state == "done").seconds) | if length > 0 then (add / length | round) else "-" end),
		(map(select(.state != "done").reason // empty) | unique | join("; "))] | @tsv' "$folder/state.jsonl" |
		awk -F '\t' 'BEGIN { print "| machine | boots done | seconds each | |\n|---|---|---|---|" } { print "| " $1 " | " $2 " of " $3 " | " $4 " | " $5 " |" }'
	jq -rs '[.[] | select(.state == "done").seconds] | "\nIn all \(length) boots, \((add // 0) / 60 | round) minutes of booting and measuring."' "$folder/state.jsonl"
}
image() {
	find "$folder/machines" -name payload.json -exec jq -r '"version \(.version // "not said"), SHA-256 `\(.sha256)`"' {} + | sort -u | sed 's/^/The image: /; s/$/./'
	find "$folder/machines" -name collect.json -exec jq -r '.accel // "not said"' {} + | sort | uniq -c | awk '{ print "Accelerator of " $1 " runs: " $2 "." }'
}

{
	printf '\n'
	booted
	printf '\n'
	image
	for file in "$folder"/compare-*.txt; do
		[ -s "$file" ] || continue
		name=${file##*/compare-}
		block "Asked: ${name%.txt}" "$file"
	done
	if [ -d "$folder/machines/metal-ahci" ]; then
		"$assay" compare "$root/config/data/page-2011-physical.csv" "$folder/machines/metal-ahci" noisy=keep > "$work/old.txt" || true
		block "The page's physical machine beside the stand-in" "$work/old.txt"
	fi
	printf '\n'
} > "$work/output.md"

awk -v begin="$begin" -v end="$end" -v output="$work/output.md" '
	$0 == begin { print; while ((getline line < output) > 0) print line; skipping = 1 }
	$0 == end { skipping = 0 }
	!skipping' "$page" > "$work/page.md"
cat "$work/page.md" > "$page"
echo "$page: $(grep -c . "$work/output.md") lines of $folder"
