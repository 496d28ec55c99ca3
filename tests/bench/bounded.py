"""What bounded.sh asks: which pairs of file and record size exact mode measures, and how the two modes compare.

bounded.py sample SMALL MAX_FILE MAX_RECORD SAMPLE SEED
    a line for each pair: file size (those above SMALL), record size. A sample is stratified: the records, in order, are cut into as many
    even runs as are wanted, and each gives one.
bounded.py report DIR SMALL MAX_FILE MAX_RECORD MEMORY
    the journals (.jsonl) and times (.time, seconds) in DIR: small-N, large-FILE-RECORD-N, bounded; turn-exact-N, turn-bounded-N.
"""
import glob
import json
import os
import random
import statistics
import sys

LIMIT = 0.15  # or exact mode's own spread from run to run, if that is larger
LEAST_FILE, LEAST_RECORD = 64 << 10, 4 << 10
UNITS = {"k": 10, "m": 20, "g": 30}


def bytes_of(text):
    return int(text[:-1]) << UNITS[text[-1].lower()] if text[-1].lower() in UNITS else int(text)


def words_of(size):
    unit = max((unit for unit in UNITS if size % (1 << UNITS[unit]) == 0), key=UNITS.get)
    return f"{size >> UNITS[unit]}{unit}"


def doubled(least, most):
    while least <= most:
        yield least
        least *= 2


def records_of(file, max_record):
    return list(doubled(LEAST_RECORD, min(file, max_record)))


