#!/usr/bin/env python3
"""uploads.py PORT WHAT... - what good and bad clients do to `assay serve` on 127.0.0.1; one line an answer.

  load N [STEPS [SUMS]]; part ID FIRST END; one, forged, other, torn, hang ID; slow, slow-body; raw BYTES
"""
import asyncio, hashlib, json, socket, sys, time

PORT = int(sys.argv[1])
BATCH = 28  # records that a machine brings at once


def run(run_id, steps=20):
    """The records of a run, as frames."""
    def line(body):
        return json.dumps({"sequenceNumber": len(lines), "timestamp": "2026-01-31T12:00:00.000Z", **body}, separators=(",", ":"))
    def step(n, body):
        lines.append(line({"testStepArtifact": {"testStepId": "s%d" % n, **body}}))
    lines = []
    lines.append(line({"schemaVersion": {"major": 2, "minor": 0}}))
    lines.append(line({"testRunArtifact": {"testRunStart": {
        "name": "assay", "version": "1", "commandLine": "", "parameters": {}, "dutInfo": {"dutInfoId": "dut"},
        "metadata": {"runId": run_id, "plan": "quick"}}}}))
    for n in range(1, steps + 1):
        step(n, {"testStepStart": {"name": "self.null"}})
        step(n, {"extension": {"name": "step", "content": {"bench": "self.null", "place": n, "of": steps}}})
        step(n, {"extension": {"name": "outcome", "content": {"outcome": "ok", "seconds": 1, "reason": "x" * 200}}})
        step(n, {"testStepEnd": {"status": "COMPLETE"}})
    lines.append(line({"testRunArtifact": {"testRunEnd": {"status": "COMPLETE", "result": "PASS"}}}))
    head, frames = bytes(32), []
    for number, text in enumerate(lines):
        head = hashlib.sha256(head + text.encode()).digest()
        frames.append("@assay %d %s %s\n" % (number, head.hex(), text))
    return frames


def run_id(number):
    return "20260131-120000-%032x" % number


def put(path, body, length=None):
    return b"PUT %s HTTP/1.1\r\nHost: desk\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % (
        path.encode(), len(body) if length is None else length) + body


async def send(path, body, source):
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT, local_addr=(source, 0))
    writer.write(put(path, body))
    await writer.drain()
    answer = await reader.read()
    writer.close()
    return int(answer.split()[1])


async def machine(number, steps, sent):
    source = "127.%d.%d.%d" % (1 + number // 62500, number // 250 % 250, number % 250 + 2)
    frames, name = run(run_id(number), steps), run_id(number)
    sent["records"] += len(frames)
    journal = "".join(frame.split(" ", 3)[3] for frame in frames)
    sent["sums"].append("%s  %s/journal.jsonl\n" % (hashlib.sha256(journal.encode()).hexdigest(), name))
    first, at = 0, 0
    while at < len(frames):
        batch = "".join(frames[at:at + BATCH]).encode()
        if at + BATCH >= len(frames):
            await retry("/runs/%s/summary.txt" % name, b"machine %d\n" % number * 2000, source, sent)
        await retry("/runs/%s/records/%d" % (name, at), batch, source, sent)
        at += BATCH
    sent["runs"] += 1


async def retry(path, body, source, sent):
    """As the image does: what got no answer is sent again."""
    for attempt in range(50):
        try:
            status = await asyncio.wait_for(send(path, body, source), 60)
        except (OSError, IndexError, asyncio.TimeoutError):
            sent["retries"] += 1
            await asyncio.sleep(0.2)
            continue
        if status not in (200, 201):
            raise SystemExit("%s: answered %d" % (path, status))
        sent["puts"] += 1
        return
    raise SystemExit("%s: no answer" % path)


async def load(count, steps=20, sums=None):
    """Prints what was sent; in the file sums each journal's digest as it left here, for sha256sum -c."""
    sent = {"runs": 0, "records": 0, "puts": 0, "retries": 0, "sums": []}
    start = time.monotonic()
    await asyncio.gather(*(machine(n, steps, sent) for n in range(count)))
    print("runs=%(runs)d records=%(records)d puts=%(puts)d retries=%(retries)d" % sent, "seconds=%.1f" % (time.monotonic() - start))
    if sums:
        with open(sums, "w") as out:
            out.writelines(sent["sums"])


def exchange(data):
    with socket.create_connection(("127.0.0.1", PORT), 60) as peer:
        peer.sendall(data)
        answer = b""
        while chunk := peer.recv(65536):
            answer += chunk
    return answer


def tell(answer):
    if not answer:
        return print("closed")
    head = answer.decode(errors="replace").split("\r\n\r\n")[0].split("\r\n")
    following = [h.split(": ")[1] for h in head if h.lower().startswith("assay-next")]
    print(head[0].split()[1], *following)


def dribble(begin, chunk):
    """Seconds until the desk has had enough of it."""
    start = time.monotonic()
    with socket.create_connection(("127.0.0.1", PORT), 60) as peer:
        peer.sendall(begin)
        peer.settimeout(0.2)
        while time.monotonic() - start < 100:
            try:
                peer.send(chunk)
                if not peer.recv(1000):
                    break
            except socket.timeout:
                continue
            except OSError:
                break
    return time.monotonic() - start


what, *rest = sys.argv[2:]
if what == "load":
    asyncio.run(load(*map(int, rest[:2]), *rest[2:]))
elif what == "one":
    tell(exchange(put("/runs/%s/records/0" % rest[0], "".join(run(rest[0], 2)).encode())))
elif what == "part":
    tell(exchange(put("/runs/%s/records/%s" % (rest[0], rest[1]), "".join(run(rest[0], 2)[int(rest[1]):int(rest[2])]).encode())))
elif what == "forged":  # the right number, another line, a hash that does not follow
    frames = run(rest[0], 2)
    tell(exchange(put("/runs/%s/records/2" % rest[0], frames[2].replace("self.null", "self.nil").encode())))
elif what == "other":  # the same number with another sound line
    frames = run(rest[0], 2)
    tell(exchange(put("/runs/%s/records/0" % rest[0], run(run_id(9099))[1].replace("@assay 1 ", "@assay 0 ").encode())))
elif what == "slow":
    print("%.0f" % dribble(b"PUT /runs/%s/a.txt HTTP/1.1\r\nHost: " % run_id(9001).encode(), b"a"))
elif what == "slow-body":
    print("%.0f" % dribble(put("/runs/%s/a.txt" % run_id(9001), b"x", 1000), b"a"))
elif what == "torn":
    with socket.create_connection(("127.0.0.1", PORT), 60) as peer:
        peer.sendall(put("/runs/%s/torn.txt" % rest[0], b"half", 1000))
        time.sleep(0.3)
elif what == "hang":  # a body that stays half until the desk is gone
    with socket.create_connection(("127.0.0.1", PORT), 60) as peer:
        peer.sendall(put("/runs/%s/half.txt" % rest[0], b"h" * 100000, 200000))
        print("sent", flush=True)
        try:
            peer.recv(1)
        except OSError:
            pass
elif what == "raw":
    tell(exchange(rest[0].encode().decode("unicode_escape").encode("latin-1")))
