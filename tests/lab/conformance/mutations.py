"""mutations.py ASSAY FOLDER [EVERY] - the mutation tally of `assay verify`: of a small run with both channels, every EVERYth single-bit
flip of each file, every line absent, changed with its neighbour, and repeated; and the same by somebody who makes the hashes anew."""
import json
import os
import subprocess
import sys

from good import noise, tcp
from runs import Run, chain

assay, folder, every = sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 1
BATCH = 400
run = Run("mutations").begin([noise, tcp]).end()
whole = run.contents()


def flips(name):
    data = whole[name]
    # Only frames and the end are evidence; what is printed for people is not.
    evidence, at = [], 0
    for text in data.splitlines(True):
        if name != "console.log" or text.startswith((b"@assay", b"assay: end")):
            evidence += range(8 * at, 8 * (at + len(text)))
        at += len(text)
    for bit in evidence[::every]:
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        yield {name: bytes(changed)}, "%s bit %d (%r)" % (name, bit, data[bit // 8:bit // 8 + 1])


def moved(name, kind):
    all = whole[name].splitlines(True)
    for n in range(len(all) - (kind == "swapped")):
        if name == "console.log" and not all[n].startswith((b"@assay", b"assay: end")):
            continue
        some = {"dropped": all[:n] + all[n + 1:], "repeated": all[:n + 1] + all[n:],
                "swapped": all[:n] + all[n + 1:n + 2] + [all[n]] + all[n + 2:]}[kind]
        yield {name: b"".join(some)}, "%s line %d %s" % (name, n, kind)


def anew(kind):
    """journal.jsonl changed, journal.sha256 made anew, the serial log as it was."""
    for change, what in moved("journal.jsonl", kind):
        head, heads = bytes(32), []
        for text in change["journal.jsonl"].splitlines():
            head = chain(head, text)
            heads.append(head.hex() + "\n")
        yield {**change, "journal.sha256": "".join(heads).encode()}, what + ", hashes made anew"


def judge(batch):
    """What verify says of each run in which these files stand in place of the whole run's: (refused, word for each requirement)."""
    paths = []
    for n, (change, _) in enumerate(batch):
        path = os.path.join(folder, str(n))
        os.makedirs(path, exist_ok=True)
        for name, data in {**whole, **change}.items():
            with open(os.path.join(path, name), "wb") as out:
                out.write(data)
        paths.append(path)
    told = subprocess.run([assay, "verify", "format=json", *paths], capture_output=True)
    verdicts = json.loads(told.stdout)
    assert len(verdicts) == len(batch), told.stderr
    return [(v["verdict"] == "not to be trusted", [r["verdict"] for r in v["requirements"]]) for v in verdicts]


def count(tallied, batch, same_is_right):
    for (_, what), (refused, words) in zip(batch, judge(batch)):
        if refused:
            tallied["refused"] += 1
        elif words != baseline:
            tallied["said"] += 1
        elif same_is_right:
            tallied["same"] += 1
        else:
            tallied["missed"].append(what)


def tally(what, mutations, same_is_right=False):
    tallied, batch = {"refused": 0, "said": 0, "same": 0, "missed": []}, []
    for mutation in mutations:
        batch.append(mutation)
        if len(batch) == BATCH:
            count(tallied, batch, same_is_right)
            batch = []
    if batch:
        count(tallied, batch, same_is_right)
    print("%-52s %8d %6d %6d %6d" % (what, tallied["refused"], tallied["said"], tallied["same"], len(tallied["missed"])), flush=True)
    for told in tallied["missed"]:
        print("    not caught: " + told)
    return len(tallied["missed"])


print("mutations of a run of %d records, %d + %d + %d bytes; every %s bit" % (
    whole["journal.jsonl"].count(b"\n"), len(whole["journal.jsonl"]), len(whole["journal.sha256"]), len(whole["console.log"]),
    every if every > 1 else "single"))
print("refused: exit 1. said: one requirement less is a pass (the end's line on serial is damaged, and so was not told).")
print("same: the same frames in another order or twice, which a serial log may hold: nothing is lost. not: not caught")
print("%-52s %8s %6s %6s %6s" % ("", "refused", "said", "same", "not"))
(refused, baseline), = judge([({}, "the run as it is")])
missed = tally("nothing changed (the twin)", [({}, "the run as it is")], True) + refused
for name in ("journal.jsonl", "journal.sha256", "console.log"):
    missed += tally("single-bit flips of " + name, flips(name))
    for kind in ("dropped", "swapped", "repeated"):
        missed += tally("lines %s in %s" % (kind, name), moved(name, kind), name == "console.log" and kind != "dropped")
for kind in ("dropped", "swapped", "repeated"):
    missed += tally("lines %s in the journal, hashes made anew" % kind, anew(kind))
sys.exit(1 if missed else 0)
