#!/usr/bin/env python3
"""ping.py LOOP - what net.ping itself costs, beside a bare ICMP socket loop (LOOP, made of ping-loop.c) and ping -f: over loopback
and a veth pair, interleaved, medians of ROUNDS runs of SECONDS_EACH seconds. Called by net.sh in its namespaces.

Two figures: the median round trip that each reports, and the time from one request to the next, which nothing can hide in.
"""
import json
import os
import re
import subprocess
import sys

ROUNDS = int(os.environ.get("ROUNDS", "5"))
SECONDS = os.environ.get("SECONDS_EACH", "3")
TARGET_US = 5


def output(command):
    return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.decode()


def bare(address):
    count, p50, _ = output([sys.argv[1], address, SECONDS]).split()
    return float(p50), float(SECONDS) * 1e6 / float(count)


def ours(address):
    found = {}
    for line in output([os.environ["ASSAY"], "run", "net.ping", f"target={address}", "interval=0", f"seconds={SECONDS}",
                        "format=jsonl"]).splitlines():
        measurement = json.loads(line).get("testStepArtifact", {}).get("measurement")
        if measurement:
            found[measurement["name"]] = measurement["value"]
    return found["rtt_p50"] * 1e3, 1e6 / found["rate"]


def stock(address):
    text = output(["ping", "-n", "-q", "-f", "-w", str(max(1, round(float(SECONDS)))), address])
    count, took_ms = re.search(r"(\d+) packets transmitted.*time (\d+)ms", text).groups()
    # iputils prints no median; its mean, to the microsecond, is what there is.
    return float(re.search(r"= [\d.]+/([\d.]+)/", text).group(1)) * 1e3, float(took_ms) * 1e3 / float(count)


def median(values):
    return sorted(values)[len(values) // 2]


def table(path, address):
    contenders = {"bare socket loop": bare, "assay net.ping interval=0": ours, "ping -f (rtt: its mean)": stock}
    results = {name: [] for name in contenders}
    for _ in range(ROUNDS):
        for name, run in contenders.items():
            results[name].append(run(address))
    print(f"\nICMP echo, one behind the other, {path}; median of {ROUNDS} interleaved runs of {SECONDS} s\n"
          f"  {'':<28} {'rtt us':>10} {'us/round':>10}")
    figures = {name: [median(column) for column in zip(*rows)] for name, rows in results.items()}
    for name, (rtt, period) in figures.items():
        print(f"  {name:<28} {rtt:10.2f} {period:10.2f}")
    for what, index in ("median round trip: ours - bare loop", 0), ("time for each: ours - bare loop", 1):
        cost = figures["assay net.ping interval=0"][index] - figures["bare socket loop"][index]
        print(f"  {what:<58} {cost:8.2f}   target < {TARGET_US} us   {'met' if cost < TARGET_US else 'not met'}")


table("loopback", "127.0.0.1")
table("veth pair", "198.18.0.2")
