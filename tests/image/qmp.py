#!/usr/bin/env python3
"""qmp.py SOCKET CONSOLE STEP... - does something to a guest's machine while it measures. A step is "await REGULAR-EXPRESSION", until the
serial log has such a line, "sleep SECONDS", "count DEVICE STATISTIC NUMBER", until the drive has done so many more of them (a
field of query-blockstats), or a QMP command in JSON. Afterwards the guest goes on alone."""
import json
import re
import socket
import sys
import time

LIMIT_S = 300


def connect(path, until):
    while True:
        try:
            channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            channel.connect(path)
            return channel.makefile("rw")
        except OSError:
            if time.monotonic() > until:
                sys.exit(f"qmp: no guest at {path}")
            time.sleep(0.1)


def command(channel, words):
    try:
        channel.write(words + "\n")
        channel.flush()
        for line in channel:  # events come in between
            answer = json.loads(line)
            if "return" in answer or "error" in answer:
                return answer
    except OSError:
        pass
    sys.exit("qmp: the guest has ended")


def await_line(console, line, until):
    wanted = re.compile(line)
    while time.monotonic() < until:
        with open(console, encoding="utf-8", errors="replace") as log:
            if any(wanted.search(text) for text in log):
                return
        time.sleep(0.1)
    sys.exit(f"qmp: the guest never said {line}")


def count(channel, device, statistic):
    answer = command(channel, '{"execute":"query-blockstats"}')
    return next(drive["stats"][statistic] for drive in answer["return"] if drive["device"] == device)


def await_count(channel, device, statistic, more, until):
    first = count(channel, device, statistic)
    while time.monotonic() < until:
        if count(channel, device, statistic) >= first + more:
            return
        time.sleep(0.1)
    sys.exit(f"qmp: {device} never did {more} {statistic}")


def await_shutdown(channel, until):
    while time.monotonic() < until:
        answer = command(channel, '{"execute":"query-status"}')
        if answer["return"]["status"] in ("shutdown", "guest-panicked"):
            return
        time.sleep(0.1)
    sys.exit("qmp: the guest did not switch itself off")


def save_writes(channel, path):
    with open(path, "w", encoding="utf-8") as out:
        for drive in command(channel, '{"execute":"query-blockstats"}')["return"]:
            stats = drive["stats"]
            operations = stats["wr_operations"] + stats["unmap_operations"] + stats["failed_wr_operations"]
            print(drive.get("device") or drive.get("node-name"), operations, stats["wr_bytes"] + stats["unmap_bytes"], file=out)


def main(path, console, *steps):
    until = time.monotonic() + LIMIT_S
    channel = connect(path, until)
    channel.readline()
    command(channel, '{"execute":"qmp_capabilities"}')
    for step in steps:
        word, _, rest = step.partition(" ")
        if word == "await":
            await_line(console, rest, until)
        elif step == "shutdown":
            await_shutdown(channel, until)
        elif word == "writes":
            save_writes(channel, rest)
        elif word == "sleep":
            time.sleep(float(rest))
        elif word == "count":
            device, statistic, more = rest.split()
            await_count(channel, device, statistic, int(more), until)
        else:
            print(step, command(channel, step), flush=True)


main(*sys.argv[1:])
