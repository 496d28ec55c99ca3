#!/usr/bin/env python3
"""disk.py DIRECTORY - the truth table and the cost table of the storage suite. disk.sh makes DIRECTORY, an ext4 on a loop device,
and says by environment how it is throttled. TABLES chooses some of the parts by name.

Every figure is measured interleaved, A B B A, ROUNDS times: what else the machine does meets all alike. Where the disk limits, a ratio
is of medians; where program and kernel do, of the best runs, since interference only ever slows those. The noise is how far runs of
the same program lie apart. "within 5 %" and "not slower" (2 %) inform: they change no exit code.
"""
import json
import os
import subprocess
import sys

HERE = sys.argv[1]
ASSAY, IOZONE, PREAD = os.environ["ASSAY"], os.environ["IOZONE"], os.environ["PREAD_LOOP"]
ROUNDS, SIZE, RATE, CACHED = (int(os.environ[name]) for name in ("ROUNDS", "SIZE", "RATE", "CACHED"))
NUMBER, THROTTLE, MEMORY, RAW = (os.environ[name] for name in ("NUMBER", "THROTTLE", "MEMORY", "RAW"))
LIMIT = 600
failures = []


# ---- running: in the root of blkio, where write-back is throttled, and in a memory group of our own when the cache is to be small


def write_file(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def throttle(rate, memory_mib):
    """Both ways, and little that waits to be written: a whole file of it would come as one surprise at the first fsync."""
    for name, value in (("max_bytes", rate * 1000000 // 8) if rate else ("max_ratio", 100), ("strict_limit", int(bool(rate)))):
        if os.path.exists(f"/sys/class/bdi/{NUMBER}/{name}"):  # max_bytes: Linux 6.2
            write_file(f"/sys/class/bdi/{NUMBER}/{name}", str(value))
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

BONNIE = {"putc": 9, "put_block": 11, "rewrite": 13, "getc": 15, "get_block": 17, "seeks": 19, "seq_create": 26, "seq_stat": 28,
          "seq_del": 30, "ran_create": 32, "ran_stat": 34, "ran_del": 36}
CHUNK, SEEKS = 8192, 16384


def bonnie_csv(text):
    fields = [line for line in text.splitlines() if line.startswith("1.98,")][-1].split(",")
    found = {name: float(fields[at]) for name, at in BONNIE.items() if fields[at] and fields[at][0] != "+"}
    # Bytes by CPU time, which a machine that is busy otherwise slows less. Not of the seeks: 2.00a counts their CPU once a thread.
    for name in ("putc", "put_block", "rewrite", "getc", "get_block"):
        if name in found and fields[BONNIE[name] + 1] not in ("0", "+++"):
            found[f"{name} per CPU s"] = found[name] * 100 / float(fields[BONNIE[name] + 1])
    return found


def bonnie_stock(size, files):
    return lambda: bonnie_csv(output(["bonnie++", "-q", "-d", HERE, "-s", f"{size}:{CHUNK}:{SEEKS}", "-r", "0", "-n", str(files), "-u", "root", "-m", "b"]))


def bonnie_ours(size, files):
    return lambda: bonnie_csv(output([ASSAY, "run", "file.bonnie", f"target={HERE}", f"size={size}m", f"files={files}", f"seeks={SEEKS}", "ram=0",
                                      "pattern=stock"]))


def bonnie_mb(name, value):
    """What the disk moved one way: MB/s of a figure in KiB/s or seeks/s; of files and single bytes it is not what limits."""
    if name in ("put_block", "rewrite", "get_block"):
        return value * 1024 / 1e6
    return value * CHUNK / 1e6 if name == "seeks" else 0


# ---- iozone and file.iozone: both print the same -R report


def iozone_report(text, column=-1):
    found, title = {}, ""
    for line in text.splitlines():
        words = line.replace('"', "").split()
        if line.endswith(' report"'):
            title = " ".join(words[:-1])
        elif title and line.startswith('"') and len(words) > 1:
            found[title] = float(words[column])
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
        f"max_record={record}k", chosen, "pattern=stock", "mode=exact", *more]))


def iozone_bounded(size):
    """The 4 KiB column of a surface of two record sizes: the larger one lays the file out."""
    return lambda: iozone_report(output([ASSAY, "run", "file.iozone", f"target={HERE}", f"files={size}m", "records=4k,1m", "tests=0,1",
                                         "pattern=stock", "mode=bounded"]), 1)


