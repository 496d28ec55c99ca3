#!/usr/bin/env python3
"""dhcp.py INTERFACE SERVER OFFER SECONDS - a DHCP server (RFC 2131) with one address to lend on one interface, for leases so short that
they are renewed while a test watches: dnsmasq lends for two minutes at least. Says each message that it answered."""
import socket
import struct
import sys

DISCOVER, OFFER, REQUEST, ACK = 1, 2, 3, 5
FIXED = "!BBBBIHH4s4s4s4s16s64s128s4s"  # op ... magic cookie
COOKIE = bytes([99, 130, 83, 99])


def options_of(packet):
    at = struct.calcsize(FIXED)
    options = {}
    while at + 1 < len(packet) and packet[at] != 255:
        if packet[at] == 0:
            at += 1
            continue
        options[packet[at]] = packet[at + 2:at + 2 + packet[at + 1]]
        at += 2 + packet[at + 1]
    return options


def answer(packet, kind, server, offer, seconds):
    head = list(struct.unpack(FIXED, packet[:struct.calcsize(FIXED)]))
    head[0] = 2
    head[8] = offer
    head[9] = server
    options = b""
    for code, value in ((53, bytes([kind])), (54, server), (51, struct.pack("!I", seconds)), (1, bytes([255, 255, 255, 0])), (3, server)):
        options += bytes([code, len(value)]) + value
    return struct.pack(FIXED, *head) + options + b"\xff"


def main(interface, server, offer, seconds):
    server, offer = socket.inet_aton(server), socket.inet_aton(offer)
    wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode() + b"\0")
    wire.bind(("", 67))
    while True:
        packet, whence = wire.recvfrom(2048)
        if len(packet) < struct.calcsize(FIXED) or packet[236:240] != COOKIE or packet[0] != 1:
            continue
        kind = options_of(packet).get(53, b"\0")[0]
        if kind not in (DISCOVER, REQUEST):
            continue
        word = "offer" if kind == DISCOVER else "renew" if whence[0] != "0.0.0.0" else "lease"
        print(word, socket.inet_ntoa(offer), flush=True)
        to = whence[0] if word == "renew" else "255.255.255.255"
        wire.sendto(answer(packet, OFFER if kind == DISCOVER else ACK, server, offer, int(seconds)), (to, 68))


main(*sys.argv[1:])
