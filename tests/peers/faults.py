#!/usr/bin/env python3
"""faults.py HOSTILE - the cases of net-faults.sh: a table of them, and what each ended in.

Every case runs one benchmark (or `assay peer`) in a lane of its own while something goes wrong, and asks four things: did it end in its
time, in the outcome that is expected, with the metric that was measured by then, and does the next step (a ping of the same
partner) run? A case without its fault is its twin: the benchmarks' own controls are the first rows.
"""
import os
import re
import subprocess
import sys
import threading
import time

from lanes import ASSAY, FAR, NEAR, PIECE, Lane, Program, await_listener, records, side_by_side

HOSTILE = [sys.executable, sys.argv[1]]
NOBODY, NO_ROUTE, NO_NAME = "198.18.0.77", "203.0.113.9", "no-such-name.invalid"
IPERF, IPERF3 = f"{PIECE}/iperf-2.1.8", f"{PIECE}/iperf3-3.12"


class Case:
    """bench with words while: `serve`, a mode of hostile.py, or `stock`, a stock server, is the partner; `rival`, a client that
    keeps it busy; `taken`, a port of ours that
    somebody holds; `during`, actions at seconds after the start; `attack`, modes against our server, and then `client`, a stock
    client, from the far end; `second`, one more client and what it must be told. Expected: `outcome`, in `most` seconds, with `kept`, a metric above zero."""

    after, busy = "ok", None

    def __init__(self, bench, what, words="", target=FAR, serve=None, stock=None, rival=None, taken=None, during=(), attack=(), client=None,
                 outcome="error", most=8, kept=None, port=5001, second=None):
        self.bench, self.what, self.words, self.target = bench, what, words.split(), target
        self.serve, self.stock, self.rival, self.taken, self.during, self.attack, self.client = serve, stock, rival, taken, during, attack, client
        self.outcome, self.most, self.kept, self.port = outcome, most, kept, port
        self.second = second


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
    yield from unreachable("net.udp", words, 4)
    yield Case("net.udp", "takes all and never answers", words, serve="silent", kept=kept)
    yield Case("net.udp", "answers garbage", words, serve="garbage", kept=kept)
    yield Case("net.udp", "lies in its report", words, serve="liar", kept=kept)
    yield Case("net.udp", "floods us", words, serve="flood", kept=kept, most=12)
    yield Case("net.udp", "killed in the middle", words, stock=stock, during=[(1, "kill")], kept=kept)
    yield Case("net.udp", "stopped (SIGSTOP) in the middle", words, stock=stock, during=[(1, "stop")], kept=kept)
    yield Case("net.udp", "gone from the wire in the middle", words, stock=stock, during=[(1, "far down")], kept=kept)
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
        yield case("stopped (SIGSTOP) in the middle", stock=peer, during=[(1, "stop")], kept="completed")
        yield case("stopped in the middle, open loop", "rate=500 request=16 response=16", stock=peer, during=[(1, "stop")], kept="completed")
        yield case("nothing gets through for a second", "seconds=4", stock=peer, during=[(1, "cut"), (2, "mend")], outcome="ok",
                   kept="completed", most=12)
        for mode in ("reset", "close", "stall", "garbage", "reset_late", "stall_late") if protocol == "tcp" else ("garbage", "flood", "silent"):
            yield case(f"hostile: {mode}", serve=mode)


def iperf3_cases():
    stock, kept, words = [IPERF3, "-s"], "outgoing_sent_bytes", "seconds=2 connect_timeout=1"

    def case(what, more="", **rest):
        return Case("net.iperf3", what, f"{words} {more}", port=5201, **{"most": 16, **rest})

    yield case("(control: nothing wrong)", stock=stock, outcome="ok", kept=kept)
    yield from unreachable("net.iperf3", words, 4)
    for mode in ("reset", "close", "stall", "garbage", "reset_late", "stall_late", "iperf3_error", "iperf3_error_short", "iperf3_state",
                 "iperf3_no_streams"):
        yield case(f"hostile: {mode}", serve=mode)
    yield case("says that it is busy", serve="iperf3_busy")
    for mode in ("terminates", "length", "length_short", "json", "deep", "absurd"):
        yield case(f"results: {mode}", serve=f"iperf3_{mode}", kept=kept, outcome="any" if mode == "absurd" else "error")
    yield case("busy with another client (stock)", stock=stock, rival=[IPERF3, "-c", FAR, "-t", "6"])
    for more in ("", "udp=yes", "reverse=yes"):
        way = more and f"{more}: "
        kept = "incoming_bytes" if "reverse" in more else "outgoing_sent_bytes"
        yield case(f"{way}killed in the middle", more, stock=stock, during=[(1, "kill")], kept=kept)
        yield case(f"{way}stopped (SIGSTOP) in the middle", more, stock=stock, during=[(1, "stop")], kept=kept, most=30)
        yield case(f"{way}gone from the wire in the middle", more, stock=stock, during=[(1, "far down")], kept=kept, most=30)
        yield case(f"{way}nothing gets through for a second", more + " seconds=4", stock=stock, during=[(1, "cut"), (2, "mend")],
                   outcome="ok", kept=kept)
    server = "role=server connect_timeout=6"
    yield case("role=server: nobody comes", "role=server")
    yield case("role=server: port in use", server, taken=5201)
    client = [IPERF3, "-c", NEAR, "-t"]
    yield case("role=server: its client is killed", server, client=client + ["30"], during=[(1.5, "kill client")], kept="incoming_bytes")
    yield case("role=server: its client vanishes", server, client=client + ["30"], during=[(1.5, "far down")], kept="incoming_bytes",
               most=40)
    yield case("role=server: a second client meanwhile", server, client=client + ["3"], outcome="ok", kept="incoming_bytes",
               second=(client + ["1"], "busy"))
    for attack in ("silent", "resets", "garbage", "iperf3_length", "iperf3_json"):
        yield case(f"role=server: flood of {attack}", server, attack=[attack], client=client + ["1"], outcome="any", most=30)


