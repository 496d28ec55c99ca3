#!/usr/bin/env python3
"""faults.py HOSTILE - the cases of net-faults.sh: a table of them, and what each ended in.

Every case runs one benchmark (or `assay peer`) in a lane of its own while something goes wrong, and asks four things: did it end in its
time, in the outcome that is expected, with the metric that was measured by then, and does the next step (a ping of the same
partner) run? A case without its fault is its twin: the benchmarks' own controls are the first rows.
"""
import re
import subprocess
import sys
import time

from lanes import ASSAY, FAR, NEAR, PIECE, Lane, Program, await_listener, records, side_by_side

HOSTILE = [sys.executable, sys.argv[1]]
NOBODY, NO_ROUTE, NO_NAME = "198.18.0.77", "203.0.113.9", "no-such-name.invalid"
IPERF = f"{PIECE}/iperf-2.1.8"


class Case:
    """bench with words while: `serve`, a mode of hostile.py, or `stock`, a stock server, is the partner; `taken`, a port of ours that
    somebody holds; `during`, actions at seconds after the start; `attack`, modes against our server, and then `client`, a stock
    client, from the far end. Expected: `outcome`, in `most` seconds, with `kept`, a metric above zero."""

    after = "ok"

    def __init__(self, bench, what, words="", target=FAR, serve=None, stock=None, taken=None, during=(), attack=(), client=None,
                 outcome="error", most=8, kept=None, port=5001):
        self.bench, self.what, self.words, self.target = bench, what, words.split(), target
        self.serve, self.stock, self.taken, self.during, self.attack, self.client = serve, stock, taken, during, attack, client
        self.outcome, self.most, self.kept, self.port = outcome, most, kept, port


# ---- the cases

def unreachable(bench, words, most, listener=True):
    yield Case(bench, "no route", words, NO_ROUTE, most=most)
    yield Case(bench, "unknown name", words, NO_NAME, most=30)
    yield Case(bench, "nobody at that address", words, NOBODY, most=most + 4)
    if listener:
        yield Case(bench, "nobody listens", words, most=most)


def tcp_cases():
    words, stock, kept = "seconds=2 connect_timeout=1", [IPERF, "-s"], "outgoing_bytes"
    yield Case("net.tcp", "(control: nothing wrong)", words, stock=stock, outcome="ok", kept=kept)
    yield from unreachable("net.tcp", words, 4)
    for mode, what in (("reset", "resets at once"), ("close", "closes at once")):
        yield Case("net.tcp", what, words, serve=mode)
    for mode, what in (("reset_late", "resets in the middle"), ("close_late", "closes in the middle")):
        yield Case("net.tcp", what, words, serve=mode, kept=kept)
    yield Case("net.tcp", "accepts and never reads", words, serve="stall", most=16)
    yield Case("net.tcp", "stops reading in the middle", words, serve="stall_late", most=16, kept=kept)
    yield Case("net.tcp", "answers garbage", words, serve="garbage", outcome="any", most=16)
    yield Case("net.tcp", "killed in the middle", words, stock=stock, during=[(1, "kill")], kept=kept)
    yield Case("net.tcp", "stopped (SIGSTOP) in the middle", words, stock=stock, during=[(1, "stop")], most=16, kept=kept)
    yield Case("net.tcp", "gone from the wire in the middle", words, stock=stock, during=[(1, "far down")], most=16, kept=kept)
    yield Case("net.tcp", "our link down and up", "seconds=4 connect_timeout=1", stock=stock, during=[(1, "down"), (2, "up")],
               outcome="ok", most=12, kept=kept)
    yield Case("net.tcp", "its link down and up", "seconds=4 connect_timeout=1", stock=stock, during=[(1, "far down"), (2, "far up")],
               outcome="ok", most=12, kept=kept)
    yield Case("net.tcp", "-r: the way back never comes", words + " tradeoff=yes listen=5002", serve="drain", most=16, kept=kept)
    yield Case("net.tcp", "-d: the way back never comes", words + " dual=yes listen=5002", serve="drain", most=16, kept=kept)
    yield Case("net.tcp", "-r: our port for it is taken", words + " tradeoff=yes listen=5002", stock=stock, taken=5002)


