"""A TPM 2.0's quote of a journal's end, made up: P-256 by the textbook (FIPS 186-4, RFC 6979's nonces left out), structures of the TCG's
TPM 2.0 Library, Part 2. Nothing of it is our code's or a library's."""
import hashlib
import struct

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
G = (0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296, 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5)
RESTRICTED, ANY_DATA = 0x00050472, 0x00040472


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0]:
        if (a[1] + b[1]) % P == 0:
            return None
        slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, P)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def times(k, point=G):
    out = None
    while k:
        out = add(out, point) if k & 1 else out
        point, k = add(point, point), k >> 1
    return out


def ecdsa(secret, data):
    z, k = int.from_bytes(sha(data), "big"), int.from_bytes(sha(b"nonce", data), "big") % (N - 1) + 1
    r = times(k)[0] % N
    return r, pow(k, -1, N) * (z + r * secret) % N


def sized(data):
    return struct.pack(">H", len(data)) + data


def number(value):
    return value.to_bytes(32, "big")


class Key:
    def __init__(self, secret, attributes=RESTRICTED):
        self.secret = secret
        x, y = times(secret)
        self.area = struct.pack(">HHIHHHHHH", 0x23, 0x0b, attributes, 0, 0x10, 0x18, 0x0b, 3, 0x10) + sized(number(x)) + sized(number(y))
        self.name = sha(self.area)
        self.signer = b"\0\x0b" + sha(struct.pack(">I", 0x4000000b), b"\0\x0b", self.name)

    def quote(self, nonce, pcrs, magic=0xff544347):
        attest = struct.pack(">IH", magic, 0x8018) + sized(self.signer) + sized(nonce)
        attest += struct.pack(">QIIBQ", 12345, 3, 1, 1, 0) + struct.pack(">IHB", 1, 0x0b, 3) + b"\xff" * 3 + sized(sha(*pcrs))
        r, s = ecdsa(self.secret, attest)
        return {"journal.quote": attest, "journal.quote.sig": struct.pack(">HH", 0x18, 0x0b) + sized(number(r)) + sized(number(s)),
                "journal.quote.pub": sized(self.area)}


def event_log():
    """One event, for PCR 4; and the PCRs after it."""
    data = b"Spec ID Event03\0" + struct.pack("<IBBBBIHHB", 0, 0, 2, 0, 2, 1, 0x0b, 32, 0)
    log = struct.pack("<II", 0, 3) + bytes(20) + struct.pack("<I", len(data)) + data
    log += struct.pack("<IIIH", 4, 5, 1, 0x0b) + b"\x11" * 32 + struct.pack("<I", 3) + b"abc"
    pcrs = [bytes(32)] * 17 + [b"\xff" * 32] * 6 + [bytes(32)]
    pcrs[4] = sha(bytes(32), b"\x11" * 32)
    return log, pcrs


OURS, THEIRS = Key(0x1234567890abcdef), Key(0xfedcba0987654321)


def quoted(run, key=OURS, nonce=None, change=None, **how):
    """Adds TPM and quote to a run."""
    log, pcrs = event_log()
    run.find("testRunStart")["metadata"]["tpm"] = {"state": "TPM 2.0", "pcrSha256": [p.hex() for p in pcrs], "quoteKey": OURS.name.hex()}
    run.files["tpm-event-log.bin"] = log

    def apply(files):
        end = bytes.fromhex(files["journal.sha256"].split()[-1].decode())
        made = key.quote(nonce or end, how.pop("pcrs", pcrs), **how)
        if change:
            change(made)
        files.update(made)
    run.raw.append(apply)
    return run


def names_key(run, key):
    run.find("testRunStart")["metadata"]["tpm"]["quoteKey"] = key.name.hex()
    return run


def flip(name, at):
    def change(files):
        data = bytearray(files[name])
        data[at] ^= 1
        files[name] = bytes(data)
    return change
