#!/usr/bin/env python3
"""moments.py LIMIT PATTERN... -- COMMAND: runs COMMAND, whose standard output is a guest's serial port, until each PATTERN (a
regular expression over a line's beginning) has been seen; prints the seconds from COMMAND's start at which each was. The guest is
ended then. Exit code 1 and what came last when the limit is over first."""

import os
import re
import select
import subprocess
import sys
import time

dashes = sys.argv.index("--")
limit = float(sys.argv[1])
patterns = [re.compile(pattern.encode()) for pattern in sys.argv[2:dashes]]
seen = [None] * len(patterns)
start = time.monotonic()
guest = subprocess.Popen(sys.argv[dashes + 1 :], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
text = b""
while None in seen:
    left = start + limit - time.monotonic()
    if left <= 0 or not select.select([guest.stdout], [], [], left)[0]:
        break
    came = os.read(guest.stdout.fileno(), 65536)
    now = time.monotonic() - start
    if not came:
        break
    text += came
    # The line that is just coming counts, too: a prompt has no end.
    *lines, text = text.split(b"\n")
    for line in lines + [text]:
        for i, pattern in enumerate(patterns):
            if seen[i] is None and pattern.match(line.strip(b"\r")):
                seen[i] = now
guest.kill()
guest.wait()
print(" ".join("%.2f" % at if at is not None else "-" for at in seen))
if None in seen:
    sys.stderr.write("moments: not all seen within %g s; the end of what came: %r\n" % (limit, (b"\n".join(lines[-3:]) + text)[-300:]))
    sys.exit(1)