def search_cases():
    stock, words = [IPERF, "-s", "-u"], "sizes=512 seconds=0.3 maximum=20m repeats=1 connect_timeout=1"
    yield Case("net.search", "(control: nothing wrong)", words, stock=stock, outcome="ok", kept="rate", most=30)
    yield from unreachable("net.search", words, 20)
    for mode in ("silent", "garbage", "liar", "flood"):
        yield Case("net.search", f"hostile: {mode}", words, serve=mode, most=30)
    longer = words + " sizes=64,512 seconds=0.8"
    yield Case("net.search", "killed in the middle", longer, stock=stock, during=[(1.3, "kill")], kept="trials", most=30)
    yield Case("net.search", "gone from the wire in the middle", longer, stock=stock, during=[(1.3, "far down")], kept="trials", most=30)


def load_latency_cases():
    stock, words = [IPERF, "-s"], "seconds=0.6 settle=0.2 streams=2 connect_timeout=1 listen=5002"
    yield Case("net.load_latency", "(control: nothing wrong)", words, stock=stock, outcome="ok", kept="out_p50", most=30)
    yield from unreachable("net.load_latency", words, 10)
    for mode in ("reset", "close", "stall", "garbage", "drain"):
        yield Case("net.load_latency", f"hostile: {mode}", words, serve=mode, most=30, kept="idle_p50", outcome="any")
    yield Case("net.load_latency", "killed in the middle", words, stock=stock, during=[(1.1, "kill")], kept="idle_p50", most=30)
    yield Case("net.load_latency", "gone from the wire in the middle", words, stock=stock, during=[(1.1, "far down")], kept="idle_p50",
               most=30, outcome="any")


def simultaneous_cases():
    peer, words = [ASSAY, "peer"], "machines=1 seconds=1 meet_timeout=2 connect_timeout=1"

    def case(what, more="", **rest):
        return Case("net.simultaneous", what, f"{words} {more}", port=5210, **{"most": 20, **rest})

    yield case("(control: nothing wrong)", stock=peer, outcome="ok", kept="together")
    yield from unreachable("net.simultaneous", words, 8)
    yield case("the other machine never comes", "machines=2", stock=peer)
    for mode in ("reset", "close", "stall", "garbage", "stall_late"):
        yield case(f"hostile: {mode}", serve=mode)
    yield case("partner killed in the second phase", "seconds=2", stock=peer, during=[(4, "kill")], most=30, kept="alone")
    yield case("partner gone from the wire in the second phase", "seconds=2", stock=peer, during=[(4, "far down")], most=40, kept="alone")


class Attack(Case):
    """`attack` on a port of `assay peer`, then a stock client that must be served as if nothing had been."""

    def __init__(self, what, attack, port, client, **more):
        super().__init__("assay peer", what, attack=attack, port=port, client=client, outcome="ok", most=12, kept="served", **more)


def peer_cases():
    tcp, udp = [IPERF, "-c", NEAR, "-t", "1", "-f", "b"], [IPERF, "-c", NEAR, "-u", "-t", "1", "-f", "b"]
    rr = [ASSAY, "run", "net.rr", f"target={NEAR}", "seconds=1", "connect_timeout=2", "format=jsonl"]
    for mode in ("silent", "resets", "garbage", "half", "datagrams"):
        yield Attack(f"flood of {mode} on port 5211", [mode], 5211, rr + (["protocol=udp"] if mode == "datagrams" else []))
    for port, client in ((5001, tcp), (5201, [IPERF3, "-c", NEAR, "-t", "1", "-f", "m"])):
        yield Attack(f"another client on port {port} meanwhile", [], port, client, second=(client, "bits/sec"))
    for mode in ("silent", "resets", "garbage", "half", "iperf3_length", "iperf3_json", "datagrams"):
        yield Attack(f"flood of {mode} on port 5201", [mode], 5201, [IPERF3, "-c", NEAR, "-t", "1", "-f", "m"])
    for mode in ("silent", "resets", "garbage", "half"):
        yield Attack(f"flood of {mode} on port 5210", [mode], 5210, [ASSAY, "run", "net.simultaneous", f"target={NEAR}", "machines=1",
                                                                     "seconds=1", "meet_timeout=3", "format=jsonl"])
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
    if case.rival:
        case.busy = Program(lane.far, *case.rival)
        time.sleep(0.5)
    return server


