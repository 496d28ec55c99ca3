"""A disk as a power cut leaves it, from QEMU's blklogwrites: what was written since the last flush was only in the disk's cache, and may be
lost, all of it or any part, down to single sectors. The format is that of the kernel's dm-log-writes (Documentation/
admin-guide/device-mapper/log-writes.rst)."""
import struct

SECTOR = 512
FLUSH, FUA, DISCARD = 1, 2, 4


def entries(path):
    """(flags, byte, data) of each whole entry; a discard's data is so many bytes of None."""
    with open(path, "rb") as log:
        log.seek(SECTOR)  # the superblock's count is behind: it is written now and then
        while len(header := log.read(SECTOR)) == SECTOR:
            sector, sectors, flags, length = struct.unpack_from("<4Q", header)
            if not (sector or sectors or flags or length):
                return
            data = b"" if flags & DISCARD else log.read(sectors * SECTOR)
            if not flags & DISCARD and len(data) < sectors * SECTOR:
                return
            yield flags, sector * SECTOR, data


def split(path):
    """Writes that a flush has confirmed; those that none has; how many flushes."""
    kept, loose, flushes = [], [], 0
    for flags, at, data in entries(path):
        if flags & FLUSH:
            flushes += 1
            kept += loose
            loose = []
        if data:
            (kept if flags & FUA else loose).append((at, data))
    return kept, loose, flushes


def tear(random, data):
    """Some of its sectors, in runs: (offset, bytes)."""
    sectors = len(data) // SECTOR
    first = random.randrange(sectors)
    last = random.randrange(first, sectors) + 1
    return first * SECTOR, data[first * SECTOR:last * SECTOR]


def cut(base, log, out, random, mode):
    """Writes the disk after the cut to `out`. mode: "discarded", or "some" of what was loose, some of it torn; "lying": what was
    flushed is lost, too. Returns what was loose and how much of it survived."""
    kept, loose, flushes = split(log)
    if mode == "lying":
        kept, loose = [], []
    survivors = []
    for at, data in loose:
        chance = random.random()
        if mode == "discarded" or chance < 0.4:
            continue
        if chance < 0.6:
            offset, data = tear(random, data)
            at += offset
        survivors.append((at, data))
    if mode == "some" and random.random() < 0.5:
        random.shuffle(survivors)  # a cache writes back in its own order
    with open(base, "rb") as source, open(out, "wb") as disk:
        disk.write(source.read())
        for at, data in kept + survivors:
            disk.seek(at)
            disk.write(data)
    return {"loose": len(loose), "survived": len(survivors), "flushes": flushes}
