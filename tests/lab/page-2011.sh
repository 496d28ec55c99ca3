#!/bin/sh
# page-2011.sh - what a campaign left gets into docs/page-2011.md by itself: between its marks, word for word, the same twice; and the page has
# the marks that it wants.
. "$(dirname "$0")/lib.sh"
need jq python3

mkdir -p c/machines
python3 "$here/tests/lab/page-runs.py" c/machines/metal-ahci metal-ahci 4 1
python3 "$here/tests/lab/page-runs.py" c/machines/file-virtio file-virtio 4 0.7
"$assay" compare c/machines/metal-ahci c/machines/file-virtio noisy=keep > c/compare-metal-vm.txt
{
	echo '{"campaign":1,"digest":"aa"}'
	for slot in 0 1 2 3; do
		echo '{"slot":'$slot',"name":"metal-ahci","state":"started","seconds":0}'
		echo '{"slot":'$slot',"name":"metal-ahci","state":"done","seconds":100,"run":"x"}'
	done
	echo '{"slot":4,"name":"file-virtio","state":"done","seconds":200,"run":"y"}'
	echo '{"slot":5,"name":"lvm-virtio","state":"skipped","seconds":0,"reason":"no device-mapper in this kernel"}'
} > c/state.jsonl
fill() { ASSAY=$assay PAGE=$1 "$here/docs/page-2011.sh" "$2"; }
between() { sed -n '/^<!-- campaign: begin -->$/,/^<!-- campaign: end -->$/p' "$1"; }
outside() { sed '/^<!-- campaign: begin -->$/,/^<!-- campaign: end -->$/d' "$1"; }

cp "$here/docs/page-2011.md" page.md
says "the page takes what a campaign left" 0 'page.md: [0-9]* lines of c' fill page.md c
between page.md > output.md
check "the boots of each machine, a cut one once" grep -q '^| metal-ahci | 4 of 4 | 100 | ' output.md
check "a machine that was left out, with its reason" grep -q '^| lvm-virtio | 0 of 1 | - | no device-mapper' output.md
check "minutes in all" grep -q 'In all 5 boots, 10 minutes' output.md
check "the image that was booted" grep -q '^The image: .*`dd44`' output.md
check "compare's own words" sh -c 'sed -n "/^file-virtio against metal-ahci/p" c/compare-metal-vm.txt > words.txt; [ -s words.txt ] && while IFS= read -r line; do grep -qxF -e "$line" output.md || exit 1; done < words.txt'
check "the page's old rows beside the stand-in" grep -q 'page-2011-physical.csv' output.md
twin "a machine that was not there" grep -q 'lvm-ahci' output.md
cp page.md once.md
fill page.md c > /dev/null
check "again: the same" cmp -s once.md page.md
outside page.md > got.txt
outside "$here/docs/page-2011.md" > want.txt
check "what people wrote stays" cmp -s want.txt got.txt
says "no campaign" 1 'nothing/state.jsonl is not there' fill page.md nothing
sed '/campaign: end/d' page.md > open.md
says "a page without its marks is left alone" 1 'one line .* expected' fill open.md c
finish
