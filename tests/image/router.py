#!/usr/bin/env python3
"""router.py INTERFACE PREFIX - advertises the /64 PREFIX on the interface every half second, as a router does (RFC 4861, 6.2.3; prefix
option with the A bit: RFC 4862), for a quarter of an hour each."""
import socket
import struct
import sys
import time

VALID_S = 900


def advertisement(prefix):
    head = struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, VALID_S, 0, 0)
    return head + struct.pack("!BBBBIII", 3, 4, 64, 0xC0, VALID_S, VALID_S, 0) + socket.inet_pton(socket.AF_INET6, prefix)


def main(interface, prefix):
    wire = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    index = socket.if_nametoindex(interface)
    wire.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
    wire.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
    while True:
        try:
            wire.sendto(advertisement(prefix), ("ff02::1", 0, 0, index))
        except OSError:
            pass  # the interface has no link yet
        time.sleep(0.5)


main(*sys.argv[1:])
