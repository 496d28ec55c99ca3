#!/usr/bin/env python3
"""kills.py IMAGE ASSAY FOLDER KILLS SEED - takes the power away from a guest at random moments, KILLS times, and looks at what is kept.

QEMU is killed (SIGKILL) while a short plan runs. The disk that the next boot finds is, in turn: with all that was written ("kept"),
without what no flush had confirmed ("discarded"), or with some of that, whole or torn ("some"). After each cut: every record that
the serial line had shown is on the partition, byte for byte and with its hash; each file has at most one unfinished line; the
file system's check finds nothing once its journal is replayed; earlier runs are as they were. The next boot goes on with the
run, or is killed, too; in the end the run verifies, its earlier records unchanged, the cut step marked as interrupted.

The kernel's start is the same each time and takes most of the time here, so most boots begin where process 1 had just said its first
word and no disk was mounted yet: a machine state saved there. Every COLD-th boot is a whole one. The disk is slowed down
(WRITES_PER_SECOND), since moments in which something is written and not flushed would be rare otherwise."""
import hashlib
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

import blklog

MODES = ("kept", "discarded", "some")
LYING = "lying"  # a disk that throws away what it had confirmed
START, BYTES = 1 << 20, 16 << 20  # of the partition; of the disk
PATIENCE_S = 240
STEPS = 6
COLD = 8
WRITES_PER_SECOND = 100
QEMU = ("qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot -m 128M -smp 1 -cpu max -accel tcg,thread=single "
        "-object throttle-group,id=slow,x-iops-total=%d -netdev user,id=n,net=198.18.0.0/24,host=198.18.0.2 -device virtio-net-pci,netdev=n,romfile= "
        "-device virtio-blk-pci,drive=r,serial=r" % WRITES_PER_SECOND).split()
WORDS = "no_timer_check assay.plan=selftest-kills assay.settle=1 assay.peer=198.18.0.2 assay.net.address=198.18.0.15/24"
FRAME = re.compile(rb"@assay (\d+) ([0-9a-f]{64})[0-9a-f]{8} (\{.*\})\r?\n")


class Wrong(Exception):
    pass


def expect(holds, what):
    if not holds:
        raise Wrong(what)


def run(*words, ok=(0,)):
    done = subprocess.run(words, capture_output=True, check=False)
    expect(done.returncode in ok, "%s: code %d: %s" % (" ".join(words[:4]), done.returncode, (done.stdout + done.stderr)[-400:]))
    return done.stdout


class Monitor:
    """QMP, as far as a machine state needs it."""

    def __init__(self, path):
        until = time.monotonic() + PATIENCE_S
        self.channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        while self.channel.connect_ex(path):
            expect(time.monotonic() < until, "no monitor")
            time.sleep(0.02)
        self.lines = self.channel.makefile("rw")
        self.lines.readline()
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        print(json.dumps({"execute": command, "arguments": arguments}), file=self.lines, flush=True)
        for line in self.lines:  # events come in between
            answer = json.loads(line)
            if "return" in answer:
                return answer["return"]
            expect("error" not in answer, "%s: %s" % (command, line))
        raise Wrong("the guest ended at its monitor")

    def await_status(self, command, wanted):
        until = time.monotonic() + PATIENCE_S
        while self.ask(command).get("status") not in wanted:
            expect(time.monotonic() < until, "%s: not %s" % (command, wanted))
            time.sleep(0.02)


