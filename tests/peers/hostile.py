#!/usr/bin/env python3
"""hostile.py serve MODE PORT | hostile.py attack MODE ADDRESS PORT - a partner that does everything wrong, one way a mode.

serve: listens on TCP and UDP and treats whoever comes as the mode says, until it is ended. attack: does it to a server, within a few
seconds, and ends. MODE is the name of a function below without its first word.
"""
import json
import os
import socket
import struct
import sys
import threading
import time

HOLD = 60  # seconds a stall lasts: longer than anybody may wait


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def read_for(connection, seconds):
    until = time.monotonic() + seconds
    connection.settimeout(0.1)
    while time.monotonic() < until:
        try:
            if not connection.recv(1 << 20):
                break
        except socket.timeout:
            pass
    connection.settimeout(None)


def read_exactly(connection, length):
    got = b""
    while len(got) < length:
        more = connection.recv(length - len(got))
        if not more:
            raise EOFError
        got += more
    return got


# ---- what is done to a client's TCP connection

def serve_reset(connection):
    reset(connection)


def serve_reset_late(connection):
    read_for(connection, 0.7)
    reset(connection)


def serve_close(connection):
    connection.close()


def serve_close_late(connection):
    read_for(connection, 0.7)
    connection.close()


def serve_drain(connection):
    """What a plain server does: reads to the end, closes, and nothing else."""
    while connection.recv(1 << 20):
        pass
    connection.close()


def serve_stall(connection):
    time.sleep(HOLD)
    connection.close()


def serve_stall_late(connection):
    read_for(connection, 0.7)
    time.sleep(HOLD)
    connection.close()


def serve_garbage(connection):
    threading.Thread(target=read_for, args=(connection, HOLD), daemon=True).start()
    for _ in range(500):
        connection.sendall(os.urandom(4096))
        time.sleep(0.01)
    connection.close()


# ---- the same to an iperf3 client, further into its conversation

def begin_iperf3(connection, run=True):
    """Cookie and parameters, the streams, until the test runs."""
    cookie = read_exactly(connection, 37)
    with streams_lock:
        if cookie in control_of:  # one of its streams
            streams_of.setdefault(cookie, []).append(connection)
            return None
        control_of[cookie] = connection
    connection.sendall(b"\x09")
    length, = struct.unpack(">I", read_exactly(connection, 4))
    read_exactly(connection, length)
    if run:
        connection.sendall(b"\x0a")
        for _ in range(100):
            if streams_of.get(cookie):
                break
            time.sleep(0.02)
        for stream in streams_of.get(cookie, []):
            threading.Thread(target=read_for, args=(stream, HOLD), daemon=True).start()
        connection.sendall(b"\x01")
        connection.sendall(b"\x02")
    return cookie


streams_lock, control_of, streams_of = threading.Lock(), {}, {}


def iperf3_answer(words, after=b"", end=False):
    """Waits for the end of the test, then sends these as its results."""
    def serve(connection):
        if not begin_iperf3(connection):
            time.sleep(HOLD)
            return
        read_exactly(connection, 1)
        connection.sendall(b"\x0d" + words)
        if end:
            connection.sendall(after)
        time.sleep(HOLD)
    return serve


def said(text, length=None):
    return struct.pack(">I", len(text) if length is None else length) + text


def serve_iperf3_busy(connection):
    connection.sendall(b"\xff")
    time.sleep(1)


def serve_iperf3_error(connection):
    connection.sendall(b"\xfe" + struct.pack(">ii", 111, 28))
    time.sleep(1)


def serve_iperf3_error_short(connection):
    connection.sendall(b"\xfe\x00")
    time.sleep(HOLD)


def serve_iperf3_state(connection):
    connection.sendall(b"\x63")
    time.sleep(HOLD)


def serve_iperf3_no_streams(connection):
    begin_iperf3(connection, run=False)
    connection.sendall(b"\x0a")
    time.sleep(HOLD)


def serve_iperf3_terminates(connection):
    if begin_iperf3(connection):
        time.sleep(0.7)
        connection.sendall(b"\x0b")
    time.sleep(HOLD)


serve_iperf3_length = iperf3_answer(struct.pack(">I", 0xffffffff))
serve_iperf3_length_short = iperf3_answer(said(b'{"cpu_util_total":1', 4000))
serve_iperf3_json = iperf3_answer(said(b"\x00{]" * 100))
serve_iperf3_deep = iperf3_answer(said(b"[" * 60000))
serve_iperf3_absurd = iperf3_answer(said(json.dumps({
    "cpu_util_total": -1e308, "cpu_util_user": "x", "cpu_util_system": None, "sender_has_retransmits": 2 ** 70,
    "streams": [{"id": 1, "bytes": -5, "retransmits": 1e300, "jitter": "nan", "errors": -1, "packets": -1}] * 40}).encode()))


