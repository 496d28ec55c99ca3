#!/usr/bin/env python3
"""net.py PID - the speed table of the network suite. PID is of a process in the far namespace (tests/bench/net.sh makes it).

Each line is a median of ROUNDS runs of SECONDS_EACH seconds, interleaved: one run of each contender, then the next round in the
other order, so that what else the machine does meets all alike. CPU is user and system time of both ends, as wait4(2) tells it, over the bytes
that arrived. A target is information: "met" or "not met" changes no exit code.
"""
import json
import os
import shutil
import subprocess
import sys
import time

FAR = ["nsenter", "-t", sys.argv[1], "-n"]
ROUNDS = int(os.environ.get("ROUNDS", "5"))
SECONDS = os.environ.get("SECONDS_EACH", "3")
ASSAY = os.environ["ASSAY"]
PIECE = os.environ["IPERF_PIECE"]
PATHS = [("loopback", [], "127.0.0.1"), ("veth pair", FAR, "198.18.0.2")]
DATAGRAM = 64
failures = []


# ---- two processes, what the client said, and the CPU time of both


def start(command):
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)


def reap(process, limit):
    """Output, exit code and CPU seconds; ends it when the limit is over."""
    import threading

    watch = threading.Timer(limit, process.kill)
    watch.start()
    text = process.stdout.read().decode(errors="replace")
    _, status, usage = os.wait4(process.pid, 0)
    watch.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    return text, process.returncode, usage.ru_utime + usage.ru_stime


def await_listener(where, kind, port, wanted):
    for _ in range(200):
        seen = subprocess.run(where + ["ss", "-Hln" + kind, f"sport = :{port}"], stdout=subprocess.PIPE, check=True).stdout
        if bool(seen.strip()) == wanted:
            return
        time.sleep(0.02)
    raise RuntimeError(f"port {port} of {' '.join(where) or 'here'}: {'nobody listens' if wanted else 'still taken'}")


def both(where, server, client, kind, port):
    """The texts of both ends and the CPU seconds they took together."""
    serving = start(where + server)
    try:
        await_listener(where, kind, port, True)
        text, code, cpu = reap(start(client), float(SECONDS) + 20)
        time.sleep(0.1)
    finally:
        serving.terminate()
        heard, _, served_cpu = reap(serving, 5)
    await_listener(where, kind, port, False)
    if code:
        raise RuntimeError(f"{' '.join(client)}: exit code {code}: {text.strip()[-300:]}")
    return text, heard, cpu + served_cpu


# ---- the contenders: each returns Gbit/s (or thousand datagrams/s) that arrived, and CPU seconds for each GB


def metrics_of(text):
    found = {}
    for line in text.splitlines():
        if line.startswith("{"):
            measurement = json.loads(line).get("testStepArtifact", {}).get("measurement")
            if measurement:
                found[measurement["name"]] = measurement["value"]
    return found


def ours_tcp(*extra):
    def run(where, address):
        text, _, cpu = both(where, [ASSAY, "peer"], [ASSAY, "run", "net.tcp", f"target={address}", f"seconds={SECONDS}",
                                                     "format=jsonl", *extra], "t", 5001)
        found = metrics_of(text)
        return found["outgoing"] / 1e3, cpu / (found["outgoing_bytes"] / 1e9)
    return run


def iperf2_tcp(program):
    def run(where, address):
        text, _, cpu = both(where, [program, "-s"], [program, "-c", address, "-t", SECONDS, "-y", "C"], "t", 5001)
        row = text.strip().splitlines()[-1].split(",")
        return float(row[8]) / 1e9, cpu / (float(row[7]) / 1e9)
    return run


def iperf3_tcp(program):
    def run(where, address):
        text, _, cpu = both(where, [program, "-s"], [program, "-c", address, "-t", SECONDS, "-J"], "t", 5201)
        total = json.loads(text)["end"]["sum_received"]
        return total["bits_per_second"] / 1e9, cpu / (total["bytes"] / 1e9)
    return run


def ours_udp(*extra):
    def run(where, address):
        text, _, cpu = both(where, [ASSAY, "peer"], [ASSAY, "run", "net.udp", f"target={address}", f"seconds={SECONDS}",
                                                     f"length={DATAGRAM}", "format=jsonl", *extra], "u", 5001)
        found = metrics_of(text)
        datagrams = found["datagrams"] - found["lost"]
        return found["received"] * 1e6 / 8 / DATAGRAM / 1e3, cpu / (datagrams * DATAGRAM / 1e9)
    return run


