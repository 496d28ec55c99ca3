#!/bin/sh
# sign.sh - signatures of a run: the stock minisign agrees; another key, another run, an altered statement do not [E6].
. "$(dirname "$0")/lib.sh"
skip_without minisign

key() { minisign -G -f -W -p "$1.pub" -s "$1.key" > /dev/null; }
key ours
key theirs
printf 'open sesame\n' > right.txt
cat right.txt right.txt | minisign -G -f -p closed.pub -s closed.key > /dev/null 2>&1
stock() { minisign -q -Vm "$1/journal.end" -p ours.pub > stock.txt 2>&1; } # FOLDER
make_run
touch s2-iozone.txt
mkdir run
cp journal.jsonl journal.sha256 console.log s2-iozone.txt run

says "unsigned is said [E6]" 0 '^E6 .*unsigned$' "$assay" verify run
says "unsigned where a key is given [E6]" 1 '^E6 *fail .*unsigned' "$assay" verify run key=ours.pub
says "signing without a key" 2 'key=FILE' "$assay" sign run
says "signing with a public key" 1 'not a secret key' "$assay" sign run key=ours.pub
says "a key with a password, and nobody to ask [E6]" 1 'has a password: password=FILE' setsid -w "$assay" sign run key=closed.key
: > none.txt
says "no password in the file [E6]" 1 'none.txt: its first line is empty' "$assay" sign run key=closed.key password=none.txt
says "the password that minisign took [E6]" 0 'signed with key [0-9A-F]\{16\}$' "$assay" sign run key=closed.key password=right.txt
check "minisign agrees with it [E6]" minisign -q -Vm run/journal.end -p closed.pub
says "a run is signed [E6]" 0 'signed with key [0-9A-F]\{16\}$' "$assay" sign run key=ours.key
check "by the key that minisign names so [E6]" grep -q "$(sed -n 's/.*public key //p' ours.pub)" said.txt
check "minisign agrees [E6]" stock run
says "verify agrees [E6]" 0 '^E6 *pass' "$assay" verify run key=ours.pub
says "without a key it says whose it is not known [E6]" 0 '^E6 *informative only .*signed by key' "$assay" verify run
says "another key [E6]" 1 '^E6 *fail .*signed by key .*, not by' "$assay" verify run key=theirs.pub
twin "minisign agrees with another key [E6]" minisign -q -Vm run/journal.end -p theirs.pub

copy() { rm -rf bad && cp -r run bad; }
copy && sed -i 's/records 28/records 27/' bad/journal.end
says "an altered statement [E6]" 1 '^E6 *fail' "$assay" verify bad key=ours.pub
twin "minisign agrees with an altered statement [E6]" stock bad
copy && sed -i '3s/assay run/another run/' bad/journal.end.minisig
says "an altered comment [E6]" 1 'signature does not hold' "$assay" verify bad key=ours.pub
copy && sed -i '2s/.$/A/; 2s/.A.$/Q=/' bad/journal.end.minisig
says "an altered signature [E6]" 1 '^E6 *fail' "$assay" verify bad key=ours.pub
copy && : > bad/journal.end.minisig
says "an empty signature [E6]" 1 'not a signature' "$assay" verify bad key=ours.pub
copy && rm bad/journal.end
says "half of it [E6]" 1 'is absent' "$assay" verify bad key=ours.pub

# An old result under a new run id: all hashes anew, the old signature beside it. And the same with a changed figure.
replay() { # SED
	copy
	sed "$1" run/journal.jsonl > bad/journal.jsonl
	chain bad/journal.jsonl > bad/journal.sha256
	frames bad/journal.jsonl bad/journal.sha256 > bad/console.log
}
replay "s/$run_id/20260201-120000-ffeeddccbbaa99887766554433221100/"
says "a replay under a new run id [E6]" 1 '^E6 *fail .*another run' "$assay" verify bad key=ours.pub
check "which minisign alone cannot see [E6]" stock bad
replay '5s/"n":3,/"n":4,/'
says "a better figure with all hashes anew [E6]" 1 '^E6 *fail .*another run' "$assay" verify bad key=ours.pub
copy && sed -i 5s/941/942/ bad/journal.jsonl
says "what does not verify is not signed [E6]" 1 'not signed' "$assay" sign bad key=theirs.key
finish
