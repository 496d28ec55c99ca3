#!/usr/bin/env python3
"""echoes.py HOW - answers ICMP echo requests in place of the kernel, wrongly: twice, other-address, garbage, midway (the first 20 only).
Says "ready" when it listens."""
import socket
import struct
import sys

HOW = sys.argv[1]


def checksum(data):
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def reply_to(echo):
    body = b"\0\0" + b"\0\0" + echo[4:]
    return body[:2] + struct.pack("!H", checksum(body)) + body[4:]


def garbage(echo, count):
    """One kind after the other: a wrong checksum, another's id, a number never sent, another cookie, cut short, an old cookie."""
    kinds = [
        lambda e: reply_to(e)[:2] + b"\xab\xcd" + e[4:],
        lambda e: reply_to(e[:4] + bytes([e[4] ^ 255]) + e[5:]),
        lambda e: reply_to(e[:6] + b"\xff\xf0" + e[8:]),
        lambda e: reply_to(e[:8] + b"\xff" * 8 + e[16:]),
        lambda e: reply_to(e)[:7],
        lambda e: reply_to(e[:8] + b"\0" * 8 + e[16:]),
    ]
    return kinds[count % len(kinds)](echo)


def packet(source, to, body):
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(body), 0, 0, 64, 1, 0, socket.inet_aton(source), socket.inet_aton(to))
    return header + body


def main():
    taking = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    giving = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    print("ready", flush=True)
    count = 0
    while True:
        data, (source, _) = taking.recvfrom(65536)
        echo = data[(data[0] & 15) * 4:]
        if len(echo) < 8 or echo[0] != 8:
            continue
        us = socket.inet_ntoa(data[16:20])
        good = reply_to(echo)
        answers = {
            "twice": [packet(us, source, good)] * 2,
            "other-address": [packet("198.18.0.3", source, good)],
            "garbage": [packet(us, source, garbage(echo, count))],
            "midway": [packet(us, source, good)] if count < 20 else [],
        }[HOW]
        for answer in answers:
            giving.sendto(answer, (source, 0))
        count += 1


main()
