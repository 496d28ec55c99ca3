#!/bin/sh
# fleet.sh - the results of a made-up fleet in a PostgreSQL of our own: every figure arrives with its unit; the same run loaded twice changes
# nothing; a load that is cut off or killed leaves nothing; the queries find the slow machine and the drifting one, by their indexes, and
# nothing in a fleet that has neither. make bench-fleet does the same with a million measurements, and takes the time.
. "$(dirname "$0")/../check.sh"
. "$here/tests/boot/postgres-common"
sql=$here/lab/fleet
script_of() { "$assay" export format=postgres "$@"; }
load() { psql -X -q -v ON_ERROR_STOP=1 "$@"; }
make_fleet() { python3 "$here/tests/lab/fleet-runs.py" "$@"; }
count() { ask -c "SELECT count(*) FROM assay.$1"; }
# Everything there is, row by row: numbers given and time of loading too.
picture() {
	for table in machine fingerprint run step series measurement; do
		ask -c "SELECT '$table', count(*), md5(string_agg(t::text, E'\n' ORDER BY t::text)) FROM assay.$table t"
	done
}
answers() { # FILE NAME=VALUE...: the query's rows, as CSV with a heading
	file=$1 settings=
	shift
	for setting; do settings="$settings -v $setting"; done
	# shellcheck disable=SC2086
	psql -X -q --csv $settings -f "$sql/$file.sql"
}

