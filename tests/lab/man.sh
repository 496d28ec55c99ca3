#!/bin/sh
# man.sh - the manual pages say what the program takes: every verb, word, setting, benchmark, parameter, metric and key of its files. What it
# takes is asked of the parsers themselves, which name all they know when they refuse a word. And what make install leaves works where it is.
. "$(dirname "$0")/lib.sh"
need mandoc

ln -sfn "$here/config" config
"$assay" help --table > words.txt
for page in assay.1 plan.5; do
	"$here/image/man.sh" words.txt "$here/docs/man/$page.in" > $page || not_ok "$page is made"
done
for page in assay.1 plan.5; do
	check "$page: mandoc has nothing to warn of" mandoc -T lint -W warning $page
	check "$page: it can be read" sh -c 'mandoc -T utf8 "$1" | grep -q NAME' sh $page
done
sed 's/^\.Sh NAME/.Sx NAME/' assay.1 > wrong.1
twin "a page with a fault in it" sh -c 'mandoc -T lint -W warning wrong.1 > /dev/null'
if installed groff; then
	check "groff has nothing to warn of" sh -c '[ -z "$(groff -mandoc -ww -z -Tascii assay.1 plan.5 2>&1)" ]'
fi

# part PAGE HEADING: from .Ss or .Sh HEADING to the next one
part() { awk -v heading="$2" '/^\.S[hs] / { on = (substr($0, 5) == heading); next } on' "$1"; }
# lists PAGE HEADING WORD...: each has an item there
lists() {
	part "$1" "$2" > part.txt
	shift 2
	for item; do grep -qF ".It Cm $item Ns =" part.txt || { echo "# missing: $item"; return 1; }; done
	[ $# -gt 0 ]
}
# known COMMAND...: the names in the line of refusal, "known: a= b=" or "known here: a, b"
known() { { "$@" 2>&1 || true; } | sed -n 's/; did you mean.*//; s/.*known\( here\)\{0,1\}: //p' | tr ',=' '  '; }
# For each of some lists: it is there; and with one of its items taken away it is not.
documents() { # WHAT PAGE HEADING PREFIX NAMES...
	what=$1 page=$2 heading=$3 prefix=$4
	shift 4
	items=
	for item; do items="$items $prefix$item"; done
	check "$what: $# words" lists $page "$heading" $items
	last=${items##* }
	awk -v item=".It Cm $last Ns =" '$0 != item' $page > less.page
	twin "$what without $last" lists less.page "$heading" $items > /dev/null
}

verbs=$("$assay" help | sed -n 's/^  \([a-z-]*\) .*/\1/p')
has_verb() { grep -qx "\.Ss assay $2" "$1"; }
for verb in $verbs; do
	check "verb $verb" has_verb assay.1 "$verb"
	sed "/^\.Ss assay $verb\$/d" assay.1 > less.page
	twin "verb $verb, left out" has_verb less.page "$verb"
done
for verb in boot campaign collect compare export format-results report serve sign verify write-usb peer; do
	# shellcheck disable=SC2046
	documents "words of $verb" assay.1 "assay $verb" "" $(known "$assay" $verb no-such-word=1 | tr '\n' ' ')
done

# shellcheck disable=SC2046
documents "settings" plan.5 SETTINGS "" $(known "$assay" plan quick colour=1)
# shellcheck disable=SC2046
documents "links" plan.5 Links net. $(known "$assay" plan quick net.colour=1)
for bench in $("$assay" list | cut -d ' ' -f 1); do
	check "$bench is listed in assay(1)" grep -qx "\.It Cm $bench" assay.1
	names=$(known "$assay" run "$bench" target=. colour=1)
	# shellcheck disable=SC2086
	[ "$names" = none ] || documents "parameters of $bench" plan.5 "[$bench]" "" $names
	metrics=$("$assay" help "$bench" | sed '1,/^metrics:/d' | awk '/^  [^ ]/ { print $1 }')
	has_metrics() { part "$1" "[$bench]" > part.txt; for metric in $metrics; do grep -qx "\.It Va $metric" part.txt || return 1; done; }
	check "metrics of $bench" has_metrics plan.5
	grep -vx "\.It Va ${metrics##*
}" plan.5 > less.page
	twin "metrics of $bench without the last" has_metrics less.page
done
# shellcheck disable=SC2046
documents "the disk beneath" plan.5 "THE DISK BENEATH" "" $("$assay" help --table | awk -F '\t' '$1 == "ground" { print $3 }')
for key in $("$assay" help --table | awk -F '\t' '$1 == "ground" { print $3 }'); do
	"$assay" plan truth file.bonnie.$key=no-such-value > taken.txt 2>&1 || true
	check "$key is taken" sh -c '! grep -q "unknown setting" taken.txt'
done

# Files: a key that none has, in each of their sections.
for section in machine 'disk NAME' 'nic NAME' peer; do
	printf '[%s]\ncolour = 1\n' "$section" | sed 's/NAME/one/' > wrong.ini
	# shellcheck disable=SC2046
	documents "a machine's [$section]" plan.5 "[$section]" "" $(known "$assay" boot wrong.ini)
done
for section in campaign 'machine NAME' 'together NAME' 'compare NAME'; do
	printf '[%s]\ncolour = 1\n' "$section" | sed 's/NAME/one/' > wrong.ini
	# shellcheck disable=SC2046
	documents "a campaign's [$section]" plan.5 "[$section]" "" $(known "$assay" campaign wrong.ini)
done

# ---- installed
mkdir -p built/man
cp "$assay" built/assay
cp assay.1 plan.5 built/man
install_into() { (cd "$here" && B=$WORK/built DESTDIR=$1 PREFIX=/opt/assay image/install.sh); }
says "what make install does" 0 'installed below' install_into "$WORK/root"
root=$WORK/root/opt/assay
for file in bin/assay share/man/man1/assay.1 share/man/man5/plan.5 share/bash-completion/completions/assay share/zsh/site-functions/_assay \
	share/assay/config/plans/quick.ini share/assay/config/machines/file-virtio.ini share/assay/config/campaigns/page-2011-small.ini; do
	check "installed: $file" [ -s "$root/$file" ]
done
twin "installed: what nobody makes" [ -e "$root/share/assay/config/plans/nowhere.ini" ]
mkdir -p elsewhere
from_elsewhere() { (cd elsewhere && "$@"); }
says "installed: a plan is found from elsewhere" 0 'net.tcp' from_elsewhere "$root/bin/assay" plan quick
says "installed: and what was meant" 2 'did you mean quick?' from_elsewhere "$root/bin/assay" plan quikc
says "installed: a machine, up to the image" 1 'nowhere.efi: No such file' from_elsewhere "$root/bin/assay" boot file-virtio image=nowhere.efi
cp "$assay" elsewhere/assay
twin "a program without its files finds none" from_elsewhere ./assay plan quick
finish
