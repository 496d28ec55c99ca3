"""bounded.py DIR: exact-1, bounded and exact-2 (.jsonl, .time) beside each other: what bounded.sh prints."""
import json
import statistics
import sys

LIMIT = 0.15  # or exact mode's own spread between its two runs, if that is larger


def journal(path):
    """{(metric, file KiB, record KiB): KiB/s} of a journal."""
    rates = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            found = json.loads(line).get("testStepArtifact", {}).get("measurement")
            if found and found["unit"] == "KiB/s":
                at = {axis["axis"]: axis["value"] for axis in found["metadata"]["at"]}
                rates[found["name"], at["file"], at["record"]] = found["value"]
    return rates


def seconds(path):
    with open(path, encoding="utf-8") as file:
        return float(file.read())


def percent(values, share):
    values = sorted(values)
    return 100 * values[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


def print_group(title, rows):
    """rows: (key, deviation, spread)."""
    within = sum(deviation <= max(LIMIT, spread) for _, deviation, spread in rows)
    deviations, spreads = [row[1] for row in rows], [row[2] for row in rows]
    print(f"{title:18}{len(rows):7}{percent(deviations, 0.5):9.1f}{percent(deviations, 0.95):9.1f}"
          f"{percent(spreads, 0.5):9.1f}{percent(spreads, 0.95):9.1f}{100 * within / len(rows):9.1f}")


def main(folder):
    names = ("exact-1", "bounded", "exact-2")
    first, bounded, second = (journal(f"{folder}/{name}.jsonl") for name in names)
    times = [seconds(f"{folder}/{name}.time") for name in names]
    common = sorted(key for key in first if key in bounded and key in second)
    rows = []
    for key in common:
        middle = statistics.mean((first[key], second[key]))
        rows.append((key, abs(bounded[key] / middle - 1), abs(first[key] - second[key]) / middle))
    print(f"\nexact {times[0]:.0f} s and {times[2]:.0f} s, bounded {times[1]:.0f} s: {(times[0] + times[2]) / 2 / times[1]:.1f} times faster")
    print(f"figures: exact {len(first)} and {len(second)}, bounded {len(bounded)}, in all three {len(common)}\n")
    if not rows:
        return 1
    print(f"{'deviation, %':18}{'cells':>7}{'median':>9}{'95 %':>9}{'exact 50':>9}{'exact 95':>9}{'within':>9}")
    print_group("all", rows)
    for test in dict.fromkeys(key[0] for key in first):
        print_group(test, [row for row in rows if row[0][0] == test] or rows[:1])
    for size in sorted({key[1] for key in common}):
        print_group(f"{size} KiB", [row for row in rows if row[0][1] == size])
    missed = sorted((row for row in rows if row[1] > max(LIMIT, row[2])), key=lambda row: -row[1])
    print(f"\n{len(missed)} outside the larger of {100 * LIMIT:.0f} % and exact mode's spread; the widest:")
    for key, deviation, spread in missed[:25]:
        print(f"  {key[0]:16}{key[1]:9} x {key[2]:<6} exact {first[key]:10.0f} {second[key]:10.0f} bounded {bounded[key]:10.0f}"
              f"  {100 * deviation:.0f} % (spread {100 * spread:.0f} %)")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