def come_as_client(case, lane):
    """The far end's attacks on our server, and then the client that it is there for."""
    await_listener(lane.near, "u" if "-u" in case.client else "t", case.port)
    for mode in case.attack:
        Program(lane.far, *HOSTILE, "attack", mode, NEAR, case.port).wait(15)
    return Program(lane.far, *case.client)


def amount(text):
    """What a client of either kind says that it moved: bytes, Mbit/s or transactions."""
    if text.startswith("{"):
        metrics = records(text)[0]
        return metrics.get("completed", metrics.get("together", 0))
    return max((float(size) for size in re.findall(r" ([\d.]+) (?:Bytes|Mbits/sec)", text)), default=0)


def run_attack(case, lane):
    """The stock client's outcome is the case's; the metric is what it sent."""
    peer = Program(lane.near, ASSAY, "peer")
    peer.await_text("^serving")
    start = time.monotonic()
    client = come_as_client(case, lane)
    told = tell_second(case, lane)
    case.code = client.wait(case.most)
    case.took = time.monotonic() - start
    alive = peer.process.poll() is None
    case.metrics, case.verdicts = {"served": amount(client.text())}, []
    case.said = "" if alive else "the peer is gone"
    case.got = "ok" if alive and case.code == 0 else "error"
    peer.end()
    if peer.process.returncode:
        case.got, case.said = "error", f"the peer ended with {peer.process.returncode}"
    judge(case)
    case.bad += told
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
        ours = Program(lane.near, ASSAY, "run", case.bench, f"target={case.target}", "format=jsonl", *case.words)
        if case.client:
            client = come_as_client(case, lane)
        told = tell_second(case, lane)
        for at, action in case.during:
            time.sleep(max(0, start + at - time.monotonic()))
            act(lane, action, server, client)
        case.code = ours.wait(case.most + 5 - (time.monotonic() - start))
        case.took = time.monotonic() - start
        case.metrics, case.got, case.verdicts, case.said = records(ours.text())
        for program in (holder, server, client, case.busy):
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
        case.bad += told
        return case
    return run


def tell_second(case, lane):
    """What was wrong with the answer to a second client; nothing when there is none."""
    if not case.second:
        return []
    command, words = case.second
    time.sleep(0.7)
    second = Program(lane.far, *command)
    second.wait(8)
    return [] if words in second.text() else [f"the second client was told: {second.text().strip()[-80:]}"]


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
    if not hasattr(case, "bad"):
        case.bad, case.got, case.took, case.metrics, case.said, case.verdicts = ["not run"], None, 0, {}, "", []
    kept = f"{case.kept} {case.metrics.get(case.kept, 0):.10g}" if case.kept else ""
    words = case.said.replace(f"{case.bench}: {case.got}: ", "") or " ".join(case.verdicts)
    print(f"{case.bench:<16} {case.what:<38} {str(case.got):<8} {case.took:5.1f} of {case.most:>2} s  {kept:<28} "
          f"{'ok' if not case.bad else 'NOT OK: ' + ', '.join(case.bad)} | {words}")


def run_on(*groups):
    """Groups of (lanes, cases), the groups side by side, the longest cases first."""
    threads = [threading.Thread(target=side_by_side, args=(lanes, [run_case(case) for case in sorted(cases, key=lambda case: -case.most)]))
               for lanes, cases in groups if cases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main():
    cases = [*tcp_cases(), *udp_cases(), *server_cases(), *ping_cases(), *rr_cases(), *iperf3_cases(), *search_cases(),
             *load_latency_cases(), *simultaneous_cases(), *peer_cases()]
    chosen = os.environ.get("CASES")  # "net.rr": these only
    cases = [case for case in cases if not chosen or chosen in case.bench]
    # What sends as fast as it can is held to a rate; the queue that does it would keep slow datagrams over an outage.
    fast = [case for case in cases if case.bench in ("net.tcp", "net.iperf3", "net.load_latency", "net.simultaneous", "assay peer")]
    slow = [case for case in cases if case not in fast]
    lanes = [Lane(number, "1gbit" if number < 6 else None) for number in range(14)]
    try:
        run_on((lanes[:6], fast), (lanes[6:], slow))
        again = [case for case in cases if getattr(case, "bad", ["not run"])]
        for case in again:
            show(case)
        if again:  # fourteen at a time may be too many for a busy machine: things are done to them by the clock
            print(f"{len(again)} tried again, two at a time:")
            run_on((lanes[:1], [case for case in again if case in fast]), (lanes[6:7], [case for case in again if case in slow]))
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
