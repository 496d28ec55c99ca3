#!/usr/bin/env python3
"""relay.py MODE FROM TO - passes TCP and UDP of port FROM on to port TO of this host, and damages every tenth datagram of the first 300
towards TO: drop (it is lost), swap (it comes after the next one), double (it comes twice), none. Tells each by a line. Not damaged:
what ends a test of iperf 2 (a negative number) and what opens a stream of iperf3 (4 bytes)."""
import socket
import struct
import sys
import threading

mode, front_port, back_port = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


def pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def relay_streams():
    listener = socket.create_server(("0.0.0.0", front_port))
    while True:
        front, _ = listener.accept()
        back = socket.create_connection(("127.0.0.1", back_port))
        for ends in ((front, back), (back, front)):
            threading.Thread(target=pump, args=ends, daemon=True).start()


def answer(front, back, client):
    while True:
        try:
            front.sendto(back.recv(65536), client)
        except OSError:
            pass


def relay_datagrams():
    front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    front.bind(("0.0.0.0", front_port))
    backs, held, seen = {}, None, 0
    while True:
        data, client = front.recvfrom(65536)
        if client not in backs:
            backs[client] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            backs[client].connect(("127.0.0.1", back_port))
            threading.Thread(target=answer, args=(front, backs[client], client), daemon=True).start()
        back = backs[client]
        counts = len(data) > 16 and struct.unpack(">i", data[:4])[0] >= 0
        seen += counts
        tenth = counts and seen <= 300 and seen % 10 == 5 and mode != "none"
        if tenth:
            print(mode, flush=True)
        try:
            if tenth and mode == "swap":
                held = data
            elif not (tenth and mode == "drop"):
                back.send(data)
                if tenth and mode == "double":
                    back.send(data)
                if held:
                    back.send(held)
                    held = None
        except OSError:
            pass


threading.Thread(target=relay_streams, daemon=True).start()
relay_datagrams()
