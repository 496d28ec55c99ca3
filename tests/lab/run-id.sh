#!/bin/sh
# run-id.sh - no two runs have one name: a hundred of them in the same seconds. tests/image/results.sh has it of boots.
. "$(dirname "$0")/lib.sh"

# Ten at once, so that many begin within one second and by processes with neighbouring numbers.
run() { "$assay" run self.null seconds=0.01 batch=1 format=jsonl > "run-$1.jsonl"; }
tens=0
while [ $tens -lt 100 ]; do
	for ones in 0 1 2 3 4 5 6 7 8 9; do
		run $((tens + ones)) &
	done
	wait
	tens=$((tens + 10))
done
ids() { sed -n 's/.*"metadata":{"runId":"\([^"]*\)".*/\1/p' "$@"; }
bits() { ids run-*.jsonl | sed 's/.*-//'; }
duplicates() { sort | uniq -d | grep -q .; }

check "100 runs, 100 names [R1]" [ "$(ids run-*.jsonl | wc -l)" = 100 ]
check "each of 128 bits behind the date [R1]" [ "$(ids run-*.jsonl | grep -c '^[0-9]\{8\}-[0-9]\{6\}-[0-9a-f]\{32\}$')" = 100 ]
some_twice() { bits | duplicates; }
twin "one of them twice, even without its date [R1]" some_twice
one_more() { { bits && ids run-7.jsonl | sed 's/.*-//'; } | duplicates; }
check "one that is there twice would be seen [R1]" one_more
no_bit_still() { # in 100 of them each of the 128 bits is now 0, now 1
	bits | awk '{ for (i = 1; i <= 32; i++) { v = index("0123456789abcdef", substr($0, i, 1)) - 1
		for (b = 0; b < 4; b++) { ones[i, b] += v % 2; v = int(v / 2) } } }
		END { for (k in ones) if (ones[k] < 10 || ones[k] > 90) exit 1 }'
}
check "no bit of it stands still [R1]" no_bit_still
states() { # RUN KEY: in its second record, on which all others are chained
	sed -n '2p' "$1" | grep -q "\"$2\":"
}
for key in runId version commandLine initSha256 buildId; do
	check "the run's start says $key [R1]" states run-0.jsonl $key
done
for key in payloadDigest planSha256; do
	twin "a command has no $key to state [R1]" states run-0.jsonl $key
done
finish
