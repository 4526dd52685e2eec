"""RAR5 archives of stored members: no free program writes one ("RAR 5.0 archive format", rarlab.com/technote.htm)."""

import struct
import zlib
from collections.abc import Mapping

SIGNATURE = b"Rar!\x1a\x07\x01\x00"
ENCRYPTION = b"\x01\x00\x01\x0f" + bytes(32)  # kind, version, flags (a checksum for the password), strength, salts
COPY = b"\x05\x05\x00\x05a.png"  # kind, a copy of the member of that name, flags, its name
_MAIN, _FILE, _LOCKED, _END = 1, 2, 4, 5
_FROM_BEFORE, _GOES_ON = 8, 16


def rar5(files: Mapping[str, bytes], records: Mapping[str, bytes] | None = None, end: bool = True) -> bytes:
    """Return an archive; ``records`` are extra records by member; without ``end`` the end block is missing."""
    blocks = [SIGNATURE, _block(_MAIN, _number(0))]
    for name, data in files.items():
        blocks.append(_member(name, data, data, extra=(records or {}).get(name, b"")))
    return b"".join([*blocks, _block(_END, _number(0)) if end else b""])


def rar5_volumes(name: str, data: bytes, count: int) -> list[bytes]:
    """Return one member in ``count`` volumes; all but the last are padded after their end block, as by WinRAR."""
    size = -(-len(data) // count)
    volumes = []
    for number in range(count):
        part, last = data[number * size : (number + 1) * size], number == count - 1
        head = _block(_MAIN, _number(3) + _number(number)) if number else _block(_MAIN, _number(1))
        flags = (_FROM_BEFORE if number else 0) | (0 if last else _GOES_ON)
        member = _member(name, data, part, flags, checked=data if last else part)
        end = _block(_END, _number(0)) if last else _block(_END, _number(1)) + bytes(15)
        volumes.append(SIGNATURE + head + member + end)
    return volumes


def locked_rar5() -> bytes:
    """Return an archive with encrypted headers."""
    return SIGNATURE + _block(_LOCKED, _number(0) * 2 + b"\x0f" + bytes(16)) + bytes(64)


def _member(
    name: str, data: bytes, part: bytes, flags: int = 0, extra: bytes = b"", checked: bytes | None = None
) -> bytes:
    checksum = struct.pack("<L", zlib.crc32(data if checked is None else checked))
    fields = _number(4) + _number(len(data)) + _number(0o100644) + checksum + _number(0) + _number(1)
    raw = name.encode()
    return _block(_FILE, fields + _number(len(raw)) + raw, flags, _number(len(extra)) + extra if extra else b"", part)


def _block(kind: int, fields: bytes, flags: int = 0, extra: bytes = b"", data: bytes | None = None) -> bytes:
    flags |= (1 if extra else 0) | (0 if data is None else 2)
    sizes = (_number(len(extra)) if extra else b"") + (b"" if data is None else _number(len(data)))
    header = _number(kind) + _number(flags) + sizes + fields + extra
    counted = _number(len(header)) + header
    return struct.pack("<L", zlib.crc32(counted)) + counted + (data or b"")


def _number(value: int) -> bytes:
    """Encode seven bits per byte, the lowest first; all bytes but the last have the eighth bit."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
