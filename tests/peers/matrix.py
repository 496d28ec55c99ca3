#!/usr/bin/env python3
"""matrix.py - the cells of net-matrix.sh.

A cell runs one test between our program and a stock one and compares what the two ends printed of it, for each way ("out" is from the
client to the server, "back" the other): bytes and counts must be equal, rates within 1 %, jitter as printed. Each comparison has its
twin: with a wrong value of theirs it must refuse. A rate (not a count) may be tried three times, because the two ends' clocks
start and stop at different moments of the same test and a busy machine stretches them; so may what a stock server mixes up.
"""
import json
import re
import sys
import time

from lanes import ASSAY, FAR, NEAR, PIECE, Lane, Program, await_listener, records, side_by_side

TOOLS = ["iperf 2.1.8", "iperf 2.2.1", "iperf3 3.12", "iperf3 3.18"]
WAYS = ["one way", "in turn", "both", "-P 4"]
OPTION = {("iperf", "in turn"): ["-r", "-L", "5002"], ("iperf", "both"): ["-d", "-L", "5002"], ("iperf3", "in turn"): ["-R"],
          ("iperf3", "both"): ["--bidir"], ("iperf", "-P 4"): ["-P", "4"], ("iperf3", "-P 4"): ["-P", "4"]}
TCP_SECONDS, UDP_SECONDS, UDP_RATE = 2, 1, 4000000


class Cell:
    def __init__(self, role, tool, protocol, way):
        self.role, self.tool, self.protocol, self.way = role, tool, protocol, way
        self.family, self.version = tool.split()
        self.program = f"{PIECE}/{self.family}-{self.version}"
        self.udp = protocol == "UDP"
        self.seconds = UDP_SECONDS if self.udp else TCP_SECONDS
        self.port = 5201 if self.family == "iperf3" else 5001  # towards which the client goes
        self.partner = FAR  # from which a client comes
        self.damage = 0  # bytes that the path took or added between the two ends
        self.ours, self.theirs, self.said = {}, {}, ""

    def ways(self):
        return ["out", "back"] if self.way == "both" or (self.way == "in turn" and self.family == "iperf") else [
            "back" if self.way == "in turn" else "out"]

    def mixes(self):
        """Where a stock tool's own two numbers may differ. iperf 2's servers may take the first datagrams of one of -P's streams for
        another's. iperf3's client prints as total what was sent when datagrams were still under way at the end. 3.18's server still
        sends while it tells its result, and prints a block less or more than it told."""
        if self.family == "iperf":
            return self.udp and self.role == "client" and self.way == "-P 4"
        return self.way in ("in turn", "both") and (self.udp or self.version == "3.18")

    def header(self, way):
        """Bytes that stock iperf 2 counts and we do not: the client's header, which it takes for data. Of ours, without a request, it
        reads the four bytes of the flags first; 2.1.8's own has 60 bytes, 2.2.1's 64. The way back has none."""
        if self.udp or self.family == "iperf3" or way == "back":
            return self.damage
        each = {"2.1.8": 60, "2.2.1": 64}[self.version] if self.role == "server" else 24 if len(self.ways()) == 2 else 20
        return each * (4 if self.way == "-P 4" else 1)


# ---- iperf 2's text, with -f b: bytes and bit/s in full

ROW = re.compile(r"^\[ *(\*?)(\d+)\] +[\d.]+- *([\d.]+) sec +(\d+) Bytes +(\d+) bits/sec(?: +([\d.]+) ms +(\d+)/ *(\d+))?")
LATE = re.compile(r"^\[ *(\*?)(\d+)\] .* (\d+) datagrams received out-of-order")


def iperf2_rows(text, back_port):
    """way -> sums over its streams; of UDP the receiver's report where there is one."""
    back, reports, report_next, late = set(), {}, set(), {}
    for line in text.splitlines():
        connected = re.match(r"\[ *\*?(\d+)\] local .* port (\d+) connected with .* port (\d+)", line)
        if connected and back_port in connected.groups()[1:]:
            back.add(connected[1])
        asked = re.match(r"\[ *(\d+)\] Server Report", line)
        if asked:
            report_next.add(asked[1])
        row = ROW.match(line)
        if row and (row[2] not in reports or row[6]):
            reports[row[2]] = row
        if LATE.match(line):
            late[LATE.match(line)[2]] = int(LATE.match(line)[3])
    found = {}
    for name in ("out", "back"):
        rows = [row for stream, row in reports.items() if (stream in back) == (name == "back")]
        if rows:
            found[name] = sum_rows(rows)
            found[name]["order"] = sum(late.get(row[2], 0) for row in rows)
    return found


