"""The bad runs: each is a good one with one thing changed, and exactly these requirements must fail.

A change of the run is made before the chain and the serial log, as by somebody who computes all hashes anew; a change of a file lies
under the chain that was made before.
"""
from good import GOOD, gate, gated, noise, null, quick, steady, tcp
from quote import ANY_DATA, Key, THEIRS, flip, names_key, quoted
from runs import Run


def line(name, number, change):
    """A change of one line of a file, as it lies there."""
    def apply(files):
        lines = files[name].splitlines(True)
        lines[number] = change(lines[number])
        files[name] = b"".join(lines)
    return lambda run: run.raw.append(apply)


def lines(name, change):
    def apply(files):
        files[name] = b"".join(change(files[name].splitlines(True)))
    return lambda run: run.raw.append(apply)


def swapped(number):
    return lambda all: all[:number] + [all[number + 1], all[number]] + all[number + 2:]


def without(kind, nth=0):
    return lambda run: run.records.pop(run.place(kind, nth))


def put(kind, nth=0, **values):
    return lambda run: run.find(kind, nth).update(values)


def spread(kind_nth, **values):
    return lambda run: run.find("measurement", kind_nth)["metadata"].update(values)


def start(**values):
    return lambda run: run.find("testRunStart")["metadata"].update(values)


def outcome(nth=0, **values):
    return lambda run: run.outcome(nth).update(values)


def told(nth=0, **values):
    return lambda run: run.extensions("step")[nth]["content"].update(values)


def numbered(nth, **values):
    """Number or time of a record."""
    return lambda run: run.records[nth].update(values)


def no_guard(run):
    run.records = [r for r in run.records if "guard: " not in r.get("testRunArtifact", {}).get("log", {}).get("message", "")]


def drop_step(run):
    run.records = [r for r in run.records if r.get("testStepArtifact", {}).get("testStepId") != "s2"]


def invalid_but_ok(run):
    run.records.insert(run.place("measurement", 1), {"testStepArtifact": {"testStepId": "s2", "diagnosis": {
        "verdict": "invalid", "type": "UNKNOWN", "message": "thermal throttling"}}})


def silent_verify(run):
    run.records.pop(run.place("diagnosis"))


def other_end(files):
    files["console.log"] = files["console.log"].replace(b" head=" + files["journal.sha256"].split()[-1], b" head=" + b"0" * 64)


def gate_afterwards():
    run = Run("afterwards").begin([noise, tcp])
    gate("quiet")(run)
    return run.end()


MAKERS = {name: maker for name, (maker, _) in GOOD.items()}
MAKERS["claims steady"] = lambda: Run("claims").begin([noise, steady([100, 110, 120, 130, 140], "PASS", 100 * 40 / 120, 100 * 40 / 120)]).end()
MAKERS["gate: a better word"] = gated("better word", "quiet", "12", "60")
MAKERS["gate: went on"] = gated("went on", "unusable", "12", "60", setting="stop")
MAKERS["gate: went on, strict"] = gated("strict", "noisy", "2.5", "60", setting="strict")
MAKERS["gate: no word"] = gated("no word", "fine")
MAKERS["gate: afterwards"] = gate_afterwards
MAKERS["just outside"] = lambda: Run("outside").begin([noise, steady([89.95, 100, 100, 100, 110.05], "PASS", 20.1, 8.04)]).end()
MAKERS["too few rounds"] = lambda: Run("few").begin([noise, steady([100, 101, 99, 100], "PASS", 2.0, 0.0)]).end()

