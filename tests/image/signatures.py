#!/usr/bin/env python3
"""signatures.py KIND FILE - writes what KIND leaves on a disk into the existing FILE, at the offsets and with the magic that its own format
has: for those whose tool is not at hand, or wants a device. Sources: the on-disk format of each as Linux, LVM2, OpenZFS, SNIA (DDF) and
util-linux (libblkid/src/superblocks) have it. It is not a working file system: what a program sees who asks whose disk this is."""
import os
import struct
import sys
import uuid
import zlib

KI = 1024
UUID = uuid.UUID("0123456789abcdef0123456789abcdef").bytes


def lvm_crc(data):
    """LVM2, lib/misc/crc.c: the CRC-32 polynomial with another start and no inversion."""
    crc = 0xF597A6CF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xEDB88320 if crc & 1 else 0)
    return crc


def lvm2(disk, _size):
    label = struct.pack("<I8s32s", 32, b"LVM2 001", b"A" * 32).ljust(512 - 20, b"\0")
    put(disk, 512, struct.pack("<8sQI", b"LABELONE", 1, lvm_crc(label)) + label)


def lvm1(disk, _size):
    put(disk, 0, struct.pack("<2sH", b"HM", 1).ljust(44, b"\0") + b"A" * 128)


def md_old(disk, size):
    """0.90: in the last whole 64 KiB but one of the disk."""
    words = [0] * 1024
    words[0:4] = [0xA92B4EFC, 0, 90, 0]
    words[5], words[7:10] = 0x01020304, [1, 0, 2]
    words[13:16] = [0x05060708, 0x090A0B0C, 0x0D0E0F10]
    words[38] = sum(words) & 0xFFFFFFFF  # sb_csum
    put(disk, (size & ~(64 * KI - 1)) - 64 * KI, struct.pack("<1024I", *words))


