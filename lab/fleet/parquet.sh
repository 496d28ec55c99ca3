#!/bin/sh
# parquet.sh DUCKDB RESULTS OUT.parquet - every run in the folder RESULTS as one Parquet file (make parquet). A run that cannot be read is
# named, and is the exit code's; the file has the others.
set -eu
duckdb=$1 results=$2 out=$3
assay=${ASSAY:-build/assay}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
code=0
for run in "$results"/*/journal.jsonl; do
	run=${run%/journal.jsonl}
	[ ! -L "$run" ] || continue # latest
	"$assay" export "$run" format=csv out="$work/${run##*/}.csv" || code=1
done
node "$(dirname "$0")/parquet.mjs" "$duckdb" "$work" "$out" || code=1
exit $code
