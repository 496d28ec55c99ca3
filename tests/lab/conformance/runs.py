"""Runs made up from nothing but the format: records, chain, serial log, beside files. Hashed by Python's hashlib, not by our code."""
import copy
import hashlib
import json
import os

PAYLOAD = hashlib.sha256(b"payload").hexdigest()
PLAN = hashlib.sha256(b"plan").hexdigest()
INIT = hashlib.sha256(b"init").hexdigest()
BUILD = "aa11bb22cc33dd44ee55ff6600112233aa11bb22"


def chain(head, line):
    return hashlib.sha256(head + line).digest()


def stamp(seconds):
    return "2026-01-31T12:%02d:%06.3fZ" % (int(seconds) // 60, seconds % 60)


def statistics(values):
    ordered, n = sorted(values), len(values)
    mean = sum(ordered) / n

    def rank(percent):
        place = percent / 100 * (n - 1)
        below = int(place)
        above = min(below + 1, n - 1)
        return ordered[below] + (place - below) * (ordered[above] - ordered[below])

    sd = (sum((v - mean) ** 2 for v in ordered) / (n - 1)) ** 0.5 if n > 1 else 0
    return {"n": n, "min": ordered[0], "max": ordered[-1], "mean": mean, "sd": sd, "median": rank(50), "p95": rank(95), "p99": rank(99)}


class Run:
    """Records without number and time; `write` adds those, the chain and the serial log."""

    def __init__(self, name):
        self.name = name
        self.id = "20260131-120000-" + hashlib.md5(name.encode()).hexdigest()
        self.records, self.places, self.files = [], 0, {}
        self.console, self.payload, self.seconds = True, True, 0.1
        self.raw = []  # changes of the files as they lie there, after the chain was made

    def add(self, artifact):
        self.records.append(artifact)
        return artifact

    def run(self, kind, body):
        return self.add({"testRunArtifact": {kind: body}})

    def step(self, step, kind, body):
        return self.add({"testStepArtifact": {"testStepId": step, kind: body}})

    def begin(self, steps=()):
        self.add({"schemaVersion": {"major": 2, "minor": 0}})
        metadata = {"runId": self.id, "buildId": BUILD, "initSha256": INIT, "payloadDigest": PAYLOAD, "plan": "conformance",
                    "planSha256": PLAN, "stepsSha256": None}
        machine = {"hypervisor": "kvm", "product": "made up", "cpu": "a CPU", "cpus": 2, "memoryBytes": 1 << 30, "clocksource": "tsc",
                   "boot": {"path": "direct", "loader": "made up", "firmware": "BIOS", "firmwareVendor": "v", "firmwareVersion": "1",
                            "firmwareDate": "01/01/2020"},
                   "smt": "off", "idleDriver": "none", "transparentHugepages": "never", "congestionControl": "cubic", "dirtyRatio": "20",
                   "vulnerabilities": {"meltdown": "Not affected"}, "wallClock": {"setFrom": "the RTC", "synchronised": False},
                   "blocks": [{"name": "vda", "bytes": 1 << 30, "driver": "virtio_blk", "transport": "virtio", "scheduler": "[none]",
                               "nr_requests": "256", "read_ahead_kb": "128", "write_cache": "write back"}],
                   "links": [{"name": "eth0", "mac": "52:54:00:00:00:01", "driver": "virtio_net", "mtu": "1500", "offloads": {}}]}
        self.run("testRunStart", {"name": "assay", "version": "1", "commandLine": "assay.plan=conformance", "parameters": {"peer": ""},
                                  "dutInfo": {"dutInfoId": "dut", "name": "made up", "metadata": machine}, "metadata": metadata})
        self.run("log", {"severity": "INFO", "message": "results partition: runs/" + self.id})
        self.of = len(steps)
        for make in steps:
            make(self)
        return self

    def open_step(self, bench, target="", **parameters):
        self.places += 1
        step = "s%d" % self.places
        self.step(step, "testStepStart", {"name": bench})
        self.step(step, "extension", {"name": "step", "content": {
            "bench": bench, "label": "", "definition": "as made up", "target": target, "place": self.places, "of": self.of,
            "parameters": parameters, "expectedSeconds": 1, "deadlineSeconds": 60}})
        return step

    def close_step(self, step, outcome="ok", seconds=0.2):
        status = {"ok": "COMPLETE", "failed": "COMPLETE", "skipped": "SKIP"}.get(outcome, "ERROR")
        self.add({"wait": seconds})
        self.step(step, "extension", {"name": "outcome", "content": {"outcome": outcome, "seconds": seconds, "reason": ""}})
        self.step(step, "testStepEnd", {"status": status})

    def figure(self, step, name, unit, values, by="median", series=False, **more):
        told = statistics(values)
        if series:
            which = "%s-%s" % (step, name)
            self.step(step, "measurementSeriesStart", {"name": name, "measurementSeriesId": which, "unit": unit})
            for index, value in enumerate(values):
                self.step(step, "measurementSeriesElement", {"index": index, "value": value, "timestamp": None, "measurementSeriesId": which})
            self.step(step, "measurementSeriesEnd", {"measurementSeriesId": which, "totalCount": len(values)})
        value = values[-1] if by == "last" else told[by]
        self.step(step, "measurement", {"name": name, "value": value, "unit": unit, "metadata": {"better": "more", "by": by, **told, **more}})

    def end(self, status="COMPLETE", result="PASS"):
        self.run("testRunEnd", {"status": status, "result": result})
        return self

    # ---- looking for something to change

    def find(self, kind, nth=0):
        found = [r for r in self.records if any(kind in r.get(of, {}) for of in ("testRunArtifact", "testStepArtifact"))]
        record = found[nth]
        return record.get("testRunArtifact", record.get("testStepArtifact"))[kind]

    def place(self, kind, nth=0):
        body = self.find(kind, nth)
        return next(i for i, r in enumerate(self.records) if any(v is body for a in r.values() if isinstance(a, dict) for v in a.values()))

    def outcome(self, nth=0):
        return [e for e in self.extensions("outcome")][nth]["content"]

    def extensions(self, name):
        return [r["testStepArtifact"]["extension"] for r in self.records
                if r.get("testStepArtifact", {}).get("extension", {}).get("name") == name]

    # ---- files

    def number(self):
        at, n, out, digest = self.seconds, 0, [], bytes(32)
        for told in self.extensions("step"):
            content = told["content"]
            digest = chain(digest, ("[%s %s]" % (content["bench"], content["label"])).encode())
            for key, value in content["parameters"].items():
                digest = chain(digest, ("%s=%s" % (key, value)).encode())
        for record in self.records:
            if "wait" in record:
                at += record["wait"]
                continue
            record = copy.deepcopy(record)
            metadata = record.get("testRunArtifact", {}).get("testRunStart", {}).get("metadata", {})
            if metadata.get("stepsSha256", 0) is None:
                metadata["stepsSha256"] = digest.hex()
            element = record.get("testStepArtifact", {}).get("measurementSeriesElement", {})
            if element.get("timestamp", 0) is None:
                element["timestamp"] = stamp(at)
            record.setdefault("sequenceNumber", n)
            record.setdefault("timestamp", stamp(at))
            out.append(json.dumps(record, separators=(",", ":")).encode())
            at, n = at + 0.01, n + 1
        return out

    def serial(self, lines, heads):
        out = [b"Booting from ROM.."]
        for line, head in zip(lines, heads):
            if b"measurementSeriesElement" not in line:
                out.append(b"@assay %d %s %s\r" % (json.loads(line)["sequenceNumber"], head.encode(), line))
        if b"testRunEnd" in lines[-1]:
            end = next(r for r in map(json.loads, lines) if "testRunEnd" in r.get("testRunArtifact", {}))["testRunArtifact"]["testRunEnd"]
            out.append(("assay: end status=%s result=%s records=%d head=%s\r" % (end["status"], end["result"], len(lines), heads[-1])).encode())
        return b"\n".join(out) + b"\n"

    def contents(self):
        lines, heads, head = self.number(), [], bytes(32)
        for line in lines:
            head = chain(head, line)
            heads.append(head.hex())
        files = {"journal.jsonl": b"".join(line + b"\n" for line in lines), "journal.sha256": "".join(h + "\n" for h in heads).encode()}
        if self.console:
            files["console.log"] = self.serial(lines, heads)
        if self.payload:
            files["payload.json"] = json.dumps({"buildId": BUILD, "digest": PAYLOAD, "sha256": "00", "init": {"sha256": INIT}}).encode()
        files.update(self.files)
        for change in self.raw:
            change(files)
        return files

    def write(self, folder):
        os.makedirs(folder, exist_ok=True)
        for name, data in self.contents().items():
            with open(os.path.join(folder, name), "wb") as out:
                out.write(data)
