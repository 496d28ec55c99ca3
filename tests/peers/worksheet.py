"""worksheet.py FILE - the records of an Excel 2 worksheet (BIFF2) one a line: labels but the first row's, numbers of sizes; of
others only where they are. Zeros after a label's text are what counts; iozone leaves there what was in memory."""
import struct
import sys

data = open(sys.argv[1], "rb").read()
at = 0
title = 3
while at < len(data):
    opcode, length = struct.unpack_from("<HH", data, at)
    body = data[at + 4:at + 4 + length]
    at += 4 + length
    if opcode not in (3, 4):
        print(opcode, length, body.hex())
        continue
    row, column = struct.unpack_from("<HH", body)
    place = f"{length} {row} {column} {body[4:7].hex()}"
    if opcode == 4:
        title = row
        print("label", place, body[8:8 + body[7]].decode() if row else "")
    elif row == title + 1 or column == 0:
        print("number", place, struct.unpack("<d", body[7:])[0])
    else:
        print("number", place)