def sum_rows(rows):
    total = {"streams": len(rows), "bytes": sum(int(row[4]) for row in rows)}
    total["mbit"] = sum(int(row[5]) for row in rows) / 1e6
    if all(row[6] for row in rows):
        total.update(lost=sum(int(row[7]) for row in rows), total=sum(int(row[8]) for row in rows), jitter=max(float(row[6]) for row in rows))
    return total


# ---- our two ends

def our_metrics(cell, text):
    metrics, outcome, _, words = records(text)
    if outcome != "ok":
        cell.said = f"assay ended {outcome}: {words}"
        return {}
    found = {}
    for way, prefix in (("out", "outgoing"), ("back", "incoming")):
        if prefix + "_bytes" not in metrics:
            continue
        found[way] = {"bytes": metrics[prefix + "_bytes"], "mbit": metrics[prefix]}
    if cell.udp and "out" in found and "lost" in metrics:
        # What their reports say arrived.
        found["out"]["bytes"] -= round(metrics["missing"] * metrics["outgoing_bytes"] / metrics["sent_datagrams"])
        found["out"].update(mbit=metrics["received"], lost=metrics["lost"], total=metrics["datagrams"], order=metrics["out_of_order"],
                            jitter=metrics["jitter"], sent=metrics["sent_datagrams"])
    if cell.udp and "back" in found:
        found["back"].update(lost=metrics["incoming_lost"], total=metrics["incoming_datagrams"], jitter=metrics["incoming_jitter"],
                             order=metrics["incoming_out_of_order"] + metrics["incoming_duplicates"])
    return found


SERVED = re.compile(r"^(TCP|UDP) (from|to) \S+ port \d+ \((.*)\): (\d+) bytes in [\d.]+ s, ([\d.]+) Mbit/s"
                    r"(?:, lost (\d+)/(\d+), out of order (\d+), jitter ([\d.]+) ms)?", re.M)


def our_lines(text):
    """What `assay peer` said of the tests it served."""
    found = {}
    for way, name in (("from", "out"), ("to", "back")):
        rows = [row for row in SERVED.finditer(text) if row[2] == way]
        if not rows:
            continue
        found[name] = {"streams": len(rows), "bytes": sum(int(row[4]) for row in rows), "mbit": sum(float(row[5]) for row in rows)}
        if all(row[6] for row in rows):
            found[name].update(lost=sum(int(row[6]) for row in rows), total=sum(int(row[7]) for row in rows),
                               order=sum(int(row[8]) for row in rows), jitter=max(float(row[9]) for row in rows))
    return found


# ---- one test with iperf 2

def run_our_client(cell, lane):
    server = Program(lane.far, cell.program, "-s", "-f", "b", *(["-u"] if cell.udp else []))
    words = {"one way": [], "in turn": ["tradeoff=yes", "listen=5002"], "both": ["dual=yes", "listen=5002"], "-P 4": ["streams=4"]}
    try:
        await_listener(lane.far, "u" if cell.udp else "t", 5001)
        client = Program(lane.near, ASSAY, "run", "net.udp" if cell.udp else "net.tcp", f"target={FAR}", f"seconds={cell.seconds}",
                         f"port={cell.port}", "format=jsonl", *([f"rate={UDP_RATE}"] if cell.udp else []), *words[cell.way])
        client.wait(cell.seconds * 2 + 15)
        server.await_text(ROW.pattern, 4 if cell.way == "-P 4" else len(cell.ways()))
        time.sleep(0.3)
    finally:
        text = server.end()
    return our_metrics(cell, client.text()), iperf2_rows(text, "5002"), client.text() + text


def run_our_server(cell, lane):
    server = Program(lane.near, ASSAY, "peer")
    try:
        await_listener(lane.near, "t", 5001)
        client = Program(lane.far, cell.program, "-c", NEAR, "-p", cell.port, "-t", cell.seconds, "-f", "b",
                         *(["-u", "-b", UDP_RATE] if cell.udp else []), *OPTION.get((cell.family, cell.way), []))
        client.wait(cell.seconds * 2 + 15)
        server.await_text(SERVED.pattern, 4 if cell.way == "-P 4" else len(cell.ways()))
    finally:
        text = server.end()
    return our_lines(text), iperf2_rows(client.text(), "5002"), client.text() + text


