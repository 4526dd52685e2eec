"""Find where each disk (the volume number in a header) of a zip begins in a byte range."""

import re
import struct

import numpy as np

from indexer.base.errors import BadData
from indexer.containers.bytes.volumes import ByteRange
from indexer.containers.formats.zip.directory import Block, read_blocks
from indexer.containers.formats.zip.end import End
from indexer.containers.formats.zip.local_header import LOCAL_HEADER
from indexer.containers.formats.zip.offsets import WRAP
from indexer.containers.grouping import SPLIT_ZIP_SLACK

_MOST_DISKS = 10_000
_MOST_SLACKS = 16  # bounds the search in zips with untrusted directories


def disk_starts(window: ByteRange, end: End, starts: tuple[int, ...]) -> tuple[int, ...]:
    """Return where each disk begins, for a zip whose volumes begin at ``starts``.

    Volumes that were joined into one file still have members numbered by disk. The only disk of a zip behind a prefix
    begins after the prefix. If only the last volume is present, the others begin at -1.
    """
    if len(starts) > 1 or end.directory_disk > _MOST_DISKS:
        return starts
    before = end.directory_position - end.directory_offset
    if end.directory_disk == 0:
        return (before,) if before > 0 and before % WRAP else starts  # an offset of 32 bits may have wrapped
    size = before // end.directory_disk
    if size <= 0:
        return (*[-1] * end.directory_disk, max(0, before))
    return _joined(window, end, size)


def _joined(window: ByteRange, end: End, size: int) -> tuple[int, ...]:
    """Return where the disks of joined volumes begin. Their sizes are nearly equal, ``size`` bytes on average.

    Each disk is searched by the local header of its first member; if it is not found, the average decides.
    """
    first = _first_headers(window, end)
    starts, known = [0], 0
    for disk in range(1, min(end.disk, _MOST_DISKS) + 1):
        distance = disk - known
        guess = starts[known] + distance * size
        slack = SPLIT_ZIP_SLACK * min(distance, _MOST_SLACKS)
        found = _find(window, first[disk], guess, slack) if disk in first else None
        starts.append(guess if found is None else found)
        known = known if found is None else disk
    return tuple(starts)


def _first_headers(window: ByteRange, end: End) -> dict[int, tuple[int, bytes]]:
    """Return offset and name of the first member that begins on each disk."""
    first: dict[int, tuple[int, bytes]] = {}
    for block in read_blocks(window, end, [0] * (_MOST_DISKS + 1)):
        disks, rows = _first_rows(block)
        for disk, row in zip(disks, rows, strict=True):
            first[disk] = min(first.get(disk, (1 << 64, b"")), (int(block.offset[row]), block.name(row)))
    return first


def _first_rows(block: Block) -> tuple[list[int], list[int]]:
    """Return the disks on which members of a block begin, and the row of the first member of each."""
    rows = np.flatnonzero(block.offset >= 0)
    rows = rows[np.argsort(block.offset[rows], kind="stable")]
    disks, places = np.unique(block.header["disk"][rows], return_index=True)
    return disks.tolist(), rows[places].tolist()


def _find(window: ByteRange, header: tuple[int, bytes], guess: int, slack: int) -> int | None:
    """Return where the disk with this local header begins, within ``slack`` bytes of ``guess``; None if not found."""
    offset, name = header
    begin = max(0, guess + offset - slack)
    try:
        data = window.read(begin, 2 * slack + LOCAL_HEADER + len(name))
    except BadData:  # the zip is inside another, of which a volume is missing
        return None
    local = b"PK\3\4" + b".{22}" + re.escape(struct.pack("<H", len(name))) + b".{2}" + re.escape(name)
    found = re.search(local, data, re.DOTALL)
    return begin + found.start() - offset if found else None
