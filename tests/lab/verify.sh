#!/bin/sh
# verify.sh - every mutation of a good run is caught, and the good run is not.
. "$(dirname "$0")/lib.sh"

make_run
touch s2-iozone.txt
mkdir -p good
cp journal.jsonl journal.sha256 console.log payload.json s2-iozone.txt good
says "the good run" 0 'verified' "$assay" verify good

copy() { rm -rf "$1" && cp -r good "$1"; } # FOLDER
alter() { # FILE SED: bad, with one of its files changed
	copy bad
	sed "$2" "good/$1" > "bad/$1"
}
change() { # WHAT EXPECTED FILE SED
	alter "$3" "$4"
	says "$1" 1 "$2" "$assay" verify bad
}

# mutate WHAT EXPECTED SED - a change of the journal that the chain alone finds.
mutate() { change "chain: $1" "$2" journal.jsonl "$3"; }
mutate "a digit of a value [E5]" 'record 4: the line or its hash' '5s/941/942/'
mutate "a line taken out [E5]" 'sequenceNumber' '5d'
mutate "two lines changed places" 'sequenceNumber' '5{h;d};6{G}'
mutate "a line twice" 'sequenceNumber' '5p'
mutate "a blank in a line" 'record 7: the line or its hash' '8s/,/, /'
mutate "the end taken off" 'more lines' '$d'

# rehash WHAT EXPECTED SED - the same, by somebody who made the chain and the serial log anew.
rehash() {
	alter journal.jsonl "$3"
	chain bad/journal.jsonl > bad/journal.sha256
	frames bad/journal.jsonl bad/journal.sha256 > bad/console.log
	says "schema: $1" 1 "$2" "$assay" verify bad
}
rehash "an unknown key" "'colour' is not in the schema" '5s/"name"/"colour":"red","name"/'
rehash "a missing key" "'verdict' is missing" 's/"verdict":"host-cache",//'
rehash "a word outside the list" "'status' is 'FINE'" '$s/COMPLETE/FINE/'
rehash "a text for a number" "whole number" 's/"totalCount":3/"totalCount":"3"/'
rehash "a bad time" "a time like" '3s/"timestamp":"[^"]*"/"timestamp":"yesterday"/'
rehash "two artifacts in one" "exactly one" '$s/"testRunEnd"/"log":{"severity":"INFO","message":"x"},"testRunEnd"/'
rehash "another schema version" 'schema version 3.0' '1s/"major":2/"major":3/'
rehash "a start in the wrong place" 'should be testRunStart' '2s/"testRunStart":.*/"log":{"severity":"INFO","message":"x"}}}/'
rehash "a step without an end" 'step s1 has no end' '13s/"testStepEnd".*/"log":{"severity":"INFO","message":"x"}}}/'
rehash "a step without a start" 'before the start of its step' '3s/"testStepStart".*/"log":{"severity":"INFO","message":"x"}}}/'
rehash "a wrong count of a series" 'totalCount' 's/"totalCount":3/"totalCount":4/'
rehash "elements out of order" 'out of order' '7s/"index":0/"index":1/'
rehash "a file that is not here" 'names a file' 's/s2-iozone.txt/s3-iozone.txt/'
rehash "a file outside" 'names a file' 's,s2-iozone.txt,../../etc/passwd,'
rehash "not JSON" 'not one JSON object' '5s/}$//'

change "a hash altered [E5]" 'record 3: the line or its hash' journal.sha256 '4s/^./x/'
change "a hash missing at the end" 'has no hash' journal.sha256 '$d'
change "a hash too many" 'more lines' journal.sha256 '$p'
change "serial: a frame missing [E3]" 'record 12' console.log '/^@assay 12 /d'
change "serial: a frame altered [E3]" 'record 4' console.log '/^@assay 4 /s/941/942/'
change "serial: its hash altered" 'record 4' console.log 's/^@assay 4 ./@assay 4 f/'
change "serial: a frame without its marker" 'record 12' console.log 's/^@assay 12 /assay 12 /'
change "serial: other last words" 'the machine ended with 28 records and head f' console.log 's/ head=./ head=f/'
change "serial: last words of a longer run" 'the machine ended with 29 records' console.log 's/ records=28/ records=29/'
change "serial: cut" 'without the end' console.log '20,$d'
copy bad
sed '/"log":{"severity":"WARNING"/d' good/journal.jsonl | awk '{ sub(/"sequenceNumber":[0-9]+/, "\"sequenceNumber\":" NR - 1); print }' > bad/journal.jsonl
chain bad/journal.jsonl > bad/journal.sha256
{ frames bad/journal.jsonl bad/journal.sha256 | grep -v '^assay: end'; tail -n 1 good/console.log; } > bad/console.log
says "a record taken out and all hashes made anew [E5]" 1 'the machine ended with 28 records' "$assay" verify bad
change "another image" 'build id' payload.json s/aa11/aa12/
copy bad && rm bad/journal.sha256
says "no chain" 1 'journal.sha256 is missing' "$assay" verify bad
copy bad && : > bad/journal.jsonl
says "an empty journal" 1 'empty' "$assay" verify bad
says "no run" 1 'no run there' "$assay" verify nowhere

# A power cut leaves a torn last line: forgiven and said. Nothing else is.
copy torn && rm torn/console.log
head -c -40 good/journal.jsonl > torn/journal.jsonl
sed '$d' good/journal.sha256 > torn/journal.sha256
says "a torn last line is forgiven and said [E1]" 0 'cut off in record 27' "$assay" verify torn
sed -i '5s/941/942/' torn/journal.jsonl
says "but nothing else is [E1]" 1 'record 4: the line or its hash' "$assay" verify torn
copy alone && rm alone/console.log
says "one channel is said" 0 '^E3 *not applicable' "$assay" verify alone
says "the exit code of an incomplete one, when asked" 3 '^R2 *missing' "$assay" verify good strict=yes
says "in JSON" 0 '"verdict":	"verified; informative only"' "$assay" verify good format=json
"$assay" verify good -q > quiet.txt
check "quiet: one line" test "$(wc -l < quiet.txt)" = 1
says "an unknown form" 2 'text or json' "$assay" verify good format=yaml

# [V1] The reader shares nothing with the writer: its link holds none of the writer's functions, which the whole program does.
writers() { nm "$1" | grep -q ' T \(journal_write\|digest_chain\|stats_of\|artifact_log\|frame_parse\)$'; }
alone=${assay%/assay}/test/verify-alone
if [ -x "$alone" ]; then
	twin "the reader has functions of the writer [V1]" writers "$alone"
	check "and the whole program has [V1]" writers "$assay"
fi
finish
