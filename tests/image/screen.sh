#!/bin/sh
# screen.sh - the end of a run on the screen: a QR code that a reader takes, with run id and chain end [E5]; and its plan, rebuilt from the
# journal alone, is the same plan [M1].
. "$(dirname "$0")/qemu.sh"
skip_without python3 zbarimg mke2fs debugfs

"$assay" format-results file=disk size=64M > /dev/null
# shellcheck disable=SC2046
{
	python3 "$qmp" screen.sock screen/console 'await ^assay: end' 'sleep 3' '{"execute":"screendump","arguments":{"filename":"end.ppm"}}' \
		'{"execute":"send-key","arguments":{"keys":[{"type":"qcode","data":"ret"}]}}' > qmp.said 2>&1 &
	mkdir -p screen && : > screen/console
	boot screen 90 "console=tty0 console=ttyS0 assay.linger=100 assay.self.noise.seconds=0.4" -vga std -qmp unix:screen.sock,server=on,wait=off \
		$(disk disk results)
	wait
}
check "the run ends, and a key ends its stay on the screen" ended screen COMPLETE PASS
check "it verifies with both channels" collected screen disk
zbarimg -q --raw end.ppm > end.txt 2> /dev/null || :
line() { # what the code must hold
	tr -d '\r' < screen/console | sed -n 's/^assay: end .* head=//p' | tail -n 1 | sed "s/^/ASSAY:$(basename "$(readlink screen/results/latest)"):/" | tr a-z A-Z
}
shows() { [ "$(cat "$1")" = "$(line)" ]; }
check "the code on the screen has run id and chain end [E5]" shows end.txt
tr F E < end.txt | sed 's/.$/G/' > other.txt
twin "the code on the screen has run id and chain end [E5]" shows other.txt

run=screen/results/latest
"$assay" export results=screen/results format=plan > again.ini
stated() { jq -r '.testRunArtifact.testRunStart.metadata.stepsSha256 // empty' $run/journal.jsonl; }
again() { "$assay" plan plan=./"$1" | sed -n 's/^digest of the steps: //p'; }
same() { [ -n "$(stated)" ] && [ "$(again "$1")" = "$(stated)" ]; }
check "the plan rebuilt from the journal alone has the same digest [M1]" same again.ini
sed 's/^seconds = .*/seconds = 7/' again.ini > other.ini
twin "the plan rebuilt from the journal alone has the same digest [M1]" same other.ini
check "verify holds the steps against it [M1]" grep -q '^M1 *pass' screen/verify
finish