# ---- what is done to a client's datagrams

def answer_garbage(server, data, client):
    server.sendto(os.urandom(len(data)), client)


def answer_liar(server, data, client):
    """iperf 2's report, with the right mark and numbers that cannot be."""
    words = struct.pack(">10I", 0x88000000, 0x7fffffff, 0xffffffff, 0x7fffffff, 0xffffffff, 0xffffffff, 0xffffffff, 3, 0xffffffff, 0xffffffff)
    server.sendto((data[:16] + words).ljust(128, b"\xff"), client)


def answer_flood(server, data, client):
    for _ in range(2000):
        server.sendto(data, client)


def serve_datagrams(server, mode):
    answer = globals().get("answer_" + mode)
    while True:
        data, client = server.recvfrom(65536)
        if answer:
            try:
                answer(server, data, client)
            except OSError:
                pass


def serve(mode, port):
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagrams.bind(("0.0.0.0", port))
    threading.Thread(target=serve_datagrams, args=(datagrams, mode), daemon=True).start()
    listener = socket.create_server(("0.0.0.0", port), backlog=64)
    treat = globals().get("serve_" + mode, serve_stall)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=quietly, args=(treat, connection), daemon=True).start()


def quietly(function, *words):
    try:
        function(*words)
    except (OSError, EOFError, struct.error):
        pass


# ---- what is done to a server

def connect(address):
    return socket.create_connection(address, timeout=5)


def attack_silent(address):
    held = [connect(address) for _ in range(200)]
    time.sleep(1)
    return held


def attack_resets(address):
    for _ in range(500):
        reset(connect(address))


def attack_garbage(address):
    for _ in range(20):
        connection = connect(address)
        for _ in range(20):
            connection.sendall(os.urandom(10000))
        connection.close()


def attack_half(address):
    held = []
    for length in (1, 3, 4, 23, 36):
        held.append(connect(address))
        held[-1].sendall(b"\xc0\x01\x00\xff\x00" * 8 if length > 40 else (b"\xc0\x01\x00\xff" + bytes(40))[:length])
    time.sleep(1)
    return held


def attack_length(address):
    """A header of 254 bytes of which 24 come; -d towards a closed port, a million threads, an endless amount."""
    for words in (struct.pack(">IIIIII", 0x400101fc, 1, 5001, 0, 0, 0xffffff9c),
                  struct.pack(">IIIIII", 0x80000001, 1000000, 9, 0x7fffffff, 0xffffffff, 0x80000000),
                  struct.pack(">IIIIII", 0x80000000, 0xffffffff, 70000, 1, 0, 0x7fffffff)):
        connection = connect(address)
        connection.sendall(words)
        time.sleep(0.3)
        connection.close()


def attack_datagrams(address):
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    until = time.monotonic() + 1
    while time.monotonic() < until:
        for length in (0, 1, 4, 15, 16, 40, 128, 1470):
            try:
                sender.sendto(os.urandom(length), address)
            except OSError:
                pass


def attack_iperf3(address, words, cookie=b"hostile" + b"x" * 29 + b"\0"):
    connection = connect(address)
    connection.sendall(cookie)
    read_exactly(connection, 1)
    connection.sendall(words)
    connection.settimeout(1)
    try:
        connection.recv(1)
    except socket.timeout:
        pass
    connection.close()


def attack_iperf3_length(address):
    quietly(attack_iperf3, address, struct.pack(">I", 0xffffffff))
    quietly(attack_iperf3, address, struct.pack(">I", 100) + b"{")


def attack_iperf3_json(address):
    for words in (b"\x00" * 50, b"[" * 8000, b'{"tcp":true,"parallel":1000000000,"len":-1,"time":1e300}',
                  b'{"tcp":true,"parallel":128,"len":131072,"omit":1e9,"time":1}', b'{"udp":true,"len":1e9,"bandwidth":-1}', b"[]", b"3"):
        quietly(attack_iperf3, address, said(words))


def attack(mode, host, port):
    held = globals()["attack_" + mode]((host, port))
    time.sleep(0.1)
    return held


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(sys.argv[2], int(sys.argv[3]))
    else:
        attack(sys.argv[2], sys.argv[3], int(sys.argv[4]))
