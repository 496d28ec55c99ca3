#!/usr/bin/env python3
"""fleet-same.py FOLDER ROWS.csv - are the rows (run, record, bench, metric, place, value, unit, better, n, min, max, valid) exactly the
measurements of the journals in FOLDER/*? Read here by Python, bit by bit the same numbers. Says how many, or the first that is not."""
import csv
import json
import os
import sys


def of_journals(folder):
    for name in os.listdir(folder):
        steps, found = {}, []
        for line in open(os.path.join(folder, name, "journal.jsonl"), encoding="utf-8"):
            record = json.loads(line)
            step = record.get("testStepArtifact")
            extension = step.get("extension", {}) if step else {}
            if extension:
                steps.setdefault(step["testStepId"], {}).update(extension["content"])
            if step and "measurement" in step:
                found.append((step["testStepId"], record["sequenceNumber"], step["measurement"]))
        for step, number, body in found:
            extra, about = body["metadata"], steps[step]
            place = ";".join("%s=%.15g%s%s" % (one["axis"], one["value"], " " * bool(one["unit"]), one["unit"]) for one in extra.get("at", []))
            yield (name, number, about["bench"], body["name"], place, float(body["value"]), body["unit"], extra["better"], float(extra["n"]),
                   float(extra["min"]), float(extra["max"]), about["outcome"] == "ok")


def of_rows(path):
    for row in list(csv.reader(open(path, encoding="utf-8", newline="")))[1:]:
        yield (row[0], int(row[1]), row[2], row[3], row[4], float(row[5]), row[6], row[7], float(row[8]), float(row[9]), float(row[10]), row[11] == "t")


wanted, got = sorted(of_journals(sys.argv[1])), sorted(of_rows(sys.argv[2]))
if wanted != got or not wanted:
    raise SystemExit("different: %s" % (sorted(set(wanted) ^ set(got))[:2],))
print("%d measurements" % len(got))
