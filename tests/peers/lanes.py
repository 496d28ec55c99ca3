"""lanes.py - for the peers ring's Python parts: pairs of network namespaces, programs in them, and what they said.

A lane is two namespaces with a veth pair between them, near 198.18.0.1 and far 198.18.0.2, so that many tests of the same ports run
side by side. Its link can be held to a rate, which leaves processor time for the other lanes.
"""
import json
import os
import queue
import re
import subprocess
import time

NEAR, FAR = "198.18.0.1", "198.18.0.2"
ASSAY = os.environ["ASSAY"]
PIECE = os.environ.get("IPERF_PIECE", "")
WORK = os.environ["WORK"]


class Lane:
    def __init__(self, number, rate=None):
        self.number = number
        self.holders = [subprocess.Popen(["unshare", "-n", "sleep", "1800"]) for _ in "nf"]
        self.near, self.far = ([*"nsenter -n -t".split(), str(holder.pid)] for holder in self.holders)
        time.sleep(0.2)
        self.run(self.near, f"ip link add veth0 type veth peer name veth1 netns {self.holders[1].pid}")
        for side, device, address in ((self.near, "veth0", NEAR), (self.far, "veth1", FAR)):
            self.run(side, f"ip address add {address}/24 dev {device}")
            for name in ("lo", device):
                self.run(side, f"ip link set {name} up")
            if rate:
                self.run(side, f"tc qdisc add dev {device} root tbf rate {rate} burst 256k latency 4ms")

    def run(self, side, command):
        subprocess.run(side + command.split(), check=True)

    def end(self):
        for holder in self.holders:
            holder.kill()
            holder.wait()


class Program:
    """A program in a namespace, its output in a file of its own."""

    count = 0

    def __init__(self, side, *words):
        Program.count += 1
        self.path = f"{WORK}/{Program.count}.out"
        self.words = words
        with open(self.path, "wb") as out:
            self.process = subprocess.Popen([*side, *map(str, words)], stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)

    def text(self):
        with open(self.path, errors="replace") as file:
            return file.read()

    def wait(self, seconds):
        """Its exit code; None when it had to be ended."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return None

    def end(self):
        """Asked to end, then made to: what it said stands in text()."""
        if self.process.poll() is None:
            self.process.terminate()
            self.wait(3)
        return self.text()

    def await_text(self, pattern, count=1, seconds=5):
        """True when the pattern stands there so often within the time."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if len(re.findall(pattern, self.text(), re.M)) >= count:
                return True
            time.sleep(0.05)
        return False


def await_listener(side, kind, port, seconds=5):
    """kind: t or u."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if subprocess.run([*side, "ss", "-Hln" + kind, f"sport = :{port}"], stdout=subprocess.PIPE, check=True).stdout.strip():
            return True
        time.sleep(0.03)
    return False


def records(text):
    """(metrics by name, outcome, verdicts, the reason and what else was said) of `assay run ... format=jsonl`."""
    metrics, outcome, verdicts, words = {}, None, [], []
    for line in text.splitlines():
        if not line.startswith("{"):
            if line.strip():
                words.append(line.strip())
            continue
        step = json.loads(line).get("testStepArtifact", {})
        if "measurement" in step:
            metrics[step["measurement"]["name"]] = step["measurement"]["value"]
        if step.get("extension", {}).get("name") == "outcome":
            outcome = step["extension"]["content"]["outcome"]
            words.append(step["extension"]["content"].get("reason", ""))
        if "diagnosis" in step:
            verdicts.append(step["diagnosis"]["verdict"])
    return metrics, outcome, verdicts, " ".join(words).strip()


def side_by_side(lanes, jobs):
    """Runs job(lane) for each, as many at a time as there are lanes; the results in their order."""
    from concurrent.futures import ThreadPoolExecutor

    free = queue.Queue()
    for lane in lanes:
        free.put(lane)

    def run(job):
        lane = free.get()
        try:
            return job(lane)
        finally:
            free.put(lane)

    with ThreadPoolExecutor(len(lanes)) as pool:
        return list(pool.map(run, jobs))