def iozone_mb(_, value):
    return value * 1024 / 1e6


# ---- interleaved measurement and tables


def median(values):
    values = sorted(values)
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def interleave(contenders, rounds):
    """name -> figure -> values; forth and back, so often."""
    results = {name: {} for name in contenders}
    for _ in range(rounds):
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


def ratio_of(mine, theirs, by_disk):
    of = median if by_disk else max
    return of(mine) / of(theirs)


def verdict(ratio, by_disk):
    if by_disk:
        return "within 5 %" if abs(ratio - 1) <= 0.05 else f"off by {abs(ratio - 1) * 100:.0f} %"
    return "not slower" if ratio >= 0.98 else f"slower by {(1 - ratio) * 100:.0f} %"


def compare(title, unit, ours, stock, megabytes, limit=0, rounds=ROUNDS):
    """limit: of the disk, in the megabytes that a figure means; 0: none."""
    results = interleave({"ours": ours, "stock": stock}, rounds)
    print(f"\n{title}; A B B A, {rounds} time(s); {unit}\n  {'':<18} {'ours':>11} {'stock':>11} {'ratio':>7} {'noise':>7}  limited by")
    for figure, mine in results["ours"].items():
        theirs = results["stock"].get(figure)
        if not theirs:
            print(f"  {figure:<18} {median(mine):11.0f} {'-':>11}")
            continue
        by_disk = 0.7 * limit < megabytes(figure, median(theirs)) < 1.3 * limit
        ratio = ratio_of(mine, theirs, by_disk)
        noise = 100 * max(spread(mine), spread(theirs))
        print(f"  {figure:<18} {median(mine):11.0f} {median(theirs):11.0f} {ratio:7.3f} {noise:6.1f}%  "
              f"{'disk   ' if by_disk else 'harness'}     {verdict(ratio, by_disk)}", flush=True)


def cost_row(what, mine, theirs, target, of=max):
    if not mine or not theirs:
        return
    ratio = of(mine) / of(theirs)
    print(f"  {what:<60} {ratio:6.2f}   target >= {target}   {'met' if ratio >= target else 'not met'}", flush=True)


# ---- the truth table