def udp_cases():
    words, stock, kept = "seconds=2 connect_timeout=1", [IPERF, "-s", "-u"], "sent_datagrams"
    yield Case("net.udp", "(control: nothing wrong)", words, stock=stock, outcome="ok", kept="received")
    # Of an address without a machine a sender of datagrams learns only when it asks for long enough (ARP: 3 s).
    for case in unreachable("net.udp", words, 4):
        case.outcome = "any" if case.target == NOBODY else case.outcome
        yield case
    yield Case("net.udp", "takes all and never answers", words, serve="silent", outcome="ok", kept=kept)
    yield Case("net.udp", "answers garbage", words, serve="garbage", outcome="ok", kept=kept)
    yield Case("net.udp", "lies in its report", words, serve="liar", outcome="ok", kept=kept)
    yield Case("net.udp", "floods us", words, serve="flood", outcome="ok", kept=kept, most=12)
    yield Case("net.udp", "killed in the middle", words, stock=stock, during=[(1, "kill")], kept=kept)
    yield Case("net.udp", "stopped (SIGSTOP) in the middle", words, stock=stock, during=[(1, "stop")], outcome="ok", kept=kept)
    yield Case("net.udp", "gone from the wire in the middle", words, stock=stock, during=[(1, "far down")], outcome="any", kept=kept)
    yield Case("net.udp", "our link down and up", "seconds=4 connect_timeout=1", stock=stock, during=[(1, "down"), (2, "up")],
               most=12, kept="sent_datagrams")
    yield Case("net.udp", "its link down and up", "seconds=4 connect_timeout=1", stock=stock, during=[(1, "far down"), (2, "far up")],
               outcome="ok", most=12, kept="received")
    yield Case("net.udp", "nothing gets through for a second", "seconds=4 connect_timeout=1", stock=stock,
               during=[(1, "cut"), (2, "mend")], outcome="ok", most=12, kept="lost")
    yield Case("net.udp", "-r: our port for it is taken", words + " tradeoff=yes listen=5002", stock=stock, taken=5002)


def server_cases():
    for bench, client, attacks in (("net.tcp", [IPERF, "-c", NEAR, "-t", "1"], ["silent", "resets", "garbage", "half", "length"]),
                                   ("net.udp", [IPERF, "-c", NEAR, "-u", "-t", "1"], ["datagrams"])):
        words = "role=server seconds=1 connect_timeout=6"
        yield Case(bench, "role=server: nobody comes", "role=server seconds=1 connect_timeout=1", most=4)
        yield Case(bench, "role=server: port in use", words, taken=5001)
        yield Case(bench, "role=server: its client is killed", words, client=client[:-1] + ["30"], during=[(1.5, "kill client")],
                   outcome="ok" if bench == "net.tcp" else "error", most=30, kept="incoming_bytes")
        yield Case(bench, "role=server: its client vanishes", words, client=client[:-1] + ["30"], during=[(1.5, "far down")],
                   most=30, kept="incoming_bytes")
        for attack in attacks:
            yield Case(bench, f"role=server: flood of {attack}", words, attack=[attack], client=client, outcome="any", most=20,
                       kept="incoming_bytes")


def ping_cases():
    words = "count=10 interval=0.1 timeout=1"
    yield Case("net.ping", "(control: nothing wrong)", words, outcome="ok", kept="received")
    yield from unreachable("net.ping", words, 5, listener=False)
    yield Case("net.ping", "our link down and up", "count=30 interval=0.1 timeout=1", during=[(1, "down"), (2, "up")], outcome="ok",
               kept="received")
    yield Case("net.ping", "its link down and up", "count=30 interval=0.1 timeout=1", during=[(1, "far down"), (2, "far up")],
               outcome="ok", kept="received")
    yield Case("net.ping", "nothing gets through for a second", "count=30 interval=0.1 timeout=1", during=[(1, "cut"), (2, "mend")],
               outcome="ok", kept="loss")