def iperf2_udp(program):
    def run(where, address):
        # As fast as it goes: a rate beyond reach; -b 0 is refused.
        text, heard, cpu = both(where, [program, "-s", "-u", "-y", "C"],
                                [program, "-c", address, "-u", "-l", str(DATAGRAM), "-b", "100g", "-t", SECONDS], "u", 5001)
        rows = [line.split(",") for line in heard.splitlines() if line.count(",") >= 12]
        if not rows:
            raise RuntimeError(f"the server reported nothing: {heard.strip()[-200:]} {text.strip()[-200:]}")
        return float(rows[-1][8]) / 8 / DATAGRAM / 1e3, cpu / (float(rows[-1][7]) / 1e9)
    return run


# ---- tables


def median(values):
    values = sorted(values)
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def measure(where, address, contenders):
    """name -> ([rates], [CPU]), one run of each a round."""
    results = {name: ([], []) for name in contenders}
    for number in range(ROUNDS):
        for name, run in list(contenders.items())[:: -1 if number % 2 else 1]:
            try:
                rate, cpu = run(where, address)
            except (RuntimeError, KeyError, IndexError, ValueError) as error:
                failures.append(f"{name}: {error!r}")
                continue
            results[name][0].append(rate)
            results[name][1].append(cpu)
    return {name: both_lists for name, both_lists in results.items() if both_lists[0]}


def judge(what, value, holds, target):
    print(f"  {what:<58} {value:8.2f}   target {target:<10} {'met' if holds else 'not met'}")


def print_rows(title, unit, results):
    print(f"\n{title}; median of {ROUNDS} interleaved runs of {SECONDS} s\n  {'':<28} {unit:>10} {'min':>9} {'max':>9} {'CPU s/GB':>10}")
    for name, (rates, cpu) in results.items():
        print(f"  {name:<28} {median(rates):10.2f} {min(rates):9.2f} {max(rates):9.2f} {median(cpu):10.3f}")


def compare(results, ours, theirs, want, what):
    """Our median over the best of theirs."""
    theirs = [name for name in theirs if name in results]
    if ours not in results or not theirs:
        return
    best = max(theirs, key=lambda name: median(results[name][0]))
    ratio = median(results[ours][0]) / median(results[best][0])
    judge(f"{what}: {ours} / {best}", ratio, ratio >= want, f">= {want}")
    if want < 1:
        cheapest = min(median(results[name][1]) for name in theirs)
        ratio = median(results[ours][1]) / cheapest
        judge("  its CPU per byte / the least of theirs", ratio, ratio <= 1, "<= 1")


def tcp(path, where, address):
    stock = {"iperf 2.1.8": iperf2_tcp(f"{PIECE}/iperf-2.1.8"), "iperf3 3.12": iperf3_tcp(f"{PIECE}/iperf3-3.12"),
             "iperf3 3.18": iperf3_tcp(f"{PIECE}/iperf3-3.18")}
    results = measure(where, address, {"assay": ours_tcp(), **stock, **{name: ours_tcp(*words) for name, words in UNCOPIED.items()}})
    print_rows(f"one TCP stream, {path}", "Gbit/s", results)
    compare(results, "assay", stock, 0.98, "iperf's semantics")
    for name in UNCOPIED:
        compare(results, name, stock, 1.8, "a mode of its own")


def udp(path, where, address):
    stock = {"iperf 2.1.8": iperf2_udp(f"{PIECE}/iperf-2.1.8")}
    results = measure(where, address, {"assay": ours_udp(*UNPACED), **stock, **{name: ours_udp(*words) for name, words in APART.items()}})
    print_rows(f"UDP, datagrams of {DATAGRAM} bytes as fast as they go, {path}", "1000/s", results)
    for name in ("assay", *APART):
        compare(results, name, stock, 2, "received datagrams/s")


# Modes of their own: net.tcp without copying at either end, net.udp with each datagram a packet from the start.
UNCOPIED = {"assay engine=uncopied": ["engine=uncopied"]}
UNPACED, APART = ["rate=0"], {"assay merge=no": ["rate=0", "merge=no"]}


def main():
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the start")
    for path, where, address in PATHS:
        tcp(path, where, address)
    for path, where, address in PATHS:
        udp(path, where, address)
    for line in failures:
        print(f"did not run: {line}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
