#!/usr/bin/env python3
"""disk.py DIRECTORY - the truth table and the cost table of the storage suite. disk.sh makes DIRECTORY, an ext4 on a loop device,
and says by environment how it is throttled. TABLES chooses among them ("disk cache reread uring").

Every figure is measured interleaved, A B B A, ROUNDS times: what else the machine does meets all alike. A ratio is of medians; the
noise is how far runs of the same program lie apart. "within 5 %" and "not slower" inform: they change no exit code.
"""
import json
import os
import subprocess
import sys

HERE = sys.argv[1]
ASSAY, IOZONE, PREAD = os.environ["ASSAY"], os.environ["IOZONE"], os.environ["PREAD_LOOP"]
ROUNDS, SIZE, RATE, CACHED = (int(os.environ[name]) for name in ("ROUNDS", "SIZE", "RATE", "CACHED"))
NUMBER, THROTTLE, MEMORY, RAW = (os.environ[name] for name in ("NUMBER", "THROTTLE", "MEMORY", "RAW"))
TABLES = os.environ.get("TABLES", "disk cache reread uring").split()
LIMIT = 600
failures = []


# ---- running: in the root of blkio, where write-back is throttled, and in a memory group of our own when the cache is to be small


def write_file(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def throttle(rate, memory_mib):
    for way in ("read", "write"):
        write_file(f"{THROTTLE}/blkio.throttle.{way}_bps_device", f"{NUMBER} {rate * 1000000}")
    write_file(f"{MEMORY}/memory.limit_in_bytes", f"{memory_mib}M" if memory_mib else "-1")


def join():
    write_file(f"{THROTTLE}/cgroup.procs", "0")
    write_file(f"{MEMORY}/cgroup.procs", "0")


def output(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=LIMIT,
                          preexec_fn=join, check=False)
    text = done.stdout.decode(errors="replace")
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: exit code {done.returncode}: {(text + done.stderr.decode(errors='replace')).strip()[-300:]}")
    return text


# ---- bonnie++ and file.bonnie: both print the same CSV

BONNIE = {"putc": 9, "put_block": 11, "rewrite": 13, "getc": 15, "get_block": 17, "seeks": 19}
CHUNK = 8192


def bonnie_csv(text):
    fields = [line for line in text.splitlines() if line.startswith("1.98,")][-1].split(",")
    return {name: float(fields[at]) for name, at in BONNIE.items() if fields[at] and fields[at][0] != "+"}


def bonnie_stock(size):
    return lambda: bonnie_csv(output(["bonnie++", "-q", "-d", HERE, "-s", str(size), "-r", "0", "-n", "0", "-u", "root", "-m", "b"]))


def bonnie_ours(size, *more):
    return lambda: bonnie_csv(output([ASSAY, "run", "file.bonnie", f"target={HERE}", f"size={size}m", "ram=0", "pattern=stock", *more]))


def bonnie_mb(name, value):
    """What the disk moved: MB/s of a figure in KiB/s or seeks/s."""
    if name == "seeks":
        return value * CHUNK * 1.1 / 1e6
    return value * 1024 * (2 if name == "rewrite" else 1) / 1e6


# ---- iozone and file.iozone: both print the same -R report


def iozone_report(text):
    found, title = {}, ""
    for line in text.splitlines():
        words = line.replace('"', "").split()
        if line.endswith(' report"'):
            title = " ".join(words[:-1])
        elif title and line.startswith('"') and len(words) > 1:
            found[title] = float(words[-1])
        elif not words:
            title = ""
    if not found:
        raise RuntimeError(f"no report in: {text.strip()[-300:]}")
    return found


def iozone_stock(size, record, tests, *more):
    chosen = [word for test in tests for word in ("-i", str(test))]
    return lambda: iozone_report(output([IOZONE, "-R", "-s", f"{size}m", "-r", f"{record}k", "-f", f"{HERE}/stock", *chosen, *more]))


def iozone_ours(size, record, tests, *more):
    chosen = "tests=" + ",".join(str(test) for test in tests)
    return lambda: iozone_report(output([
        ASSAY, "run", "file.iozone", f"target={HERE}", f"min_file={size}m", f"max_file={size}m", f"min_record={record}k",
        f"max_record={record}k", chosen, "pattern=stock", *more]))


def iozone_mb(_, value):
    return value * 1024 / 1e6


# ---- interleaved measurement and tables


def median(values):
    values = sorted(values)
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def interleave(contenders):
    """name -> figure -> values; forth and back, ROUNDS times."""
    results = {name: {} for name in contenders}
    for _ in range(ROUNDS):
        for name in [*contenders, *reversed(contenders)]:
            try:
                found = contenders[name]()
            except (RuntimeError, KeyError, IndexError, ValueError, subprocess.TimeoutExpired) as error:
                failures.append(f"{name}: {error!r}")
                continue
            for figure, value in found.items():
                results[name].setdefault(figure, []).append(value)
    return results


def spread(values):
    return (max(values) - min(values)) / median(values)


def verdict(ratio, by_disk):
    if by_disk:
        return "within 5 %" if abs(ratio - 1) <= 0.05 else f"off by {abs(ratio - 1) * 100:.0f} %"
    return "not slower" if ratio >= 1 else f"slower by {(1 - ratio) * 100:.0f} %"


def compare(title, unit, ours, stock, megabytes):
    results = interleave({"ours": ours, "stock": stock})
    print(f"\n{title}; A B B A, {ROUNDS} time(s)\n  {'':<18} {'ours':>11} {'stock':>11} {'ratio':>7} {'noise':>7}  limited by  ({unit})")
    for figure, theirs in results["stock"].items():
        mine = results["ours"].get(figure)
        if not mine:
            print(f"  {figure:<18} {'-':>11} {median(theirs):11.0f}          -       -  ours has none")
            continue
        ratio = median(mine) / median(theirs)
        by_disk = bool(RATE) and megabytes(figure, median(theirs)) > 0.8 * RATE and "throttled" in title
        print(f"  {figure:<18} {median(mine):11.0f} {median(theirs):11.0f} {ratio:7.3f} {100 * max(spread(mine), spread(theirs)):6.1f}%  "
              f"{'disk   ' if by_disk else 'harness'}     {verdict(ratio, by_disk)}", flush=True)


def cost_row(what, mine, theirs, target):
    if not mine or not theirs:
        return
    ratio = median(mine) / median(theirs)
    print(f"  {what:<60} {ratio:6.2f}   target >= {target}   {'met' if ratio >= target else 'not met'}", flush=True)


# ---- the truth table


def truth_disk():
    throttle(RATE, SIZE // 4)
    where = f"throttled to {RATE} MB/s, {SIZE // 4} MiB of memory"
    compare(f"bonnie++ 2.00a, {SIZE} MiB, {where}", "KiB/s, seeks/s", bonnie_ours(SIZE), bonnie_stock(SIZE), bonnie_mb)
    compare(f"iozone 3.489 -e, {SIZE} MiB in records of 64 KiB, {where}", "KiB/s",
            iozone_ours(SIZE, 64, TESTS, "flush=yes"), iozone_stock(SIZE, 64, TESTS, "-e"), iozone_mb)
    compare(f"iozone 3.489 -I, {SIZE} MiB in records of 64 KiB, {where}", "KiB/s",
            iozone_ours(SIZE, 64, (0, 1, 2), "direct=yes"), iozone_stock(SIZE, 64, (0, 1, 2), "-I"), iozone_mb)


def truth_cache():
    throttle(0, 0)
    compare(f"bonnie++ 2.00a, {CACHED} MiB in the page cache", "KiB/s, seeks/s", bonnie_ours(CACHED), bonnie_stock(CACHED), bonnie_mb)
    for record in (4, 64):
        compare(f"iozone 3.489, 256 MiB in records of {record} KiB in the page cache", "KiB/s",
                iozone_ours(256, record, TESTS), iozone_stock(256, record, TESTS), iozone_mb)


# ---- the cost table


def pread_loop(size, layout):
    return lambda: {"Re-Reader": float(output([PREAD, f"{HERE}/loop", str(size << 20), "4096", str(layout)]))}


def cost_reread():
    throttle(0, 0)
    size = 512
    results = interleave({
        "file.iozone": iozone_ours(size, 4, (0, 1)),
        "iozone 3.489": iozone_stock(size, 4, (0, 1)),
        "pread loop": pread_loop(size, 4096),
        "pread loop, file written in MiB": pread_loop(size, 1 << 20),
    })
    print(f"\nre-read of {size} MiB from the page cache in records of 4 KiB, KiB/s; there and back, {ROUNDS} time(s)")
    rates = {name: found.get("Re-Reader", []) for name, found in results.items()}
    for name, values in rates.items():
        if values:
            print(f"  {name:<40} {median(values):11.0f} {4e9 / median(values):7.0f} ns each   noise {100 * spread(values):.1f}%")
    cost_row("file.iozone / iozone", rates["file.iozone"], rates["iozone 3.489"], 1.3)
    cost_row("file.iozone / a bare pread loop over such a file", rates["file.iozone"], rates["pread loop"], 0.95)


def fio(depth, seconds):
    def run():
        text = output(["fio", "--name=r", f"--filename={RAW}", "--rw=randread", "--bs=4k", "--ioengine=io_uring", "--fixedbufs",
                       "--registerfiles", "--direct=1", "--randrepeat=0", "--norandommap", f"--iodepth={depth}", "--time_based",
                       f"--runtime={seconds}", "--output-format=json"])
        return {"IOPS": json.loads(text[text.index("{"):])["jobs"][0]["read"]["iops"]}
    return run


TESTS = (0, 1, 2)
PARTS = {"disk": truth_disk, "cache": truth_cache, "reread": cost_reread}


def main():
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the start")
    for name in TABLES:
        if name in PARTS:
            PARTS[name]()
    for line in failures:
        print(f"did not run: {line}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
