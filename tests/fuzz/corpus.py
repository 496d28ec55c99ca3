#!/usr/bin/env python3
"""corpus.py unpack HEX FOLDER | pack FOLDER HEX - the inputs that are kept in the tree for a fuzz target, one a line in hexadecimal, as files
for the fuzzer; and back: the smallest ones, as many as LIMIT bytes hold, in ascending order so that a new one is one line of a difference."""
import hashlib
import os
import sys

LIMIT, LONGEST = 6144, 2048
how, source, target = sys.argv[1:]
if how == "unpack":
    os.makedirs(target, exist_ok=True)
    for line in open(source) if os.path.exists(source) else ():
        data = bytes.fromhex(line)
        with open(os.path.join(target, hashlib.sha1(data).hexdigest()), "wb") as out:
            out.write(data)
elif how == "pack":
    inputs, total = [], 0
    for name in os.listdir(source):
        with open(os.path.join(source, name), "rb") as file:
            inputs.append(file.read())
    with open(target, "w") as out:
        for data in sorted(inputs, key=lambda data: (len(data), data)):
            total += len(data)
            if total <= LIMIT and 0 < len(data) <= LONGEST:
                out.write(data.hex() + "\n")
else:
    sys.exit(__doc__)