def rr_cases():
    peer = [ASSAY, "peer"]
    for protocol in ("tcp", "udp"):
        words = f"protocol={protocol} seconds=2 connect_timeout=1 stall_timeout=2 reply_timeout=0.5"
        case = lambda what, more="", **rest: Case("net.rr", f"{protocol}: {what}", f"{words} {more}", port=5211, **rest)
        yield case("(control: nothing wrong)", stock=peer, outcome="ok", kept="completed")
        yield case("nobody at that address", target=NOBODY, most=10)
        yield case("nobody listens")
        yield case("killed in the middle", stock=peer, during=[(1, "kill")], kept="completed")
        yield case("stopped (SIGSTOP) in the middle", stock=peer, during=[(1, "stop")], kept="completed", outcome="any")
        yield case("stopped in the middle, open loop", "rate=500 request=16 response=16", stock=peer, during=[(1, "stop")], kept="completed", outcome="any")
        yield case("nothing gets through for a second", "seconds=4", stock=peer, during=[(1, "cut"), (2, "mend")], outcome="ok",
                   kept="completed", most=12)
        for mode in ("reset", "close", "stall", "garbage", "reset_late", "stall_late") if protocol == "tcp" else ("garbage", "flood", "silent"):
            yield case(f"hostile: {mode}", serve=mode)


class Attack(Case):
    """`attack` on a port of `assay peer`, then a stock client that must be served as if nothing had been."""

    def __init__(self, what, attack, port, client, **more):
        super().__init__("assay peer", what, attack=attack, port=port, client=client, outcome="ok", most=12, kept="served", **more)


def peer_cases():
    tcp, udp = [IPERF, "-c", NEAR, "-t", "1", "-f", "b"], [IPERF, "-c", NEAR, "-u", "-t", "1", "-f", "b"]
    rr = [ASSAY, "run", "net.rr", f"target={NEAR}", "seconds=1", "connect_timeout=2", "format=jsonl"]
    for mode in ("silent", "resets", "garbage", "half", "datagrams"):
        yield Attack(f"flood of {mode} on port 5211", [mode], 5211, rr + (["protocol=udp"] if mode == "datagrams" else []))
    for mode, client in (("silent", tcp), ("resets", tcp), ("garbage", tcp), ("half", tcp), ("length", tcp), ("datagrams", udp)):
        yield Attack(f"flood of {mode} on port 5001", [mode], 5001, client)


# ---- one case

def act(lane, action, server, client):
    target = client if action.endswith("client") else server
    if action.startswith("kill"):
        target.process.kill()
    elif action == "stop":
        target.process.send_signal(19)
    elif action == "cut":
        subprocess.run([*lane.far, "nft", "-f", "-"], input=b"table ip t { chain c { type filter hook input priority 0; policy drop; }; }", check=True)
    elif action == "mend":
        lane.run(lane.far, "nft delete table ip t")
    else:
        side, device = (lane.far, "veth1") if action.startswith("far") else (lane.near, "veth0")
        lane.run(side, f"ip link set {device} {action.split()[-1]}")


def start_partner(case, lane):
    if case.serve:
        server = Program(lane.far, *HOSTILE, "serve", case.serve, case.port)
    elif case.stock:
        server = Program(lane.far, *case.stock)
    else:
        return None
    await_listener(lane.far, "u" if "-u" in (case.stock or []) else "t", case.port)
    if case.stock and "peer" in case.stock:
        server.await_text("^serving")
    return server


def come_as_client(case, lane):
    """The far end's attacks on our server, and then the client that it is there for."""
    await_listener(lane.near, "u" if "-u" in case.client else "t", case.port)
    for mode in case.attack:
        Program(lane.far, *HOSTILE, "attack", mode, NEAR, case.port).wait(15)
    return Program(lane.far, *case.client)