def print_sample(small, max_file, max_record, wanted, seed):
    small, max_file, max_record = map(bytes_of, (small, max_file, max_record))
    counts = {} if wanted == "all" else {bytes_of(size): int(count) for size, count in (item.split(":") for item in wanted.split(","))}
    for file in (size for size in doubled(LEAST_FILE, max_file) if size > small):
        records, chance = records_of(file, max_record), random.Random(f"{seed} {file}")
        count = min(counts.get(file, len(records)), len(records))
        edges = [i * len(records) // count for i in range(count + 1)]
        for i in range(count):
            print(words_of(file), words_of(records[chance.randrange(edges[i], edges[i + 1])]))


def journal(path):
    """{(metric, file KiB, record KiB): KiB/s} of a journal."""
    rates = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            found = json.loads(line).get("testStepArtifact", {}).get("measurement")
            if found and found["unit"] == "KiB/s":
                at = {axis["axis"]: axis["value"] for axis in found["metadata"]["at"]}
                rates[found["name"], int(at["file"]), int(at["record"])] = found["value"]
    return rates


def seconds(path):
    with open(path, encoding="utf-8") as file:
        return float(file.read())


class Exact:
    """Exact mode's runs: what each cell gave, and what they took. Of a pair that was not measured the time is its size's mean."""

    def __init__(self, folder, small, max_file, max_record):
        self.cells, self.sizes = {}, []
        small, max_file, max_record = map(bytes_of, (small, max_file, max_record))
        self.measured, self.projected = self.add_runs(f"{folder}/small-*") or 0, 0
        for file in (size for size in doubled(LEAST_FILE, max_file) if size > small):
            self.add_size(folder, file, records_of(file, max_record))

    def add_size(self, folder, file, records):
        times = [self.add_runs(f"{folder}/large-{words_of(file)}-{words_of(record)}-*") for record in records]
        known = [time for time in times if time is not None]
        self.measured += sum(known)
        self.projected += statistics.mean(known) * (len(times) - len(known)) if known else float("nan")
        self.sizes.append((words_of(file), len(known), len(times), known))

    def add_runs(self, pattern):
        """The mean time of the runs, None when there is none."""
        times = []
        for path in sorted(glob.glob(pattern + ".jsonl")):
            if not os.path.exists(path.replace(".jsonl", ".time")):
                continue
            times.append(seconds(path.replace(".jsonl", ".time")))
            for key, rate in journal(path).items():
                self.cells.setdefault(key, []).append(rate)
        return statistics.mean(times) if times else None


def percent(values, share):
    values = sorted(values)
    return 100 * values[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


def spread_of(rates):
    """From lowest to highest run, as a fraction of the median."""
    return (max(rates) - min(rates)) / statistics.median(rates)


class Row:
    def __init__(self, key, rates, bounded):
        middle = statistics.median(rates)
        self.key, self.rates, self.bounded = key, rates, bounded
        self.deviation, self.spread = bounded / middle - 1, spread_of(rates)
        self.within = abs(self.deviation) <= max(LIMIT, self.spread)


def print_group(title, rows):
    if not rows:
        return
    size = [abs(row.deviation) for row in rows]
    spreads = [row.spread for row in rows]
    print(f"{title:18}{len(rows):7}{percent(size, 0.5):9.1f}{percent(size, 0.95):9.1f}"
          f"{100 * statistics.median(row.deviation for row in rows):9.1f}{percent(spreads, 0.5):9.1f}{percent(spreads, 0.95):9.1f}"
          f"{100 * sum(row.within for row in rows) / len(rows):9.1f}")


def print_groups(rows, memory):
    print(f"{'deviation, %':18}{'cells':>7}{'median':>9}{'95 %':>9}{'bias':>9}{'exact 50':>9}{'exact 95':>9}{'within':>9}")
    print_group("all", rows)
    print_group("below half memory", [row for row in rows if row.key[1] << 10 < memory / 2])
    print_group("about memory", [row for row in rows if memory / 2 <= row.key[1] << 10 <= memory])
    print_group("above memory", [row for row in rows if row.key[1] << 10 > memory])
    for at in (0, 1):
        for value in dict.fromkeys(row.key[at] for row in sorted(rows, key=lambda row: row.key[1])):
            print_group(f"{value}{' KiB' if at else ''}", [row for row in rows if row.key[at] == value])


def own_score(rows):
    """Exact mode judged by the same measure: its first run beside the others, where there are three or more."""
    again = [Row(row.key, row.rates[1:], row.rates[0]) for row in rows if len(row.rates) > 2]
    return 100 * sum(row.within for row in again) / len(again) if again else float("nan")


def print_times(exact, bounded_s):
    total = exact.measured + exact.projected
    print(f"\nexact {exact.measured:.0f} s measured (mean of its runs) + {exact.projected:.0f} s projected = {total:.0f} s; "
          f"bounded {bounded_s:.0f} s measured: {total / bounded_s:.1f} times faster")
    for file, known, pairs, times in exact.sizes:
        if times:
            print(f"  {file}: {known} of {pairs} pairs measured, {min(times):.1f} to {max(times):.1f} s each, mean {statistics.mean(times):.1f} s")


def medians(journals):
    return {key: statistics.median(run[key] for run in journals) for key in journals[0] if all(key in run for run in journals)}


def report_turns(folder, memory):
    """Both modes in turns: median beside median, and each run beside the other mode's median."""
    exact, bounded = ([journal(path) for path in sorted(glob.glob(f"{folder}/turn-{mode}-*.jsonl"))] for mode in ("exact", "bounded"))
    if len(exact) < 3 or len(bounded) < 3:
        return
    middle = medians(bounded)
    rows = [Row(key, [run[key] for run in exact], middle[key]) for key in medians(exact) if key in middle]
    print(f"\nin turns, {len(exact)} runs of exact and {len(bounded)} of bounded mode: median beside median")
    print_groups(rows, bytes_of(memory))
    for name, runs, others in ("bounded", bounded, exact), ("exact", exact, None):
        for i, run in enumerate(runs):
            beside = others or runs[:i] + runs[i + 1:]
            judged = [Row(row.key, [other[row.key] for other in beside], run[row.key]) for row in rows]
            share, off = sum(row.within for row in judged) / len(judged), percent([abs(row.deviation) for row in judged], 0.5)
            print(f"{name} run {i + 1} beside {'exact mode' if others else 'the other exact runs'}: median {off:.1f} %, {100 * share:.1f} % within")


def report(folder, small, max_file, max_record, memory):
    report_turns(folder, memory)
    if not os.path.exists(f"{folder}/bounded.jsonl"):
        return 0
    bounded, exact = journal(f"{folder}/bounded.jsonl"), Exact(folder, small, max_file, max_record)
    print_times(exact, seconds(f"{folder}/bounded.time"))
    rows = [Row(key, rates, bounded[key]) for key, rates in exact.cells.items() if key in bounded and len(rates) > 1]
    print(f"figures: exact {len(exact.cells)}, bounded {len(bounded)}, in both {len(rows)}\n")
    if not rows:
        return 1
    print_groups(rows, bytes_of(memory))
    print(f"\nexact mode's own first run, judged as bounded is (cells of three and more runs): {own_score(rows):.1f} % within")
    missed = sorted((row for row in rows if not row.within), key=lambda row: -abs(row.deviation))
    print(f"{len(missed)} outside the larger of {100 * LIMIT:.0f} % and exact mode's spread:")
    for row in missed:
        print(f"  {row.key[0]:16}{row.key[1]:9} x {row.key[2]:<6} exact {' '.join(f'{rate:.0f}' for rate in row.rates)} bounded {row.bounded:.0f}"
              f"  {100 * row.deviation:+.0f} % (spread {100 * row.spread:.0f} %)")
    return 0


if __name__ == "__main__":
    sys.exit({"sample": print_sample, "report": report}[sys.argv[1]](*sys.argv[2:]))
