#!/bin/sh
# parquet.sh - a made-up fleet as Parquet, by DuckDB, and read again: as many rows as the CSV files have, the same sums, the same rows.
. "$(dirname "$0")/../check.sh"
skip_without node python3
duckdb=$(realpath "${DUCKDB_PIECE:?}")
python3 "$here/tests/lab/fleet-runs.py" results 4 5 6 known > known.txt
mkdir csv
for run in results/*; do "$assay" export "$run" format=csv out="csv/${run#*/}.csv"; done
made() { ASSAY=$assay "$here/lab/fleet/parquet.sh" "$duckdb" results fleet.parquet > made.txt 2>&1; }
check "made" made
check "it says how much is in it" grep -q ': 2560 measurements of 40 runs$' made.txt
check "it is Parquet" [ "$(head -c 4 fleet.parquet)$(tail -c 4 fleet.parquet)" = PAR1PAR1 ]
node "$here/tests/bench/parquet-rows.mjs" "$duckdb" fleet.parquet rows.csv
same() { # the rows of CSV files in FOLDER and of rows.csv, with counts and sums for each metric and unit
	python3 - "$1" rows.csv > same.txt 2>&1 << 'END'
import collections, csv, glob, math, sys

NUMBERS = ["value", "n", "min", "max", "mean", "sd", "median", "p95", "p99"]
WORDS = ["run", "machine", "plan", "step", "bench", "label", "target", "outcome", "metric", "at", "unit", "better"]


def rows(paths):
    for path in paths:
        for row in csv.DictReader(open(path, newline="", encoding="utf-8")):
            yield tuple(row[word] for word in WORDS) + tuple(float(row[number]) if row[number] else None for number in NUMBERS) + (
                row["time"].replace("T", " ").rstrip("Z0").rstrip("."),)


def sums(all_rows):
    found = collections.defaultdict(list)
    for row in all_rows:
        found[row[8], row[10]].append(row[len(WORDS)])
    return {metric: (len(values), math.fsum(values)) for metric, values in found.items()}


wanted, got = list(rows(sorted(glob.glob(sys.argv[1] + "/*.csv")))), list(rows(sys.argv[2:]))
if not wanted or sums(wanted) != sums(got):
    raise SystemExit("sums and counts: %s, %s" % (sums(wanted), sums(got)))
key = lambda row: tuple(str(field) for field in row)
for one, other in zip(sorted(wanted, key=key), sorted(got, key=key)):
    if one != other:
        raise SystemExit("%s, %s" % (one, other))
for (metric, unit), (count, total) in sorted(sums(got).items()):
    print("# %-16s %-8s %6d %20.9g" % (metric, unit, count, total))
END
}
check "counts, sums and rows are the CSV's" same csv
cat same.txt
cp -r csv other
rm "other/$(ls other | head -n 1)"
twin "those of all but one run" same other
finish