def run_attack(case, lane):
    """The stock client's outcome is the case's; the metric is what it sent."""
    peer = Program(lane.near, ASSAY, "peer")
    peer.await_text("^serving")
    start = time.monotonic()
    client = come_as_client(case, lane)
    case.code = client.wait(case.most)
    case.took = time.monotonic() - start
    alive = peer.process.poll() is None
    sizes = [int(size) for size in re.findall(r" (\d+) Bytes ", client.text())]
    case.metrics, case.verdicts = {"served": max(sizes, default=records(client.text())[0].get("completed", 0))}, []
    case.said = "" if alive else "the peer is gone"
    case.got = "ok" if alive and case.code == 0 else "error"
    peer.end()
    if peer.process.returncode:
        case.got, case.said = "error", f"the peer ended with {peer.process.returncode}"
    judge(case)
    return case


def run_case(case):
    def run(lane):
        if isinstance(case, Attack):
            return run_attack(case, lane)
        holder = Program(lane.near, *HOSTILE, "serve", "stall", case.taken) if case.taken else None
        if holder:
            await_listener(lane.near, "t", case.taken)
        server, client = start_partner(case, lane), None
        start = time.monotonic()
        ours = Program(lane.near, ASSAY, "run", case.bench, f"target={case.target}", "format=jsonl", *case.words,
                       *([f"port={case.port}"] if case.port != 5001 else []))
        if case.client:
            client = come_as_client(case, lane)
        for at, action in case.during:
            time.sleep(max(0, start + at - time.monotonic()))
            act(lane, action, server, client)
        case.code = ours.wait(case.most + 5 - (time.monotonic() - start))
        case.took = time.monotonic() - start
        case.metrics, case.got, case.verdicts, case.said = records(ours.text())
        for program in (holder, server, client):
            if program:
                program.process.kill()
                program.process.wait()
        for side, device in ((lane.near, "veth0"), (lane.far, "veth1")):
            lane.run(side, f"ip link set {device} up")
        time.sleep(0.1)
        after = Program(lane.near, ASSAY, "run", "net.ping", f"target={FAR}", "count=3", "interval=0.2", "timeout=2", "format=jsonl")
        after.wait(10)
        case.after = records(after.text())[1]
        judge(case)
        return case
    return run


def judge(case):
    case.bad = []
    if case.took > case.most:
        case.bad.append("too late")
    if case.got is None or case.outcome not in ("any", case.got):
        case.bad.append(f"want {case.outcome}")
    if (case.got == "ok") != (case.code == 0):
        case.bad.append(f"exit code {case.code}")
    if case.got not in ("ok", None) and not case.said:
        case.bad.append("without a word")
    if case.kept and not case.metrics.get(case.kept, 0) > 0:
        case.bad.append(f"{case.kept} not kept")
    if case.after != "ok":
        case.bad.append(f"next step: {case.after}")


def show(case):
    kept = f"{case.kept} {case.metrics.get(case.kept, 0):.10g}" if case.kept else ""
    words = case.said.replace(f"{case.bench}: {case.got}: ", "") or " ".join(case.verdicts)
    print(f"{case.bench:<16} {case.what:<38} {str(case.got):<8} {case.took:5.1f} of {case.most:>2} s  {kept:<28} "
          f"{'ok' if not case.bad else 'NOT OK: ' + ', '.join(case.bad)} | {words}")


def main():
    cases = [*tcp_cases(), *udp_cases(), *server_cases(), *ping_cases(), *rr_cases(), *peer_cases()]
    # What sends as fast as it can is held to a rate; the queue that does it would keep slow datagrams over an outage.
    fast = [case for case in cases if case.bench in ("net.tcp", "net.iperf3", "net.load_latency", "assay peer")]
    lanes = [Lane(number, "1gbit" if number < 4 else None) for number in range(12)]
    try:
        slow = [case for case in cases if case not in fast]
        for some, of in ((lanes[:4], fast), (lanes[4:], slow)):
            side_by_side(some, [run_case(case) for case in sorted(of, key=lambda case: -case.most)])
    finally:
        for lane in lanes:
            lane.end()
    for case in cases:
        show(case)
    bad = sum(bool(case.bad) for case in cases)
    print(f"{len(cases) - bad} of {len(cases)} cases ended as they should")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
