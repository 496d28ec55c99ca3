#!/usr/bin/env python3
"""page-runs.py FOLDER MACHINE BOOTS FACTOR - made-up runs of one machine with everything the report's page must show: FOLDER/boot-N/journal.jsonl
with its chain, collect.json, payload.json, a stock tool's file. Reads are FACTOR times those of factor 1; writes are not. Texts are hostile."""
import hashlib
import json
import math
import os
import random
import statistics
import sys

HOSTILE = "</script><script>window.hacked=1</script><img src=x onerror=window.hacked=2> \"quoted\" 'q' & <!-- \u2028 =1+1"
TESTS = ["write", "rewrite", "read", "reread", "random_read", "random_write", "backward_read", "record_rewrite", "stride_read",
         "fwrite", "frewrite", "fread", "freread"]
FILES = [64 << i for i in range(7)]
RECORDS = [4 << i for i in range(6)]


class Journal:
    def __init__(self, start):
        self.lines, self.number, self.clock, self.series_count = [], 0, start, 0

    def add(self, artifact):
        self.clock += 0.001
        stamp = "2026-01-31T12:%02d:%06.3fZ" % (self.clock // 60 % 60, int(self.clock * 1000) % 60000 / 1000)
        self.lines.append(json.dumps({**artifact, "sequenceNumber": self.number, "timestamp": stamp}, separators=(",", ":")))
        self.number += 1

    def run(self, **artifact):
        self.add({"testRunArtifact": artifact})

    def step(self, step, **artifact):
        self.add({"testStepArtifact": {"testStepId": step, **artifact}})

    def begin(self, step, bench, label="", **parameters):
        self.clock += 2
        self.began, self.until = self.clock, self.clock + float(parameters.get("seconds", 2))
        self.step(step, testStepStart={"name": f"{bench} {label}".strip()})
        self.step(step, extension={"name": "step", "content": {
            "bench": bench, "label": label, "definition": f"as the stock tool defines {bench}", "target": "198.18.0.2",
            "parameters": parameters, "expectedSeconds": 2, "deadlineSeconds": 30}})

    def end(self, step, outcome="ok", reason=""):
        self.clock = max(self.clock, self.until + 0.5)
        self.step(step, extension={"name": "outcome", "content": {"outcome": outcome, "seconds": self.clock - self.began, "reason": reason}})
        self.step(step, testStepEnd={"status": "COMPLETE" if outcome == "ok" else "ERROR"})

    def figure(self, step, name, value, unit, better="more", place=None, detail=False, values=None, by="median"):
        values = values or [value]
        value = {"median": statistics.median, "mean": statistics.mean, "max": max, "sum": sum}[by](values)
        metadata = {"better": better, "by": by, "n": len(values), "min": min(values), "max": max(values), "median": statistics.median(values)}
        if place:
            metadata["at"] = place
        if detail:
            metadata["detail"] = True
        if len(values) > 1:
            series = f"{step}-{self.series_count}"
            self.series_count += 1
            self.step(step, measurementSeriesStart={"name": name, "measurementSeriesId": series, "unit": unit,
                                                    "metadata": {"at": place} if place else {}})
            for index, one in enumerate(values):
                self.step(step, measurementSeriesElement={"index": index, "value": one, "timestamp": "2026-01-31T12:00:00.000Z",
                                                          "measurementSeriesId": series})
            self.step(step, measurementSeriesEnd={"measurementSeriesId": series, "totalCount": len(values)})
        self.step(step, measurement={"name": name, "value": value, "unit": unit, "metadata": metadata})


def axis(name, value, unit=""):
    return {"axis": name, "value": value, "unit": unit}


def histogram(journal, step, name, place, middle, draw):
    """As bench/engine/percentiles.c leaves it: bucket edges and their counts."""
    counts = {}
    for _ in range(4000):
        value = middle * math.exp(draw.gauss(0, 0.35)) * (8 if draw.random() < 0.004 else 1)
        edge = round(1.016 ** math.ceil(math.log(value, 1.016)), 3)
        counts[edge] = counts.get(edge, 0) + 1
    edges = sorted(counts)
    journal.figure(step, name, edges[-1], "us", "neither", place, True, edges, "max")
    journal.figure(step, f"{name}_count", sum(counts.values()), "1", "neither", place, True, [counts[edge] for edge in edges], "sum")
    for percent, word in ((0.5, "p50"), (0.9, "p90"), (0.99, "p99"), (0.999, "p99_9")):
        seen, at = 0, 0
        while seen < percent * 4000:
            seen += counts[edges[at]]
            at += 1
        journal.figure(step, f"{name[:-7]}_{word}", edges[at - 1], "us", "less", place, word != "p50")


def network(journal, factor, near):
    journal.begin("s2", "net.ping", interval="0.2", count="10")
    times = [near(0.2 / factor) for _ in range(10)]
    journal.figure("s2", "rtt", sorted(times)[5], "ms", "less", values=times)
    for name, value in (("rtt_min", min(times)), ("rtt_avg", sum(times) / 10), ("rtt_max", max(times)), ("rtt_mdev", 0.01), ("loss", 0)):
        journal.figure("s2", name, value, "ms" if name != "loss" else "%", "less")
    for name in ("sent", "received"):
        journal.figure("s2", name, 10, "packets", "neither")
    journal.end("s2")
    journal.begin("s3", "net.tcp", "started here", seconds="5", interval="1")
    for name, rate in (("outgoing", 940), ("incoming", 930 * factor)):
        journal.figure("s3", name, near(rate), "Mbit/s")
        journal.figure("s3", f"{name}_interval", rate, "Mbit/s", values=[near(rate) for _ in range(5)])
    journal.figure("s3", "retransmits", 3, "segments", "less")
    journal.figure("s3", "cpu", near(40), "%", "less")
    journal.step("s3", log={"severity": "WARNING", "message": f"one segment came twice {HOSTILE}"})
    journal.end("s3")
    journal.begin("s4", "net.udp", seconds="5", interval="1")
    for name, value, unit in (("outgoing", 1.05, "Mbit/s"), ("received", 1.05, "Mbit/s"), ("jitter", 0.03, "ms"), ("lost", 1, "datagrams"),
                              ("datagrams", 446, "datagrams"), ("lost_percent", 0.22, "%"), ("out_of_order", 0, "datagrams")):
        journal.figure("s4", name, near(value), unit, "less" if name in ("jitter", "lost", "lost_percent") else "more")
    journal.end("s4")


def together(journal, near):
    journal.begin("s5", "net.simultaneous", "tcp, first 1", protocol="tcp", interval="0.5", machines="2")
    for machine, rate in ((1, 520), (2, 410)):
        place = [axis("machine", machine)]
        for name, value, unit in (("alone", 930, "Mbit/s"), ("together", rate, "Mbit/s"), ("portion", rate / 9.3, "%"),
                                  ("penalty", 100 - rate / 9.3, "%"), ("start_error", 1.5, "ms")):
            journal.figure("s5", name, value, unit, place=place)
        journal.figure("s5", "share", rate, "Mbit/s", place=place, values=[near(rate) for _ in range(12)])
        journal.step("s5", log={"severity": "INFO", "message": f"machine {machine} is vm{machine}"})
    journal.figure("s5", "aggregate", 930, "Mbit/s")
    journal.figure("s5", "fairness", 0.986, "index")
    journal.end("s5")


def storage(journal, factor, near):
    journal.begin("s6", "file.bonnie", size="53687091200", files="10", repeats="3")
    for name, rate in (("putc", 900), ("put_block", 92000), ("rewrite", 61000), ("getc", 1200), ("get_block", 145000 * factor), ("seeks", 310),
                       ("seq_create", 4780), ("seq_stat", 80796), ("seq_del", 4504), ("ran_create", 4737), ("ran_stat", 105893), ("ran_del", 3670)):
        unit = "KiB/s" if name in ("putc", "put_block", "rewrite", "getc", "get_block") else "/s"
        values = [near(rate) for _ in range(3)]
        journal.figure("s6", name, 0, unit, values=values, by="mean")
        journal.figure("s6", f"{name}_cpu", 42.4, "%", "less", values=[42.4, 42.4, 42.4])
    journal.step("s6", file={"displayName": "bonnie.txt", "uri": "s6-bonnie.txt", "isSnapshot": True, "contentType": "text/plain"})
    journal.end("s6")
    journal.begin("s7", "file.iozone", "ext4", tests="0,1,2,3,4,5,6,7")
    for number, test in enumerate(TESTS):
        for file in FILES:
            for record in (one for one in RECORDS if one <= file):
                rate = 40000 * (1 + number / 10) * (record / 4) ** 0.4 / (1 + file / 4096) * (factor if "read" in test else 1)
                journal.figure("s7", test, near(rate), "KiB/s", place=[axis("file", file, "KiB"), axis("record", record, "KiB")])
    journal.end("s7")


def disk(journal, factor, draw):
    journal.begin("s8", "disk.latency", "random read", depths="1,8")
    for depth in (1, 8):
        place = [axis("record", 4096, "B"), axis("depth", depth, "requests")]
        journal.figure("s8", "read_iops", 9000 * factor, "/s", place=place)
        histogram(journal, "s8", "read_bucket", place, 110 * depth / factor, draw)
    journal.step("s8", diagnosis={"verdict": "host-cache", "type": "UNKNOWN", "message": f"faster than a disk can be {HOSTILE}"})
    journal.end("s8")


def noise(journal, near):
    journal.begin("s1", "self.noise", seconds="3")
    for cpu in (0, 1):
        for name, value, unit in (("stolen", 0.3, "%"), ("longest", 40, "us"), ("steal", 0, "%"), ("interruptions", 260, "/s")):
            journal.figure("s1", name, near(value), unit, "less", [axis("cpu", cpu)])
    journal.end("s1")


def make_run(folder, machine, boot, factor):
    draw = random.Random(f"{machine} {boot}")
    level = 1 + draw.uniform(-0.01, 0.01)
    journal = Journal(60 * boot)
    run_id = f"20260131-12{boot:02d}00-{hashlib.sha256((machine + str(boot)).encode()).hexdigest()[:32]}"

    def near(value):
        return value * level * (1 + draw.uniform(-0.01, 0.01))

    journal.add({"schemaVersion": {"major": 2, "minor": 0}})
    journal.run(testRunStart={"name": "assay", "version": "1", "commandLine": f"assay.plan=page-2011 assay.note={HOSTILE}",
                              "parameters": {"plan": "page-2011", "note": HOSTILE}, "dutInfo": {
                                  "dutInfoId": "dut", "name": f"{machine} board", "platformInfos": [{"info": "made up"}],
                                  "metadata": {"cpu": "made-up CPU", "cpus": 2, "memoryBytes": 2 << 30, "clocksource": "tsc" if factor == 1 else "kvm-clock",
                                               "blocks": [{"name": "vda", "transport": "virtio"}]}},
                              "metadata": {"runId": run_id, "buildId": "aa11", "initSha256": "bb22", "plan": "page-2011", "planSha256": "cc33" * 16}})
    noise(journal, near)
    network(journal, factor, near)
    together(journal, near)
    storage(journal, factor, near)
    disk(journal, factor, draw)
    journal.run(testRunEnd={"status": "COMPLETE", "result": "PASS"})
    save(folder, journal, machine, run_id)


def save(folder, journal, machine, run_id):
    os.makedirs(folder)
    head, heads = bytes(32), []
    for line in journal.lines:
        head = hashlib.sha256(head + line.encode()).digest()
        heads.append(head.hex())
    files = {
        "journal.jsonl": "".join(line + "\n" for line in journal.lines),
        "journal.sha256": "".join(one + "\n" for one in heads),
        "collect.json": json.dumps({"runId": run_id, "machine": machine, "accel": "kvm", "journal": {"rebuilt": False}}),
        "payload.json": json.dumps({"buildId": "aa11", "sha256": "dd44", "bytes": 1, "init": {"sha256": "bb22"}, "version": "1"}),
        "s6-bonnie.txt": f"what bonnie++ would have written {HOSTILE}\n",
    }
    for name, text in files.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
            out.write(text)


if __name__ == "__main__":
    where, called, boots, share = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
    for each in range(boots):
        make_run(os.path.join(where, f"boot-{each + 1}"), called, each + 1, share)