# name: (of which run, the change, the requirements that fail)
BAD = {
    # the chain, by somebody who changes a file
    "a digit of a record": ("quick", line("journal.jsonl", 4, lambda b: b.replace(b'"seconds":"0.1"', b'"seconds":"0.2"')), "E3 E5 M1"),
    "a blank in a record": ("quick", line("journal.jsonl", 4, lambda b: b.replace(b":", b": ", 1)), "E3 E5"),
    "a hash": ("quick", line("journal.sha256", 3, lambda b: bytes([b[0] ^ 1]) + b[1:]), "E3 E5"),
    "a hash is absent": ("one channel", lines("journal.sha256", lambda all: all[:-1]), "E5"),
    "the hashes are absent": ("quick", lambda run: run.raw.append(lambda files: files.pop("journal.sha256")), "E5"),
    "a record is absent": ("one channel", lines("journal.jsonl", lambda all: all[:2] + all[3:]), "E5"),
    "two records changed places": ("one channel", lines("journal.jsonl", swapped(7)), "E1 E5 M15"),
    "a record twice": ("one channel", lines("journal.jsonl", lambda all: all[:3] + all[2:]), "E5"),
    "half a record in the middle": ("one channel", line("journal.jsonl", 2, lambda b: b[:20] + b"\n"), "E5"),
    # the two channels
    "serial: a record is absent": ("quick", lines("console.log", lambda all: all[:4] + all[5:]), "E3"),
    "serial: another record": ("quick", line("console.log", 3, lambda b: b.replace(b"results", b"rasults")), "E3"),
    "serial: another end": ("quick", lambda run: run.raw.append(other_end), "E3"),
    "serial: stops early": ("quick", lines("console.log", lambda all: all[:10]), "E3"),
    # order, by somebody who makes all hashes anew
    "no end of a step": ("quick", without("testStepEnd", 1), "E1"),
    "no start of a step": ("quick", without("testStepStart", 1), "E1 M1"),
    "no start of the run": ("quick", without("testRunStart"), "E1 R1 R3"),
    "two ends": ("quick", lambda run: run.end(), "E1"),
    "a number left out": ("one channel", numbered(5, sequenceNumber=6), "E5"),
    "a series is one short": ("quick", without("measurementSeriesElement", 1), "E1 E3"),
    "a file that is not there": ("quick", put("file", uri="nothing.csv"), "E1"),
    # the format
    "a key nobody knows": ("quick", put("testRunEnd", colour="red"), "V1"),
    "a status nobody knows": ("failed step", put("testStepEnd", 0, status="FINE"), "E4 V1"),
    "a time that is none": ("quick", numbered(2, timestamp="yesterday"), "V1"),
    # identity
    "an id that is none": ("quick", start(runId="run-1"), "R1"),
    "another payload": ("quick", start(payloadDigest="0" * 64), "R3"),
    "another build": ("quick", start(buildId="0" * 40), "R3"),
    "a plan's digest that is none": ("quick", start(planSha256="cc33"), "R2"),
    "a change since the run before that is none": ("quick", start(previousRun={
        "run": "20260130-120000-" + "0" * 32, "changes": 1, "changed": [{"fact": "cpus", "before": "2", "now": "2"}]}), "R5"),
    # the method
    "a parameter changed": ("quick", start(stepsSha256="0" * 64), "M1"),
    "a step of the plan left out": ("quick", drop_step, "M1"),
    "steady state claimed": ("claims steady", None, "M4"),
    "steady state just outside of 20 %": ("just outside", None, "M4"),
    "steady state of four rounds": ("too few rounds", None, "M4"),
    "a round left out": ("steady", without("measurement", 3), "M4"),
    "a better median": ("quick", lambda run: (spread(0, median=9.0)(run), put("measurement", 0, value=9.0)(run)), "M10"),
    "a smaller deviation": ("quick", spread(2, sd=0.01), "M10"),
    "a figure without a unit": ("quick", put("measurement", 1, unit=""), "M10"),
    "a step longer than its records": ("quick", outcome(0, seconds=30.0), "M15"),
    "a time that goes back": ("quick", numbered(12, timestamp="2026-01-31T11:00:00.000Z"), "M15"),
    "a step shorter than its plan": ("quick", outcome(2, seconds=0.01), "M8"),
    "a step beyond its limit": ("quick", lambda run: (told(2, deadlineSeconds=0.05)(run), outcome(2, seconds=3.0)(run),
                                                      run.records.insert(run.place("testStepEnd", 2) - 1, {"wait": 3.0})), "M8"),
    "invalid and ok": ("quick", invalid_but_ok, "M13"),
    "verified and silent": ("data verified", silent_verify, "M14"),
    # the TPM's quote of the end
    "a quote of another end": ("quick", lambda run: quoted(run, nonce=b"\x22" * 32), "E8"),
    "a quote of other PCRs": ("quick", lambda run: quoted(run, pcrs=[bytes(32)] * 24), "E8"),
    "a quote by a key that the run does not name": ("quick", lambda run: quoted(run, key=THEIRS), "E8"),
    "a quote by a key that signs anything": ("quick", lambda run: names_key(quoted(run, key=Key(99, ANY_DATA)), Key(99, ANY_DATA)), "E8"),
    "a quote that is no TPM's word": ("quick", lambda run: quoted(run, magic=0xff544348), "E8"),
    "a bit of what was quoted": ("quick", lambda run: quoted(run, change=flip("journal.quote", 80)), "E8"),
    "a bit of the quote's signature": ("quick", lambda run: quoted(run, change=flip("journal.quote.sig", 20)), "E8"),
    "a bit of the quote's key": ("quick", lambda run: quoted(run, change=flip("journal.quote.pub", -1)), "E8"),
    "a quote without its key": ("quick", lambda run: quoted(run, change=lambda files: files.pop("journal.quote.pub")), "E8"),
    "a quote cut off": ("quick", lambda run: quoted(run, change=lambda files: files.update({"journal.quote": files["journal.quote"][:-1]})), "E8"),
    "an event log of other PCRs": ("quick", lambda run: (quoted(run), run.files.update({"tpm-event-log.bin": run.files["tpm-event-log.bin"].replace(b"\x11", b"\x12")})), "E8"),
    # the noise gate [M12]
    "quiet, with the figures of an unusable machine": ("gate: a better word", None, "M12"),
    "measured on against gate=stop": ("gate: went on", None, "M12"),
    "measured on against gate=strict": ("gate: went on, strict", None, "M12"),
    "a gate without a word": ("gate: no word", None, "M12"),
    "the gate behind the measurements": ("gate: afterwards", None, "M12"),
    # states
    "an error that passed": ("failed step", put("testRunEnd", result="PASS"), "E4"),
    "a pass that failed": ("quick", put("testRunEnd", result="FAIL"), "E4"),
    "nothing ran and passed": ("all skipped", put("testRunEnd", status="COMPLETE", result="PASS"), "E4"),
    "failed, and its end says skipped": ("failed step", put("testStepEnd", 1, status="SKIP"), "E4"),
    # safety
    "a disk written unannounced": ("quick", no_guard, "S2"),
}