# ---- iperf3's JSON: a client knows what either end counted, a server its own end only

SUMS = {"out": ("sum_sent", "sum_received"), "back": ("sum_sent_bidir_reverse", "sum_received_bidir_reverse")}


def iperf3_sums(cell, text):
    try:
        end = json.loads(text[text.index("{"):])["end"]
    except (ValueError, KeyError):
        return {}
    found = {}
    for way in cell.ways():
        names = SUMS["out"] if way == cell.ways()[0] else SUMS["back"]
        numbers = {}
        for kind, name in zip(("sent", "got"), names):
            known = cell.role == "server" or (kind == "sent") == (way == "back")
            if known and name in end:
                numbers[kind + "_bytes"], numbers[kind + "_mbit"] = end[name]["bytes"], end[name]["bits_per_second"] / 1e6
        if way == "back" and len(cell.ways()) == 2 and "got_bytes" in numbers and not cell.udp:
            # With --bidir iperf3 divides what it received itself by the other end's time; its own stands with the stream.
            numbers["got_mbit"] = numbers["got_bytes"] * 8e-6 / end["streams"][-1]["receiver"]["seconds"]
        counts = end.get("sum" if way == cell.ways()[0] else "sum_bidir_reverse")
        if cell.udp and counts and "got_bytes" in numbers:
            numbers.update(lost=counts["lost_packets"], total=counts["packets"], jitter=counts["jitter_ms"])
            if way == "back" or cell.role == "client":  # what they received they saw the order of
                numbers["order"] = sum(stream["udp"].get("out_of_order", 0) for stream in end["streams"])
        found[way] = numbers
    return found


def our_iperf3(cell, text):
    metrics, outcome, _, words = records(text)
    if outcome != "ok":
        cell.said = f"assay ended {outcome}: {words}"
        return {}
    found = {}
    for prefix, counts in (("outgoing", ""), ("incoming", "incoming_")):
        if prefix + "_sent_bytes" not in metrics and prefix + "_bytes" not in metrics:
            continue
        names = {"got_bytes": prefix + "_bytes", "got_mbit": prefix, "sent_bytes": prefix + "_sent_bytes", "sent_mbit": prefix + "_sent"}
        if cell.udp:
            names.update(lost=counts + "lost", total=counts + "datagrams", jitter=counts + "jitter")
        found["out" if (prefix == "outgoing") == (cell.role == "client") else "back"] = way = {
            key: metrics[name] for key, name in names.items() if name in metrics}
        if counts and cell.udp:
            way["order"] = metrics["incoming_out_of_order"] + metrics["incoming_duplicates"]
    return found


def run_iperf3(cell, lane):
    words = {"one way": [], "in turn": ["reverse=yes"], "both": ["bidir=yes"], "-P 4": ["streams=4"]}[cell.way]
    ours = [ASSAY, "run", "net.iperf3", f"seconds={cell.seconds}", "format=jsonl", "connect_timeout=10"]
    if cell.role == "client":
        server = Program(lane.far, cell.program, "-s", "-1", "-J", "-p", 5201)
        await_listener(lane.far, "t", 5201)
        client = Program(lane.near, *ours, f"target={FAR}", f"port={cell.port}", *words,
                         *(["udp=yes", f"rate={UDP_RATE}"] if cell.udp else []))
    else:
        server = Program(lane.near, *ours, "role=server", f"target={cell.partner}")
        await_listener(lane.near, "t", 5201)
        client = Program(lane.far, cell.program, "-c", NEAR, "-p", cell.port, "-t", cell.seconds, "-J",
                         *(["-u", "-b", UDP_RATE] if cell.udp else []), *OPTION.get((cell.family, cell.way), []))
    client.wait(cell.seconds + 15)
    server.wait(5)
    our, their = (client, server) if cell.role == "client" else (server, client)
    return our_iperf3(cell, our.text()), iperf3_sums(cell, their.text()), our.text() + their.text()


# ---- comparing

def equal(ours, theirs, slack):
    return abs(ours - theirs) <= slack


def near(ours, theirs, percent):
    return theirs > 0 and abs(ours - theirs) <= theirs * percent / 100