def md_new(at_sector):
    def write(disk, size):
        at = at_sector if at_sector >= 0 else ((size // 512 - 16) & ~7)
        block = bytearray(256)
        struct.pack_into("<IIII16s32s", block, 0, 0xA92B4EFC, 1, 0, 0, UUID, b"array")
        struct.pack_into("<Q", block, 144, at)  # super_offset
        total = sum(struct.unpack("<64I", block))
        struct.pack_into("<I", block, 216, ((total & 0xFFFFFFFF) + (total >> 32)) & 0xFFFFFFFF)
        put(disk, at * 512, bytes(block))

    return write


def zfs(labels):
    """Four labels of 256 KiB, two at each end; in each 128 uberblocks from 128 KiB on."""

    def write(disk, size):
        whole = size & ~(256 * KI - 1)
        for label in labels:
            start = label * 256 * KI if label < 2 else whole - (4 - label) * 256 * KI
            for uber in range(128):
                put(disk, start + 128 * KI + uber * KI, struct.pack("<QQQQQ", 0x00BAB10C, 5000, 100 + uber, 1, 1))

    return write


def ddf(disk, size):
    """SNIA Common RAID DDF: the anchor header in the last block."""
    header = bytearray(b"\xff" * 512)
    struct.pack_into(">I4s24s8s", header, 0, 0xDE11DE11, b"\xff" * 4, b"LINUX-MD" + UUID, b"01.02.00")
    struct.pack_into(">QQ", header, 96, size // 512 - 100, size // 512 - 50)  # where the headers are
    struct.pack_into(">I", header, 4, zlib.crc32(header))
    put(disk, size - 512, bytes(header))
    put(disk, (size // 512 - 100) * 512, bytes(header))


def isw(disk, size):
    put(disk, size - 1024, b"Intel Raid ISM Cfg Sig. 1.1.00")


def luks2_second(disk, _size):
    """The header's copy alone, as it is when the first was overwritten."""
    head = struct.pack(">6sHQQ48s32s64s40s48sQ", b"SKUL\xba\xbe", 2, 16 * KI, 1, b"", b"sha256", b"salt", str(uuid.UUID(bytes=UUID)).encode(),
                       b"", 16 * KI)
    put(disk, 16 * KI, head)


def ntfs(disk, size):
    parameters = (512, 8, 0, 0, 0, 0, 0xF8, 0, 63, 255, 0, 0, 0x800080, size // 512 - 1, 4, 16, -10, 1, 0x1234567812345678)
    put(disk, 0, b"\xeb\x52\x90NTFS    " + struct.pack("<HBHBHHBHHHIIIQQQiiQ", *parameters))
    put(disk, 510, b"\x55\xaa")
    for record in (0, 3):  # of the master file table: itself, and the volume
        put(disk, 4 * 4096 + record * 1024, b"FILE")


def bcache(disk, _size):
    block = bytearray(4096)
    magic = bytes.fromhex("c68573f64e1a45ca8265f57f48ba6d81")
    struct.pack_into("<QQQ16s16s16s", block, 0, 0, 8, 0, magic, UUID, UUID)
    put(disk, 4096, bytes(block))


def bitlocker(disk, _size):
    put(disk, 0, b"\xeb\x58\x90-FVE-FS-" + struct.pack("<HB", 512, 8))
    put(disk, 160, uuid.UUID("4967d63b-2e29-4ad8-8399-f6a339e3d001").bytes_le + struct.pack("<QQQ", 64 * KI, 128 * KI, 192 * KI))
    put(disk, 64 * KI, b"-FVE-FS-" + struct.pack("<HH", 64, 2))


def vmfs(disk, _size):
    put(disk, 1048576, struct.pack("<II", 0xC001D00D, 5))


def drbd(disk, size):
    block = bytearray(4096)
    struct.pack_into(">QQQIII", block, 0, size // 512, 1, 0, 0, 0, 0x8374026D)
    struct.pack_into(">I", block, 60, 0x8374026D)
    put(disk, (size - 4096) & ~4095, bytes(block))


def reiserfs(disk, _size):
    put(disk, 64 * KI, struct.pack("<11IHHHH", 1000, 500, 20, 18, 0, 8192, 1024, 900, 30, 0, 0, 4096, 204, 0, 0) + b"ReIsEr2Fs")


def f2fs(disk, _size):
    put(disk, 1024, struct.pack("<IHHIIIII", 0xF2F52010, 1, 15, 9, 3, 12, 9, 1))


def hfsplus(disk, _size):
    put(disk, 1024, struct.pack(">2sH", b"H+", 4))
    put(disk, 1024 + 40, struct.pack(">I", 4096))


def udf(disk, _size):
    for index, name in enumerate((b"BEA01", b"NSR03", b"TEA01")):
        put(disk, 32 * KI + index * 2048, b"\0" + name + b"\1")
    anchor = bytearray(512)
    struct.pack_into("<HHBBHHHI", anchor, 0, 2, 3, 0, 0, 1, 0, 0, 256)
    struct.pack_into("<II", anchor, 16, 16 * 2048, 257)
    anchor[4] = sum(anchor[:4] + anchor[5:16]) & 0xFF
    put(disk, 256 * 2048, bytes(anchor))
    volume = bytearray(512)
    struct.pack_into("<HHBBHHHI", volume, 0, 1, 3, 0, 0, 1, 0, 0, 257)
    volume[4] = sum(volume[:4] + volume[5:16]) & 0xFF
    put(disk, 257 * 2048, bytes(volume))


def squashfs(disk, size):
    put(disk, 0, struct.pack("<4sIIIIHHHHHHQQ", b"hsqs", 1, 0, 131072, 0, 1, 17, 0, 1, 4, 0, 0, size))


def erofs(disk, _size):
    put(disk, 1024, struct.pack("<IIIB", 0xE0F5E1E2, 0, 0, 12))


def sun(disk, _size):
    """A Sun label: big-endian, the last half word the exclusive or of all before."""
    label = bytearray(512)
    label[0:4] = b"disk"
    struct.pack_into(">I", label, 128, 1)  # version
    struct.pack_into(">H", label, 140, 8)
    struct.pack_into(">I", label, 188, 0x600DDEEE)
    struct.pack_into(">H", label, 142 + 8, 5)
    struct.pack_into(">II", label, 444 + 16, 0, 4096)
    struct.pack_into(">H", label, 508, 0xDABE)
    check = 0
    for index in range(0, 510, 2):
        check ^= struct.unpack_from(">H", label, index)[0]
    struct.pack_into(">H", label, 510, check)
    put(disk, 0, bytes(label))


def mac(disk, size):
    put(disk, 0, struct.pack(">HHI", 0x4552, 512, size // 512))
    put(disk, 512, struct.pack(">HHIII32s32s", 0x504D, 0, 1, 1, 63, b"Apple", b"Apple_partition_map"))


def second_gpt(disk, size):
    """Forgets the table at the start of a GPT disk, protective MBR and all: its copy at the end stays."""
    put(disk, 0, b"\0" * 34 * 512)


def bad_checksum(disk, _size):
    """A byte of an XFS or ext4 superblock turned, its checksum left as it was."""
    at = 1024 + 0x1F0 if get(disk, 1024 + 56, 2) == b"\x53\xef" else 0x60
    put(disk, at, bytes([get(disk, at, 1)[0] ^ 1]))


def put(disk, at, data):
    disk.seek(at)
    disk.write(data)


def get(disk, at, count):
    disk.seek(at)
    return disk.read(count)


KINDS = {
    "lvm2": lvm2, "lvm1": lvm1, "md-0.90": md_old, "md-1.0": md_new(-1), "md-1.1": md_new(0), "md-1.2": md_new(8),
    "zfs": zfs((0, 1, 2, 3)), "zfs-end": zfs((2, 3)), "ddf": ddf, "isw": isw, "luks2-second": luks2_second, "ntfs": ntfs, "bcache": bcache,
    "bitlocker": bitlocker, "vmfs": vmfs, "drbd": drbd, "reiserfs": reiserfs, "f2fs": f2fs, "hfsplus": hfsplus, "udf": udf,
    "squashfs": squashfs, "erofs": erofs, "sun": sun, "mac": mac, "second-gpt": second_gpt, "bad-checksum": bad_checksum,
}

if __name__ == "__main__":
    with open(sys.argv[2], "r+b") as target:
        KINDS[sys.argv[1]](target, os.fstat(target.fileno()).st_size)