def where():
    throttle(RATE, SIZE // 8)
    return f"{SIZE} MiB, throttled to {RATE} MB/s, {SIZE // 8} MiB of memory"


def disk_bonnie():
    compare(f"bonnie++ 2.00a, {where()}", "KiB/s, or /s", bonnie_ours(SIZE, 1), bonnie_stock(SIZE, 1), bonnie_mb, RATE)


def disk_iozone():
    compare(f"iozone 3.489 -e, records of 64 KiB, {where()}", "KiB/s",
            iozone_ours(SIZE, 64, TESTS, "flush=yes"), iozone_stock(SIZE, 64, TESTS, "-e"), iozone_mb, RATE)


def disk_direct():
    compare(f"iozone 3.489 -I, records of 64 KiB, {where()}", "KiB/s",
            iozone_ours(SIZE, 64, (0, 1, 2), "direct=yes"), iozone_stock(SIZE, 64, (0, 1, 2), "-I"), iozone_mb, RATE)


def cache_bonnie():
    throttle(0, 0)
    compare(f"bonnie++ 2.00a, {CACHED} MiB in the page cache", "KiB/s, or /s", bonnie_ours(CACHED, 16), bonnie_stock(CACHED, 16), bonnie_mb)


def cache_iozone():
    throttle(0, 0)
    for record in (4, 64):
        compare(f"iozone 3.489, 256 MiB in records of {record} KiB in the page cache", "KiB/s",
                iozone_ours(256, record, TESTS), iozone_stock(256, record, TESTS), iozone_mb, rounds=3 * ROUNDS)


# ---- the cost table


def pread_loop(size, layout):
    return lambda: {"Re-Reader": float(output([PREAD, f"{HERE}/loop", str(size << 20), "4096", str(layout)]))}


def cost_reread():
    """iozone and exact mode do the same calls on a file written in the records it is read in. Bounded mode lays a file out once for all
    records, in records of up to 1 MiB, and from Linux 6.16 on an ext4 keeps such a file in large folios: a read finds its page with less
    work. That is the file's state, not the harness: iozone would gain as much on such a file. Medians of many runs: which memory a
    file's pages got makes one file's figure a tenth better than another's, as long as it is there."""
    throttle(0, 0)
    size, rounds = 512, 5 * ROUNDS
    results = interleave({
        "file.iozone mode=exact": iozone_ours(size, 4, (0, 1)),
        "iozone 3.489": iozone_stock(size, 4, (0, 1)),
        "pread loop": pread_loop(size, 4096),
        "file.iozone mode=bounded": iozone_bounded(size),
        "pread loop, file written in MiB": pread_loop(size, 1 << 20),
    }, rounds)
    print(f"\nre-read of {size} MiB from the page cache in records of 4 KiB, KiB/s, medians of {2 * rounds} runs, there and back")
    rates = {name: found.get("Re-Reader", []) for name, found in results.items()}
    for name, values in rates.items():
        if values:
            print(f"  {name:<40} {median(values):11.0f} {4e9 / median(values):7.0f} ns each   noise {100 * spread(values):.1f}%")
    exact, stock, bare, bounded, bare_large = rates.values()
    cost_row("mode=exact / iozone, whose calls it does", exact, stock, 1.3, median)
    cost_row("mode=exact / a bare pread loop", exact, bare, 0.95, median)
    cost_row("mode=bounded / iozone", bounded, stock, 1.3, median)
    cost_row("mode=bounded / a bare pread loop over a file written so", bounded, bare_large, 0.95, median)


def fio_reads(depth):
    def run():
        text = output(["fio", "--name=reads", f"--filename={RAW}", "--rw=randread", "--bs=4k", "--ioengine=io_uring", "--fixedbufs",
                       "--registerfiles", "--direct=1", "--randrepeat=0", "--norandommap", f"--iodepth={depth}", "--time_based",
                       "--ramp_time=500ms", f"--runtime={SECONDS}", "--output-format=json"])
        read = json.loads(text[text.index("{"):])["jobs"][0]["read"]
        return {"IOPS": read["iops"], "p50": read["clat_ns"]["percentile"]["50.000000"] / 1e3}
    return run


def our_reads(depth):
    def run():
        found = {}
        for line in output([ASSAY, "run", "disk.latency", f"target=path:{RAW}:{1 << 30}", "records=4k", f"depths={depth}", f"seconds={SECONDS}",
                            "ramp=0.5", "span=0", "precondition=no", "format=jsonl"]).splitlines():
            measurement = json.loads(line).get("testStepArtifact", {}).get("measurement")
            if measurement:
                found[measurement["name"]] = measurement["value"]
        return {"IOPS": found["read_iops"], "p50": found["read_p50"]}
    return run


def cost_uring():
    """Many short runs: at depth 1 the scheduler decides for a whole run whether the loop driver's worker shares the processor."""
    rounds = 4 * ROUNDS
    print(f"\nrandom reads of 4 KiB, O_DIRECT, io_uring, registered file and buffers, of a loop device in memory; {SECONDS} s each, "
          f"A B B A, {rounds} time(s)\n  {'':<22} {'disk.latency':>13} {'fio':>11} {'p50 us':>9} {'fio':>9}  (fio's p50 leaves out submitting)")
    for depth in DEPTHS:
        results = interleave({"disk.latency": our_reads(depth), "fio": fio_reads(depth)}, rounds)
        mine, theirs = results["disk.latency"], results["fio"]
        if mine and theirs:
            print(f"  {f'IOPS at depth {depth}':<22} {max(mine['IOPS']):13.0f} {max(theirs['IOPS']):11.0f} "
                  f"{median(mine['p50']):9.1f} {median(theirs['p50']):9.1f}")
            cost_row(f"disk.latency / fio, depth {depth}", mine["IOPS"], theirs["IOPS"], 0.95)


SECONDS = 1
DEPTHS = (1, 32, 128)
TESTS = (0, 1, 2, 3, 4, 5, 6, 7)
PARTS = {"disk-bonnie": disk_bonnie, "disk-iozone": disk_iozone, "disk-direct": disk_direct, "cache-bonnie": cache_bonnie,
         "cache-iozone": cache_iozone, "reread": cost_reread, "uring": cost_uring}


def main():
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the start")
    for name in os.environ["TABLES"].split() or PARTS:
        if name not in PARTS:
            sys.exit(f"bench-disk: no table {name}: {' '.join(PARTS)}")
        PARTS[name]()
    for line in failures:
        print(f"did not run: {line}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