eval "$(make_fleet known 12 16 10 known)"
make_database fleet
check "the schema again: nothing to do" ask -f "$sql/schema.sql"
script_of known/* > script.sql
load -f script.sql > loaded.txt || not_ok "load: exit $?"
runs=$(ls known | wc -l)
check "$runs runs are loaded" [ "$(grep -c ': loaded, 104 measurements$' loaded.txt)" = "$runs" ]
same() { # FOLDER: each measurement of its journals is there with run, record, bench, place, value, unit, and no other
	psql -X -q --csv -c "SELECT run.name, record, step.bench, metric, place, value, unit, better, n, min, max, valid FROM assay.measurement m
		JOIN assay.run ON run.id = m.run JOIN assay.series ON series.id = series JOIN assay.step ON (step.run, step.id) = (m.run, m.step)" > here.csv
	python3 "$here/tests/lab/fleet-same.py" "$1" here.csv > same.txt 2>&1
}
check "each measurement is there, with its unit, and no other" same known
steps_alone() { ask -c "DELETE FROM assay.run WHERE name = '$(ls known | head -n 1)'" > said.txt 2>&1; }
twin "a run alone is deleted, and its measurements stay" steps_alone
check "two kinds of machines" [ "$(count fingerprint)" = 2 ]
check "24 machines" [ "$(count machine)" = 24 ]
picture > before.txt
load -f script.sql > again.txt
check "the same again: all are here" [ "$(grep -c ': is here$' again.txt)" = "$runs" ]
picture > after.txt
check "and nothing is another: no row, no number, no time" cmp -s before.txt after.txt
ask -c "UPDATE assay.measurement SET value = value + 1 WHERE (run, record) = (SELECT run, min(record) FROM assay.measurement GROUP BY run LIMIT 1)"
twin "a value that is another" same known
picture > after.txt
twin "nothing is another" cmp -s before.txt after.txt

# ---- what the queries find

ask -c 'DROP SCHEMA assay CASCADE' -f "$sql/schema.sql"
load -f script.sql > loaded.txt
ask -c 'VACUUM ANALYZE'
machines_of() { sed 1d "$1" | cut -d, -f1 | sort -u | tr '\n' ' '; }
answers outliers bench=disk.latency metric=read_iops > slow.csv
# shellcheck disable=SC2154
check "the slow machine, and it alone" [ "$(machines_of slow.csv)" = "$slow " ]
check "in each place" [ "$(sed 1d slow.csv | wc -l)" = 10 ]
away() { sed 1d "$1" | awk -F, '{ if ($11 < -14 || $11 > -10 || $12 != "worse") bad = 1 } END { exit bad || !NR }'; }
check "by about 12 percent, worse" away slow.csv
answers outliers > all.csv
# shellcheck disable=SC2154
check "of the whole fleet, that one and the one that lost its rate" [ "$(machines_of all.csv)" = "$(printf '%s\n' "$slow" "$drifting" | sort | tr '\n' ' ')" ]
check "no other figure of theirs" [ "$(sed 1d all.csv | cut -d, -f1,4 | sort -u | wc -l)" = 2 ]
answers outliers least=13 > none.csv
check "the kinds are kept apart: of neither are there 13 machines" [ -z "$(machines_of none.csv)" ]
answers drift > drift.csv
check "the drifting machine, and it alone" [ "$(machines_of drift.csv)" = "$drifting " ]
check "in the one figure" [ "$(sed 1d drift.csv | cut -d, -f4)" = outgoing ]
answers drift "machine=$drifting" > one.csv
check "asked by machine: the same" cmp -s drift.csv one.csv
answers drift "machine=$slow" > none.csv
check "a machine that was always slow does not drift" [ -z "$(machines_of none.csv)" ]
# shellcheck disable=SC2154
spoilt_outlier() { # VALID: would it be one if its invalid steps counted?
	printf 'BEGIN;\nUPDATE assay.measurement SET valid = valid OR %s;\n\\i %s\nROLLBACK;\n' "$1" "$sql/outliers.sql" | psql -X -q --csv > spoilt.csv
	grep -q "^$spoilt," spoilt.csv
}
twin "a machine whose steps were invalid" spoilt_outlier false
check "they are kept all the same: it would be" spoilt_outlier true

uses() { # INDEX FILE NAME=VALUE...
	index=$1
	shift
	answers "$@" explain=EXPLAIN > plan.txt
	grep -q -e "$index" plan.txt
}
check "outliers by metric: by its index" uses measurement_by_series outliers bench=net.tcp metric=outgoing
check "drift by metric: by that index too" uses measurement_by_series drift bench=net.tcp metric=outgoing
check "drift by machine: by its index" uses run_by_machine drift "machine=$drifting"
check "and its measurements by their key" uses measurement_pkey drift "machine=$drifting"
ask -c 'DROP INDEX assay.measurement_by_series, assay.run_by_machine'
twin "outliers by an index that is not there" uses measurement_by_series outliers bench=net.tcp metric=outgoing
twin "drift likewise" uses run_by_machine drift "machine=$drifting"

make_database even
make_fleet even 12 16 10 even > even.txt
script_of even/* | load > loaded.txt
answers outliers > outliers.csv
answers drift > drift.csv
twin "an outlier in a fleet that has none" grep -q worse outliers.csv
check "no row at all" [ "$(cat outliers.csv drift.csv | wc -l)" = 2 ]
check "though it is all there" same even

# ---- half a load

make_database half
set -- known/*
script_of "$1" "$2" "$3" > three.sql
bytes=$(wc -c < three.sql)
whole_or_nothing() { # WHOLE: so many runs, each with all it has
	[ "$(count run) $(ask -c 'SELECT count(*) FROM (SELECT FROM assay.measurement GROUP BY run HAVING count(*) = 104) whole') $(count measurement)" = \
		"$1 $1 $(($1 * 104))" ] && [ "$(count step)" = $(($1 * 4)) ]
}
commits() { head -c "$1" three.sql | grep -c '^COMMIT;$' || :; } # so many are whole before this byte
last=$(grep -b '^COMMIT;$' three.sql | tail -n 1 | cut -d: -f1)
for cut in 100 $((bytes / 9)) $((bytes / 5)) $((bytes / 3 + 50)) $((bytes / 2)) $((bytes * 5 / 6)) "$last"; do
	head -c "$cut" three.sql | psql -X -q > cut.txt 2>&1 || :
	check "cut off at byte $cut of $bytes: $(commits "$cut") whole runs and nothing of another" whole_or_nothing "$(commits "$cut")"
	ask -c 'DROP SCHEMA assay CASCADE' -f "$sql/schema.sql"
done
mkfifo pipe
psql -X -q -f pipe > killed.txt 2>&1 &
pid=$!
exec 3> pipe
head -c $((bytes / 4)) three.sql >&3
kill -KILL $pid
wait $pid || :
exec 3>&-
tries=0
until [ "$(ask -c "SELECT count(*) FROM pg_stat_activity WHERE datname = 'half' AND backend_type = 'client backend'")" = 1 ] || [ $tries = 100 ]; do tries=$((tries + 1)) && sleep 0.1; done
check "killed in the middle: nothing is left" whole_or_nothing 0
load -f three.sql > one.txt &
load -f three.sql > two.txt
wait $!
check "loaded again, by two at once: whole" whole_or_nothing 3
check "and each run by one of them" [ "$(cat one.txt two.txt | grep -c ': loaded, 104 measurements$')" = 3 ]

# ---- a run that went on, and one that is another

make_database grows
part() { # FOLDER LINES
	mkdir -p "$1"
	head -n "$2" "$first/journal.jsonl" > "$1/journal.jsonl"
	head -n "$2" "$first/journal.sha256" > "$1/journal.sha256"
	cp "$first/collect.json" "$1"
}
set -- known/*
first=$1
part part 40
script_of part | load > said.txt
check "a run that has not ended" [ "$(ask -c "SELECT ended, sound FROM assay.run")" = "f|t" ]
script_of "$first" | load > said.txt
check "its rest takes its place" grep -q ': more of it: 104 measurements$' said.txt
picture > before.txt
script_of part | load > said.txt
check "its first part once more: left as it is" grep -q 'these are its first 40$' said.txt
# change FOLDER HOW: another value in it; HOW is chain (the hashes follow it), more (and a record more), or keep (the hashes stay)
change() {
	cp -r "$first" "$1"
	python3 - "$1" "$2" << 'END'
import hashlib, re, sys
folder, how = sys.argv[1:]
lines = open(folder + "/journal.jsonl").read().splitlines()
lines[4] = re.sub('"value":[0-9.]*', '"value":1', lines[4])
if how == "more":
    lines.append(re.sub('"sequenceNumber":[0-9]*', '"sequenceNumber":%d' % len(lines), lines[-1]))
head, heads = bytes(32), []
for line in lines:
    head = hashlib.sha256(head + line.encode()).digest()
    heads.append(head.hex() + "\n")
open(folder + "/journal.jsonl", "w").write("\n".join(lines) + "\n")
if how != "keep":
    open(folder + "/journal.sha256", "w").writelines(heads)
END
	script_of "$1" > "$1.sql"
}
for how in chain more keep; do change $how $how; done
script_of "$first" > right.sql
refuses() { ! load -f "$1" > said.txt 2>&1 && grep -q 'another journal under this name' said.txt; }
check "another journal under the same name is refused" refuses chain.sql
check "a longer one, too, when it is not this one's continuation" refuses more.sql
twin "the right one is" refuses right.sql
load -f keep.sql > said.txt
check "a copy that was changed afterwards is not taken for it" grep -q ': is here$' said.txt
picture > after.txt
check "and nothing has changed" cmp -s before.txt after.txt
ask -c "SELECT assay.forget_run('$(basename "$first")')" > said.txt
check "forgotten: nothing of it is left" [ "$(count run) $(count step) $(count measurement)" = "0 0 0" ]
make_database mended
load -f keep.sql > said.txt
check "where the changed copy came first, it is not sound" [ "$(ask -c 'SELECT sound FROM assay.run')" = f ]
load -f right.sql > said.txt
check "and the sound one takes its place" grep -q ': sound now: 104 measurements$' said.txt
load -f keep.sql > said.txt
check "for good" [ "$(ask -c 'SELECT sound FROM assay.run')" = t ]
mkdir nameless && echo '{"schemaVersion":{"major":2,"minor":0},"sequenceNumber":0,"timestamp":"2026-01-31T12:00:00Z"}' > nameless/journal.jsonl
twin "a journal without a run id" eval 'script_of nameless > nameless.sql 2> why.txt'
sed 's/begin_run(1)/begin_run(2)/' right.sql > newer.sql
newer() { load -f newer.sql > said.txt 2>&1; }
twin "a script for another schema" newer
check "and why" grep -q 'wrote for schema 2, here is schema 1' said.txt

# ---- texts that look like something else

make_database texts
python3 - "$first" << 'END'
import json, os, sys
label = "a\tb\\c\n\\.\n'); DROP TABLE assay.run; -- \\N \u00e4 \\gexec"
lines = [json.loads(line) for line in open(sys.argv[1] + "/journal.jsonl")]
for line in lines:
    step = line.get("testStepArtifact", {})
    if step.get("extension", {}).get("name") == "step":
        step["extension"]["content"]["label"] = label
    if "measurement" in step and step["testStepId"] == "s1":
        step["measurement"]["unit"] = "X"
os.mkdir("texts")
with open("texts/journal.jsonl", "wb") as out:
    for line in lines:
        out.write(json.dumps(line).encode().replace(b'"unit": "X"', b'"unit": "\xff\xc0\xaf"') + b"\n")
open("label.txt", "w", encoding="utf-8").write(label + "\n")
END
script_of texts | load > said.txt || not_ok "texts: exit $?"
ask -c "SELECT DISTINCT label FROM assay.series" > said.txt
check "tabs, line ends, backslashes and SQL in a text are text" cmp -s label.txt said.txt
check "bytes that are no UTF-8 are question marks" [ "$(ask -c "SELECT DISTINCT unit FROM assay.series WHERE metric = 'outgoing'")" = '???' ]
check "a journal without its chain is not sound" [ "$(ask -c "SELECT sound FROM assay.run")" = f ]
finish
