"""Where in a window each disk (volume) of a zip begins."""

import re
import struct

import numpy as np

from indexer.base.errors import BadData
from indexer.containers.bytes.volumes import ByteRange
from indexer.containers.formats.zip.directory import Block, read_blocks
from indexer.containers.formats.zip.end import End

_MOST_DISKS = 10_000
_SLACK = 1024  # bytes by which a volume may end early: a header is not cut
_MOST_SLACKS = 16  # what is searched stays small, whatever a stranger's directory says


def disk_starts(window: ByteRange, end: End, starts: tuple[int, ...]) -> tuple[int, ...]:
    """Where each disk begins, for a zip whose volumes begin at ``starts``.

    Volumes that somebody joined into one file still have members numbered by disk. Of a zip behind a prefix, the only
    disk begins there. Where a last volume is all that there is, the others begin at -1.
    """
    if len(starts) > 1 or end.directory_disk > _MOST_DISKS:
        return starts
    before = end.directory_position - end.directory_offset
    if end.directory_disk == 0:
        return (before,) if before > 0 else starts
    size = before // end.directory_disk
    if size <= 0:
        return (*[-1] * end.directory_disk, max(0, before))
    return _joined(window, end, size)


def _joined(window: ByteRange, end: End, size: int) -> tuple[int, ...]:
    """The disks of joined volumes that are ``size`` bytes on average: nearly equal, as a volume may end early.

    So each disk is looked for by its first member's local header, and lies where the average puts it if none is found.
    """
    first = _first_headers(window, end)
    starts, known = [0], 0
    for disk in range(1, min(end.disk, _MOST_DISKS) + 1):
        distance = disk - known
        guess = starts[known] + distance * size
        found = _find(window, first[disk], guess, _SLACK * min(distance, _MOST_SLACKS)) if disk in first else None
        starts.append(guess if found is None else found)
        known = known if found is None else disk
    return tuple(starts)


def _first_headers(window: ByteRange, end: End) -> dict[int, tuple[int, bytes]]:
    """The first member of each disk on which one begins: its offset there, and its name."""
    first: dict[int, tuple[int, bytes]] = {}
    for block in read_blocks(window, end, [0] * (_MOST_DISKS + 1)):
        disks, rows = _first_rows(block)
        for disk, row in zip(disks, rows, strict=True):
            start = int(block.name_start[row])
            name = block.data[start : start + int(block.name_size[row])].tobytes()
            first[disk] = min(first.get(disk, (1 << 64, b"")), (int(block.offset[row]), name))
    return first


def _first_rows(block: Block) -> tuple[list[int], list[int]]:
    """The disks that a block's members begin on, and the row of each one's first."""
    rows = np.flatnonzero(block.offset >= 0)
    rows = rows[np.argsort(block.offset[rows], kind="stable")]
    disks, places = np.unique(block.header["disk"][rows], return_index=True)
    return disks.tolist(), rows[places].tolist()


def _find(window: ByteRange, header: tuple[int, bytes], guess: int, slack: int) -> int | None:
    """Where the disk begins that has this local header, ``slack`` bytes around ``guess`` at most."""
    offset, name = header
    begin = max(0, guess + offset - slack)
    try:
        data = window.read(begin, 2 * slack + 30 + len(name))
    except BadData:  # the zip lies in another, of which a volume is missing
        return None
    local = b"PK\3\4" + b".{22}" + re.escape(struct.pack("<H", len(name))) + b".{2}" + re.escape(name)
    found = re.search(local, data, re.DOTALL)
    return begin + found.start() - offset if found else None
