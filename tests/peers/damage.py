#!/usr/bin/env python3
"""damage.py RELAY - the cells of net-damage.sh: as matrix.py's one way of UDP, with a damaging path between the two ends. Beside what both
ends must agree on, both must have seen what was done: as many lost as were dropped; as many out of order as were swapped, and none
lost; a datagram that came twice counts as out of order, as the stock tools count it. The twin is a path that does no harm."""
import sys

import matrix
from lanes import Lane, Program, await_listener, side_by_side
from matrix import Cell

RELAY = [sys.executable, sys.argv[1]]
MODES = ["none", "drop", "swap", "double"]
SEEN_AS = {"drop": ("lost", "order"), "swap": ("order", "lost"), "double": ("order", "lost")}


def judge(cell, done):
    bad = matrix.judge(cell)
    counted, clean = SEEN_AS.get(cell.mode, ("lost", "order"))
    for name, end in (("we", cell.ours.get("out", {})), ("they", cell.theirs.get("out", {}))):
        # iperf3's ends do not tell each other about order: its sender cannot know.
        untold = ["order"] if cell.family == "iperf3" and (name == "we") == (cell.role == "client") else []
        if any(end.get(key) != wanted for key, wanted in ((counted, done), (clean, 0)) if key not in untold):
            bad.append(f"{name} saw {end.get(counted)} {counted}, {end.get(clean)} {clean} of {done}")
    if (done > 0) == (cell.mode == "none"):
        bad.append(f"the relay damaged {done}")
    return bad


def measure(cell):
    def run(lane):
        side = lane.near if cell.role == "server" else lane.far
        port = 5201 if cell.family == "iperf3" else 5001
        cell.port, cell.partner = 5010, "127.0.0.1"
        relay = Program(side, *RELAY, cell.mode, cell.port, port)
        await_listener(side, "u", cell.port)
        cell.ours, cell.theirs, cell.text = matrix.run_once(cell, lane)
        cell.done = relay.end().count(cell.mode)
        if cell.role == "client" and cell.mode == "double" and cell.family == "iperf":  # missing is not below zero
            cell.damage = cell.done * 1470
        cell.bad = judge(cell, cell.done)
        return cell
    return run


def main():
    cells = []
    for role, tool in matrix.pairs():
        for mode in MODES:
            cells.append(Cell(role, tool, "UDP", "one way"))
            cells[-1].mode = mode
    lanes = [Lane(number) for number in range(8)]
    try:
        side_by_side(lanes, [measure(cell) for cell in cells])
    finally:
        for lane in lanes:
            lane.end()
    print(matrix.HEADING)
    for cell in cells:
        print(f"{cell.mode:<6} {cell.done:>2} ", end="")
        matrix.show(cell)
    bad = sum(bool(cell.bad) for cell in cells)
    print(f"{len(cells) - bad} of {len(cells)} cells agree")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