class Guest:
    """A boot from `disk`; what it writes is logged in the order in which it is written and flushed."""

    def __init__(self, image, folder, disk, state=None):
        self.console, self.log, self.socket = folder + "/console", folder + "/log", folder + "/monitor"
        for path in (self.console, self.log):
            with open(path, "wb"):
                pass
        if os.path.exists(self.socket):
            os.unlink(self.socket)
        self.process = subprocess.Popen(
            QEMU + ["-kernel", image, "-append", WORDS, "-serial", "file:" + self.console, "-blockdev",
                    "driver=throttle,throttle-group=slow,node-name=r,file.driver=blklogwrites,file.file.driver=file,"
                    "file.file.filename=%s,file.log.driver=file,file.log.filename=%s" % (disk, self.log),
                    "-qmp", "unix:%s,server=on,wait=off" % self.socket] + (["-incoming", "exec:cat " + state] if state else []),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if state:
            monitor = Monitor(self.socket)
            monitor.await_status("query-status", ("paused",))
            monitor.ask("cont")
        else:
            self.wait(lambda: self.said().startswith(b"assay ") or b"\nassay " in self.said())

    def save(self, path):
        """The machine's state into a file; it ends with that."""
        monitor = Monitor(self.socket)
        monitor.ask("stop")
        expect(b"results partition" not in self.said(), "too late to save the state")
        monitor.ask("migrate", uri="exec:cat > " + path)
        monitor.await_status("query-migrate", ("completed",))
        self.kill()

    def said(self):
        with open(self.console, "rb") as console:
            return console.read()

    def ended(self):
        return self.process.poll() is not None

    def wait(self, condition):
        until = time.monotonic() + PATIENCE_S
        while not self.ended() and not condition():
            if time.monotonic() > until:
                self.kill()
                raise Wrong("the guest hangs")
            time.sleep(0.02)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def frames(self):
        """What the serial line has shown whole: the number to (hash, line)."""
        return {int(number): (head, line) for number, head, line in FRAME.findall(self.said())}


# ---- the partition

def partition_of(disk, out):
    with open(disk, "rb") as source, open(out, "wb") as part:
        source.seek(START)
        part.write(source.read(BYTES - START - 48 * 512))


def check_file_system(part):
    run("e2fsck", "-y", "-E", "journal_only", part, ok=(0, 1))
    run("e2fsck", "-fn", part)


def files_of(part):
    """Path to contents, of all runs and of the mark."""
    files = {"unfinished": run("debugfs", "-R", "cat /unfinished", part)}
    for line in run("debugfs", "-R", "ls -p /runs", part).decode().splitlines():
        name = line.split("/")[5] if line.count("/") > 5 else "."
        if not name.startswith("."):
            for entry in run("debugfs", "-R", "ls -p /runs/" + name, part).decode().splitlines():
                path = "/runs/%s/%s" % (name, entry.split("/")[5]) if entry.count("/") > 5 else ""
                if path and not path.split("/")[3].startswith("."):
                    files[path] = run("debugfs", "-R", "cat " + path, part)
    return files


def prefix_of(files, name):
    """The records that are whole with their hash; what is behind them, in both files."""
    journal, chain = files.get("/runs/%s/journal.jsonl" % name, b""), files.get("/runs/%s/journal.sha256" % name, b"")
    lines, hashes = journal.split(b"\n"), chain.split(b"\n")
    torn = sum(bool(pieces.pop()) for pieces in (lines, hashes))
    head, count = bytes(32), 0
    for line, given in zip(lines, hashes):
        head = hashlib.sha256(head + line).digest()
        expect(head.hex().encode() == given, "record %d: a whole line that does not follow" % count)
        count += 1
    return lines[:count], hashes[:count], {"torn": torn, "unconfirmed": len(lines) + len(hashes) - 2 * count}


def run_id(lines):
    for line in lines[1:2]:
        return json.loads(line)["testRunArtifact"]["testRunStart"]["metadata"]["runId"]
    return None


def open_step(lines):
    """The step that stands open, and whether its outcome is there."""
    step, told = None, False
    for line in lines:
        body = json.loads(line).get("testStepArtifact", {})
        if "testStepStart" in body:
            step, told = body["testStepId"], False
        told = told or body.get("extension", {}).get("name") == "outcome"
        if "testStepEnd" in body:
            step = None
    return step, told


def outcomes(lines):
    found = {}
    for line in lines:
        body = json.loads(line).get("testStepArtifact", {})
        if body.get("extension", {}).get("name") == "outcome":
            found.setdefault(body["testStepId"], []).append(body["extension"]["content"]["outcome"])
    return found


# ---- one run, from its first boot over its cuts to its end

class Chain:
    def __init__(self, setting, random, disk):
        self.setting, self.random, self.disk = setting, random, disk
        self.name, self.lines, self.cuts, self.earlier, self.mode = None, [], [], {}, None

    def look(self, guest, part):
        """After a cut, or at the end: nothing that was confirmed is lost or changed."""
        shown = guest.frames()
        check_file_system(part)
        files = files_of(part)
        for path, contents in self.earlier.items():
            expect(files.get(path) == contents, "an earlier run changed: " + path)
        mark = re.match(rb"run (\S+)\n", files["unfinished"])
        name = self.name or (mark.group(1).decode() if mark else None) or self.shown_name(shown)
        if not name:
            expect(not shown, "records were shown and no run is on the partition")
            return None, {"torn": 0, "unconfirmed": 0}, files
        lines, hashes, rest = prefix_of(files, name)
        expect(rest["torn"] <= 2, "more than one unfinished line in a file")
        expect(lines[:len(self.lines)] == self.lines, "records of an earlier boot changed")
        for number, (head, line) in shown.items():
            expect(number < len(lines), "record %d was shown and is not there" % number)
            expect(lines[number] == line and hashes[number] == head, "record %d was shown and is another" % number)
        return (name, lines), rest, files

    @staticmethod
    def shown_name(shown):
        return run_id([shown[0][1], shown[1][1]]) if 0 in shown and 1 in shown else None

    def boot(self, kill):
        """True: the run has its end. False: the power went before."""
        folder = self.setting["folder"]
        base, part = folder + "/base.raw", folder + "/part.raw"
        shutil.copyfile(self.disk, base)
        self.setting["boots"] += 1
        # A saved state would draw the same name for a run twice.
        cold = self.setting["boots"] % COLD == 0 or (self.cuts and not self.name)
        self.setting["cold"] += bool(cold)
        guest = Guest(self.setting["image"], folder, self.disk, None if cold else self.setting["state"])
        try:
            if kill:
                self.await_moment(guest)
        finally:
            if not kill and not guest.ended():
                guest.wait(lambda: False)
            killed = not guest.ended()
            guest.kill()
        if not killed:
            self.conclude(guest, part)
            return True
        return self.cut(guest, base, part)

    def await_moment(self, guest):
        """Half of them at a time, half at a record: more happens around those."""
        if self.mode == LYING:
            guest.wait(lambda: len(guest.frames()) > 5)
        elif self.random.random() < 0.5:
            until = time.monotonic() + self.random.uniform(0, self.setting["span"])
            guest.wait(lambda: time.monotonic() >= until)
        else:
            count = self.random.randrange(self.setting["records"])
            guest.wait(lambda: len(guest.frames()) > count)
            time.sleep(self.random.choice((0, 0.01, 0.02, 0.03, 0.05, 0.1)))

    def cut(self, guest, base, part):
        mode = self.mode or MODES[self.setting["kills"] % len(MODES)]
        self.setting["kills"] += 1
        facts = {"mode": mode}
        if mode != "kept":
            facts |= blklog.cut(base, guest.log, self.disk, self.random, mode)
        partition_of(self.disk, part)
        found, rest, _ = self.look(guest, part)
        facts |= rest
        if found and len(found[1]) >= 2:
            self.name, self.lines = found
            facts["records"] = len(self.lines)
            facts["step"], facts["told"] = open_step(self.lines)
        self.cuts.append(facts)
        facts["ended"] = bool(self.lines) and b"testRunEnd" in self.lines[-1]
        if facts["ended"]:  # on the way out: nothing is owed
            self.check_marks(self.lines)
            self.verify(guest, self.name)
        return facts["ended"]

    def conclude(self, guest, part):
        partition_of(self.disk, part)
        found, _, files = self.look(guest, part)
        expect(found, "no run")
        name, lines = found
        expect(b"testRunEnd" in lines[-1], "the run has no end")
        expect(b"\nassay: end status=COMPLETE" in guest.said(), "no last words")
        expect(not files["unfinished"], "the run is still marked as unfinished")
        self.check_marks(lines)
        self.verify(guest, name)
        self.name, self.lines = name, lines
        for path, contents in files.items():
            if path != "unfinished":
                self.earlier[path] = contents

    def check_marks(self, lines):
        """Each cut that a record survived is a record of the run, its step interrupted, and each step came to an end."""
        found = outcomes(lines)
        marked = sum(json.loads(line).get("testRunArtifact", {}).get("error", {}).get("symptom") == "interrupted" for line in lines)
        resumed = [facts for facts in self.cuts if facts.get("records") and not facts.get("ended")]
        expect(marked <= len(resumed) and (marked or not resumed), "%d cuts, %d marked" % (len(resumed), marked))
        for facts in resumed:
            if facts["step"] and not facts["told"]:
                expect(found.get(facts["step"]) == ["interrupted"], "step %s was cut and is %s" % (facts["step"], found.get(facts["step"])))
        for place in range(1, STEPS + 1):
            first, again = found.get("s%d" % place), found.get("s%dr" % place)
            done = (["ok"], ["invalid"])  # the latter where the busy host is felt
            expect(first in done and not again or first == ["interrupted"] and again in (*done, ["interrupted"]),
                   "step %d: %s, %s" % (place, first, again))

    def verify(self, guest, name):
        results = self.setting["folder"] + "/results"
        shutil.rmtree(results, ignore_errors=True)
        payload = "payload=" + os.path.dirname(self.setting["image"]) + "/payload.json"
        run(self.setting["assay"], "collect", "console=" + guest.console, "disk=" + self.disk, "results=" + results, payload)
        run(self.setting["assay"], "verify", name, "results=" + results)


# ---- all of them

def calibrate(setting, disk):
    """A run that nobody disturbs: how many records it has, and how long it takes from its first word to its end."""
    Guest(setting["image"], setting["folder"], disk).save(setting["state"])
    guest = Guest(setting["image"], setting["folder"], disk)
    start = time.monotonic()
    guest.wait(lambda: False)
    expect(b"\nassay: end status=COMPLETE" in guest.said(), "the undisturbed run did not end")
    setting["span"], setting["records"] = time.monotonic() - start, len(guest.frames())
    print("# undisturbed: %.1f s, %d records over serial" % (setting["span"], setting["records"]), flush=True)


def one_chain(setting, seed, disk, earlier):
    chain = Chain(setting, random.Random(seed), disk)
    chain.earlier = earlier
    while True:
        kill = setting["kills"] < setting["wanted"] and (not chain.cuts or chain.random.random() < 0.65)
        if chain.boot(kill):
            return chain


def count(cuts, condition):
    return sum(bool(condition(facts)) for facts in cuts)


def find_liar(setting, disk):
    """What all of this must not let pass."""
    chain = Chain(setting, random.Random(1), disk)
    chain.mode = LYING
    try:
        chain.boot(True)
    except Wrong as wrong:
        expect("was shown and is not there" in str(wrong) or "no run is on the partition" in str(wrong), "twin: %s" % wrong)
        print("twin: a disk that lies about its flushes is found out: %s" % wrong)
        return
    setting["wrong"] += 1
    print("not ok - twin: a disk that lies about its flushes went unnoticed")


def tell(tally, setting, started):
    cuts = [facts for chain in tally for facts in chain.cuts]
    loose = sum(facts.get("loose", 0) for facts in cuts)
    print("kills=%d kept=%d discarded=%d some=%d runs=%d boots=%d, %d of them from the kernel's start" % (
        len(cuts), *[count(cuts, lambda facts, mode=mode: facts["mode"] == mode) for mode in MODES], len(tally),
        setting["boots"], setting["cold"]))
    print("cut in a step=%d between steps=%d before the run's start=%d behind its end=%d; runs cut more than once=%d" % (
        count(cuts, lambda facts: facts.get("step")),
        count(cuts, lambda facts: "records" in facts and not facts["step"] and not facts["ended"]),
        count(cuts, lambda facts: "records" not in facts), count(cuts, lambda facts: facts["ended"]), sum(len(chain.cuts) > 1 for chain in tally)))
    print("cuts that lost unflushed writes=%d (%d of %d such writes); with an unfinished last line=%d; lines behind the last whole record: "
          "at most %d" % (count(cuts, lambda facts: facts.get("loose", 0) > facts.get("survived", 0)),
                          loose - sum(facts.get("survived", 0) for facts in cuts), loose, count(cuts, lambda facts: facts["torn"]),
                          max((facts["unconfirmed"] for facts in cuts), default=0)))
    print("wrong=%d: records lost or changed, file systems with errors, runs that did not go on, end or verify; %.0f s" % (
        setting["wrong"], time.monotonic() - started), flush=True)


def main(image, assay, folder, wanted, seed):
    os.makedirs(folder, exist_ok=True)
    setting = {"image": image, "assay": assay, "folder": folder, "wanted": int(wanted), "state": folder + "/state",
               "kills": 0, "wrong": 0, "boots": 0, "cold": 0}
    started, tally, number, disk, fresh = time.monotonic(), [], 0, folder + "/disk.raw", folder + "/fresh.raw"
    run(assay, "format-results", "file=" + fresh, "size=%d" % BYTES)
    calibrate(setting, fresh)
    partition_of(fresh, folder + "/part.raw")
    earlier = {path: data for path, data in files_of(folder + "/part.raw").items() if path != "unfinished"}
    expect(earlier, "the undisturbed run left nothing")
    while setting["kills"] < setting["wanted"]:
        shutil.copyfile(fresh, disk)
        try:
            tally.append(one_chain(setting, "%s %d" % (seed, number), disk, dict(earlier)))
        except Wrong as wrong:
            setting["wrong"] += 1
            print("not ok - run %d of seed %s: %s" % (number, seed, wrong), flush=True)
            shutil.copytree(folder, "%s.wrong-%d" % (folder, number), dirs_exist_ok=True, ignore=shutil.ignore_patterns("monitor"))
        number += 1
        if number % 5 == 0:
            print("# %d kills in %.0f s" % (setting["kills"], time.monotonic() - started), flush=True)
    tell(tally, setting, started)
    shutil.copyfile(fresh, disk)
    find_liar(setting, disk)
    sys.exit(1 if setting["wrong"] else 0)


main(*sys.argv[1:])
