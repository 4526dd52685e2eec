"""Zips of very many members, written by numpy at the speed of the disk, for tests and benchmarks of scale."""

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from indexer.containers.formats.zip.directory import HEADER


def write_zip(path: Path, count: int, packed: Sequence[tuple[bytes, int, int]], method: int) -> None:
    """Write ``count`` members that repeat the contents ``packed``: compressed bytes, unpacked size, CRC-32.

    Names are ``train/class_NN/NNNNNNNNN.jpg`` with the member's number; end records are ZIP64's.
    """
    names = [b"train/class_%02d/%09d.jpg" % (number % 40, number) for number in range(count)]
    sizes = np.array([len(data) for data, _, _ in packed])[np.arange(count) % len(packed)]
    steps = 30 + len(names[0]) + sizes
    offsets = np.cumsum(steps) - steps
    with path.open("wb") as file:
        for number, name in enumerate(names):
            data, size, crc32 = packed[number % len(packed)]
            head = (b"PK\3\4", 20, 0, method, 0, 33, crc32, len(data), size, len(name), 0)
            file.write(struct.pack("<4s5H3L2H", *head) + name)
            file.write(data)
        start = file.tell()
        file.write(_directory(names, offsets, packed, method))
        file.write(_end(count, start, file.tell() - start))


def _directory(
    names: Sequence[bytes], offsets: np.ndarray, packed: Sequence[tuple[bytes, int, int]], method: int
) -> bytes:
    """Return headers with names, each with a ZIP64 field for its offset."""
    count, length = len(names), len(names[0])
    kind = np.dtype([("head", HEADER), ("name", f"S{length}"), ("field", "<u2"), ("width", "<u2"), ("place", "<u8")])
    rows = np.zeros(count, kind)
    index = np.arange(count) % len(packed)
    head = rows["head"]
    head["signature"], head["made_by"], head["needs"], head["method"], head["date"] = 0x02014B50, 20, 45, method, 33
    for field, column in (("packed_size", [len(p[0]) for p in packed]), ("size", [p[1] for p in packed])):
        head[field] = np.array(column)[index]
    head["crc32"] = np.array([p[2] for p in packed])[index]
    head["name"], head["extra"], head["offset"] = length, 12, 0xFFFFFFFF
    rows["name"], rows["field"], rows["width"], rows["place"] = names, 1, 8, offsets
    return rows.tobytes()


def _end(count: int, start: int, size: int) -> bytes:
    end64 = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, start)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, start + size, 1)
    return end64 + locator + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