def comparisons(cell, way):
    """(key, how, slack): of what both ends have."""
    if cell.family == "iperf":
        yield "bytes", equal, 0
        yield "mbit", near, 1
    for end in ("sent", "got"):
        if f"{end}_bytes" in cell.theirs[way]:
            yield f"{end}_bytes", equal, 0
            yield f"{end}_mbit", near, 1
    if cell.udp and cell.family == "iperf3" and "got_bytes" not in cell.theirs[way]:
        return
    if cell.udp:
        for key in ("total", "lost", "order"):
            if key != "order" or cell.family == "iperf" or "order" in cell.theirs[way] and "order" in cell.ours[way]:
                yield key, equal, 0
        # 2.2.1's client prints 0.000 whatever the report says, its server the mean of the estimates instead of the last one.
        if cell.version != "2.2.1":
            yield "jitter", equal, 0.0011


def agrees(ours, theirs, how, slack):
    """And the twin: the same comparison with a wrong value of theirs refuses."""
    if how(ours, theirs * 1.5 + 10 * slack + 1, slack):
        raise RuntimeError(f"{how.__name__} accepts a wrong value for {ours}")
    return how(ours, theirs, slack)


def judge(cell):
    """What does not agree; empty when all does."""
    bad = []
    for way in cell.ways():
        ours, theirs = cell.ours.get(way), cell.theirs.get(way)
        if not ours or not theirs:
            bad.append(f"{way}: nothing reported by {'us' if not ours else 'them'}")
            continue
        for key, how, slack in comparisons(cell, way):
            if key not in ours or key not in theirs:
                bad.append(f"{way} {key} is missing")
            elif not agrees(ours[key] + (cell.header(way) if key in ("bytes", "got_bytes") else 0), theirs[key], how, slack):
                bad.append(f"{way} {key}")
        if "sent" in ours and not agrees(ours["sent"], theirs["total"], equal, 0):
            bad.append(f"{way}: we sent {ours['sent']}")
    return bad


def run_once(cell, lane):
    if cell.family == "iperf3":
        return run_iperf3(cell, lane)
    return (run_our_client if cell.role == "client" else run_our_server)(cell, lane)


def measure(cell):
    def run(lane):
        for _ in range(3):
            cell.ours, cell.theirs, cell.text = run_once(cell, lane)
            cell.bad = judge(cell)
            if not cell.bad or (any(not word.endswith("mbit") for word in cell.bad) and not cell.mixes()):
                break
        return cell
    return run


def show(cell):
    def numbers(end, way):
        what = next(kind for kind in ("", "got_", "sent_") if kind + "bytes" in cell.theirs.get(way, end))
        words = f"{end[what + 'bytes']:>10.0f} B {end[what + 'mbit']:8.3f}"
        if "total" in end and what != "sent_":
            words += f" {end['lost']:.0f}/{end['total']:.0f} {end.get('order', '-')} {end['jitter']:.3f}"
        return words

    option = cell.way if cell.way == "-P 4" else OPTION.get((cell.family, cell.way), ["plain"])[0]
    name = f"our {cell.role:<6} {cell.tool:<11} {cell.protocol} {option:<7}"
    for way in cell.ways():
        ours, theirs = cell.ours.get(way), cell.theirs.get(way)
        print(f"{name} {way:<4} | {numbers(ours, way) if ours else 'nothing':<40} | {numbers(theirs, way) if theirs else 'nothing':<40} | "
              f"{'ok' if not cell.bad else 'NOT OK: ' + ', '.join(cell.bad)}")
        name = " " * len(name)
    if cell.bad:
        said = [line[:160] for line in (cell.said + "\n" + cell.text).splitlines() if line and line[0] not in '{}\t-']
        print("    " + "\n    ".join(said[:40]))


HEADING = (f"way: out is from the client to the server. Each end: bytes, Mbit/s; of UDP lost/all, out of order, jitter in ms.\n"
           f"{'cell':<40} | {'our end':<40} | {'the stock end':<40} |")


def pairs():
    return [(role, tool) for role in ("client", "server") for tool in TOOLS]


def main():
    cells = [Cell(role, tool, protocol, way) for role, tool in pairs() for protocol in ("TCP", "UDP") for way in WAYS]
    lanes = [Lane(number, "1gbit") for number in range(8)]
    try:
        side_by_side(lanes[:3], [measure(cell) for cell in cells if not cell.udp])
        side_by_side(lanes, [measure(cell) for cell in cells if cell.udp])
    finally:
        for lane in lanes:
            lane.end()
    print(HEADING)
    for cell in cells:
        show(cell)
    bad = sum(bool(cell.bad) for cell in cells)
    print(f"{len(cells) - bad} of {len(cells)} cells agree")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
