#!/usr/bin/env python3
"""fleet-runs.py FOLDER MACHINES BOOTS PLACES known|even [SEED] - a made-up fleet: a folder of each run, as `assay serve` leaves them.

Two kinds of machines, MACHINES of each, the second 1.4 times as fast; BOOTS runs of each, a day apart; 4 + 10 * PLACES measurements a run.
A machine's level varies by 0.6 %, a run's by 1 %. One machine's net.ping is invalid throughout, and ten times as slow.
known: machine 3 of the first kind reads at 88 % (disk.latency, read_iops, every place); machine 2 of the second loses 1 % to 18 % of
net.tcp, outgoing, evenly from run to run. Prints both machines' names. even: neither.
"""
import datetime
import hashlib
import json
import os
import random
import sys

PLAN = hashlib.sha256(b"plan").hexdigest()
TESTS = ["write", "rewrite", "read", "reread", "random_read", "random_write", "backward_read", "record_rewrite", "stride_read"]
KINDS = ("first", "second")


def uuid(kind, machine):
    return "4c4c4544-000%d-4000-8000-%012x" % (kind, machine)


def dut(kind, machine):
    mac = "52:54:00:0%d:%02x:%02x" % (kind, machine >> 8, machine & 255)
    return {"dutInfoId": uuid(kind, machine), "name": "made-up board, %s kind" % KINDS[kind], "platformInfos": [{"info": "physical"}],
            "softwareInfos": [{"softwareInfoId": "firmware", "name": "BIOS", "version": "1.%d" % kind, "softwareType": "FIRMWARE"}],
            "hardwareInfos": [{"hardwareInfoId": "eth0", "name": "igb", "serialNumber": mac, "partType": "nic"}],
            "metadata": {"cpu": "CPU of the %s kind" % KINDS[kind], "cpus": 8, "memoryBytes": (16 << 30) + 4096 * machine,
                         "blocks": [{"name": "nvme0n1", "serial": "S%d-%d" % (kind, machine), "bytes": 1 << 40, "scheduler": "[none]"}],
                         "links": [{"name": "eth0", "mac": mac, "driver": "igb"}]}}


def series(places):
    """Step, bench, outcome, metric, unit, better, place as JSON, its level."""
    yield "s1", "net.tcp", "outgoing", "Mbit/s", "more", "", 941.0
    yield "s1", "net.tcp", "incoming", "Mbit/s", "more", "", 938.0
    yield "s2", "net.ping", "rtt", "ms", "less", "", 0.21
    yield "s2", "net.ping", "loss", "%", "less", "", 0.0
    for place in range(places):
        at = ',"at":[{"axis":"file","value":%d,"unit":"KiB"},{"axis":"record","value":%d,"unit":"KiB"}]' % (64 << place // 10, 4 << place % 10)
        for number, test in enumerate(TESTS):
            yield "s3", "file.iozone", test, "KiB/s", "more", at, 4e4 * (1 + number / 10) * (1 + place / 7)
    for place in range(places):
        at = ',"at":[{"axis":"record","value":%d,"unit":"B"},{"axis":"depth","value":%d,"unit":"requests"}]' % (512 << place % 10, 1 + place // 10)
        yield "s4", "disk.latency", "read_iops", "/s", "more", at, 9000.0 * (1 + place / 5)


class Journal:
    def __init__(self, begun):
        self.lines, self.stamp = [], begun.strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def add(self, body):
        self.lines.append('{"sequenceNumber":%d,"timestamp":"%s",%s}' % (len(self.lines), self.stamp, body))

    def step(self, step, body):
        self.add('"testStepArtifact":{"testStepId":"%s",%s}' % (step, body))

    def save(self, folder, name):
        head, heads = bytes(32), []
        for line in self.lines:
            head = hashlib.sha256(head + line.encode()).digest()
            heads.append(head.hex())
        os.makedirs(os.path.join(folder, name))
        collected = json.dumps({"runId": name, "journal": {"records": len(self.lines), "rebuilt": False, "torn": False}})
        for file, text in ("journal.jsonl", "\n".join(self.lines) + "\n"), ("journal.sha256", "\n".join(heads) + "\n"), ("collect.json", collected):
            with open(os.path.join(folder, name, file), "w", encoding="ascii") as out:
                out.write(text)


def end_step(journal, step, outcome):
    journal.step(step, '"extension":{"name":"outcome","content":{"outcome":"%s","seconds":2.5,"reason":""}}' % outcome)
    journal.step(step, '"testStepEnd":{"status":"COMPLETE"}')


def make_run(folder, kind, machine, boot, what, level, draw):
    begun = datetime.datetime(2026, 1, 1, 12) + datetime.timedelta(days=boot, seconds=machine)
    name = begun.strftime("%Y%m%d-%H%M%S-") + "%032x" % draw.getrandbits(128)
    journal, last = Journal(begun), None
    journal.add('"schemaVersion":{"major":2,"minor":0}')
    journal.add('"testRunArtifact":{"testRunStart":%s}' % json.dumps({
        "name": "assay", "version": "1", "commandLine": "assay.plan=fleet", "parameters": {"plan": "fleet"}, "dutInfo": dut(kind, machine),
        "metadata": {"runId": name, "buildId": "aa11", "payloadDigest": PLAN[::-1], "plan": "fleet", "planSha256": PLAN}}, separators=(",", ":")))
    spoilt = (kind, machine) == (0, 1)
    for step, bench, metric, unit, better, at, usual in what:
        if step != last:
            if last:
                end_step(journal, last, "invalid" if spoilt and last == "s2" else "ok")
            journal.step(step, '"testStepStart":{"name":"%s"}' % bench)
            journal.step(step, '"extension":{"name":"step","content":{"bench":"%s","label":"","target":"198.18.0.2","parameters":{}}}' % bench)
            last = step
        value = usual * level(bench, metric, boot) * (10 if spoilt and step == "s2" else 1) * (1 + draw.gauss(0, 0.01))
        journal.step(step, '"measurement":{"name":"%s","value":%.9g,"unit":"%s","metadata":{"better":"%s","by":"median","n":5,"min":%.9g,'
                     '"max":%.9g,"median":%.9g%s}}' % (metric, value, unit, better, value * 0.99, value * 1.01, value, at))
    end_step(journal, last, "ok")
    journal.add('"testRunArtifact":{"testRunEnd":{"status":"COMPLETE","result":"PASS"}}')
    journal.save(folder, name)


def main(folder, machines, boots, places, which, seed="1"):
    draw, what = random.Random(seed), list(series(int(places)))
    for kind in range(2):
        for machine in range(1, int(machines) + 1):
            own = (1.4 if kind else 1) * (1 + draw.gauss(0, 0.006))

            def level(bench, metric, boot):
                if which == "known" and (kind, machine, bench) == (0, 3, "disk.latency"):
                    return own * 0.88
                if which == "known" and (kind, machine, metric) == (1, 2, "outgoing"):
                    return own * (1 - 0.01 - 0.17 * boot / (int(boots) - 1))
                return own
            for boot in range(int(boots)):
                make_run(folder, kind, machine, boot, what, level, draw)
    print("slow=%s drifting=%s spoilt=%s" % (uuid(0, 3), uuid(1, 2), uuid(0, 1)))


main(*sys.argv[1:])
