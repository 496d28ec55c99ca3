"""check.py ASSAY FOLDER - writes the conformance set into FOLDER and asks `assay verify` about every run. A line each."""
import json
import os
import subprocess
import sys

from bad import BAD, MAKERS
from good import GOOD

assay, folder = sys.argv[1:]


def ask(kind, names):
    paths = [os.path.join(folder, kind, name.replace(" ", "-").replace("%", "")) for name in names]
    told = subprocess.run([assay, "verify", "format=json", *paths], capture_output=True, text=True)
    return told.returncode, dict(zip(names, json.loads(told.stdout)))


def write(kind, name, run):
    run.write(os.path.join(folder, kind, name.replace(" ", "-").replace("%", "")))


def tell(good, text):
    print(("ok - " if good else "not ok - ") + text)
    return not good


for name, (maker, _) in GOOD.items():
    write("good", name, maker())
for name, (base, change, _) in BAD.items():
    run = MAKERS[base]()
    if change:
        change(run)
    write("bad", name, run)

failed = 0
code, said = ask("good", list(GOOD))
failed += tell(code == 0, "conformance: all good runs together end with 0 [V2]")
for name, (_, expected) in GOOD.items():
    verdicts = {r["id"]: r["verdict"] for r in said[name]["requirements"]}
    notes = [n for r in said[name]["requirements"] if r["verdict"] == "fail" for n in r["notes"]]
    wrong = {id: verdicts.get(id) for id, word in expected.items() if verdicts.get(id) != word}
    failed += tell(not wrong and not notes, "good: %s [V2] %s %s" % (name, wrong or "", notes or ""))
code, said = ask("bad", list(BAD))
failed += tell(code == 1, "conformance: all bad runs together end with 1 [V2]")
for name, (_, _, expected) in BAD.items():
    fails = {r["id"]: r["notes"] for r in said[name]["requirements"] if r["verdict"] == "fail"}
    right = set(fails) == set(expected.split())
    failed += tell(right, "bad: %s: %s [V2]%s" % (name, expected, "" if right else " but %s" % fails))
print("# %d good and %d bad runs" % (len(GOOD), len(BAD)))
sys.exit(1 if failed else 0)
