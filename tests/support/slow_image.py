"""Small images that take a decoder long."""

import io
import struct

from PIL import Image

_SIDE = 4_096
_BLOCKS_PER_RUN = 1 << 14  # of the symbol 0xE0, which 14 bits follow (T.81, G.1.2.2)


def slow_jpeg(scans: int) -> bytes:
    """Return a grey JPEG with so many more scans of all coefficients; each takes about a millisecond and 40 bytes."""
    file = io.BytesIO()
    Image.new("L", (_SIDE, _SIDE), 128).save(file, "JPEG", progressive=True)
    runs = (_SIDE // 8) ** 2 // _BLOCKS_PER_RUN
    bits = "0" * (15 * runs)  # the symbol's code, and the bits after it
    bits += "1" * (-len(bits) % 8)
    table = _segment(0xC4, bytes([0x11, 1, *[0] * 15, 0xE0]))
    scan = _segment(0xDA, bytes([1, 1, 0x11, 1, 63, 0])) + int(bits, 2).to_bytes(len(bits) // 8, "big")
    return file.getvalue()[:-2] + table + scans * scan + b"\xff\xd9"


def _segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data
