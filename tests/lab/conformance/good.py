"""The good runs: what each is, and what a verifier must say of some requirements beside that none fails."""
from quote import quoted
from runs import Run


def null(run):
    step = run.open_step("self.null", seconds="0.1")
    run.figure(step, "turn", "ns", [2.0, 2.5, 2.25], series=True)
    run.close_step(step)


def noise(run):
    step = run.open_step("self.noise", seconds="0.1")
    run.figure(step, "stolen", "%", [0.5, 0.25, 1.0])
    run.close_step(step)


def gate(word, stolen="0.5", late="60"):
    def make(run):
        run.run("log", {"severity": "INFO", "message": "noise gate: %s: cpu 0: %s %% stolen, longest 12 us, timers %s us late; "
                        "cpu 1: %s %% stolen, longest 9.1 us, timers %s us late" % (word, stolen, late, stolen, late)})
    return make


def gated(name, *settings, setting="record"):
    def make():
        run = Run(name).begin([gate(*settings), null, tcp])
        run.of = 2
        for told in run.extensions("step"):
            told["content"]["of"] = 2
        run.find("testRunStart")["parameters"]["gate"] = setting
        return run.end()
    return make


def tcp(run, outcome="ok"):
    step = run.open_step("net.tcp", "198.18.0.2", seconds="0.1", bytes="0")
    if outcome == "ok":
        run.figure(step, "outgoing", "Mbit/s", [940.0, 941.5, 939.0, 941.0], by="mean", series=True)
    run.close_step(step, outcome)


def bonnie(run):
    run.run("log", {"severity": "WARNING", "message": "guard: /dev/vda will be written: a disk, serial x, named by serial:x:1; countdown 10 s"})
    step = run.open_step("file.bonnie", "/scratch/work", pattern="random", seed="1", direct="no", trim="yes")
    run.step(step, "extension", {"name": "ground", "content": {"trimmed": "yes", "queue": {"write_cache": "write back"}}})
    run.figure(step, "write", "KiB/s", [1000.0, 1010.0, 990.0])
    run.step(step, "file", {"displayName": "bonnie.csv", "uri": step + "-bonnie.csv", "isSnapshot": True})
    run.files[step + "-bonnie.csv"] = b"csv\n"
    run.close_step(step)


def steady(rounds, claim, span, slope):
    def make(run):
        run.run("log", {"severity": "WARNING", "message": "guard: /dev/vda will be written: a disk, serial x, named by serial:x:1; countdown 10 s"})
        step = run.open_step("disk.steady", "/dev/vda", pattern="random", seed="1", rounds="25")
        for text in ("purged: TRIM of the region", "the region was written several times in a row before, at 100 MB/s"):
            run.step(step, "log", {"severity": "INFO", "message": text})
        for number, value in enumerate(rounds, 1):
            run.figure(step, "round_iops", "/s", [value], by="last", at=[{"axis": "round", "value": number, "unit": ""}])
        run.figure(step, "rounds", "1", [len(rounds)], by="last")
        run.figure(step, "window_range", "%", [span], by="last")
        run.figure(step, "window_slope", "%", [slope], by="last")
        run.step(step, "diagnosis", {"verdict": "steady-state", "type": claim, "message": "as computed"})
        run.close_step(step)
    return make


def verified_data(run):
    run.run("log", {"severity": "WARNING", "message": "guard: /dev/vda will be written: a disk, serial x, named by serial:x:1; countdown 10 s"})
    step = run.open_step("file.verify", "/scratch/work", seed="1", direct="no", cold="auto")
    run.step(step, "extension", {"name": "ground", "content": {"trimmed": "no"}})
    run.step(step, "diagnosis", {"verdict": "data", "type": "PASS", "message": "all bytes are as written"})
    run.close_step(step)


def quick(name="quick"):
    return Run(name).begin([null, noise, tcp, bonnie]).end()


def torn(files):
    files["journal.jsonl"] = files["journal.jsonl"][:-40]
    files["journal.sha256"] = b"".join(files["journal.sha256"].splitlines(True)[:-1])
    del files["console.log"]


def make_torn():
    run = quick("torn")
    run.raw.append(torn)
    return run


def make_cut():
    run = Run("cut").begin([noise, null, tcp])
    del run.records[-4:]
    run.raw.append(lambda files: files.pop("console.log"))
    return run


def make_alone():
    run = quick("alone")
    run.console = run.payload = False
    return run


def make_failed():
    return Run("failed").begin([noise, lambda run: tcp(run, "error")]).end(result="FAIL")


def make_skipped():
    return Run("skipped").begin([lambda run: tcp(run, "skipped")]).end("SKIP", "NOT_APPLICABLE")


def without_elements(files):
    """As `assay collect` leaves it when only the serial log is there."""
    keep = [b"measurementSeriesElement" not in line for line in files["journal.jsonl"].splitlines()]
    for name in ("journal.jsonl", "journal.sha256"):
        files[name] = b"".join(line for line, kept in zip(files[name].splitlines(True), keep) if kept)
    files["collect.json"] = b'{"journal":{"rebuilt":true},"partition":"none"}'


def make_serial():
    run = quick("serial")
    run.raw.append(without_elements)
    return run


# Range and slope by hand: the first, 100 102 98 101 99, has average 100, range 4 %, and a best line that falls by 0.3 a round: 1.2 %.
GOOD = {
    "quick": (quick, {"R2": "pass", "M1": "pass", "M10": "informative only", "E3": "pass", "E4": "pass", "E5": "pass", "S2": "pass"}),
    "torn": (make_torn, {"E2": "informative only", "E3": "not applicable"}),
    "cut": (make_cut, {"E1": "pass", "E2": "informative only"}),
    "one channel": (make_alone, {"E3": "not applicable", "R3": "not applicable"}),
    "serial alone": (make_serial, {"E3": "pass", "E5": "pass"}),
    "failed step": (make_failed, {"E4": "pass"}),
    "all skipped": (make_skipped, {"E4": "pass", "M10": "not applicable"}),
    "steady": (lambda: Run("steady").begin([noise, steady([100, 102, 98, 101, 99], "PASS", 4.0, -1.2)]).end(),
               {"M2": "pass", "M3": "pass", "M4": "pass", "M5": "pass"}),
    "not steady": (lambda: Run("not steady").begin([noise, steady([100, 110, 120, 130, 140], "UNKNOWN", 100 * 40 / 120, 100 * 40 / 120)]).end(),
                   {"M4": "pass"}),
    "quoted by a TPM": (lambda: quoted(quick("quoted")), {"E8": "pass"}),
    "a quiet machine": (gated("quiet machine", "quiet"), {"M12": "pass"}),
    "a noisy machine": (gated("noisy machine", "noisy", "2.5", "60"), {"M12": "pass"}),
    "rounded to the limit": (gated("limit", "noisy", "10", "60"), {"M12": "pass"}),
    "an unusable machine": (gated("unusable machine", "unusable", "2.5", "6.1e+03"), {"M12": "informative only"}),
    "data verified": (lambda: Run("verified").begin([noise, verified_data]).end(), {"M14": "pass", "S2": "pass"}),
}
