"""Check the offsets of a zip's directory against local headers, and repair those that are wrong.

macOS Archive Utility writes zips of more than 4 GiB without ZIP64: offsets are modulo 2^32, in the order of the data.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from indexer.base.errors import BadData
from indexer.containers.bytes.volumes import ByteRange
from indexer.containers.formats.zip.directory import Block, Ints
from indexer.containers.formats.zip.local_header import HEAD_SIZE, local_name
from indexer.containers.formats.zip.relocation import Relocation
from indexer.containers.members.rows import Health

_CHECKED = 6  # members per block of the directory, first and last included
_SMALL = 1 << 20  # bytes of a zip that one read brings into memory: more of its members are checked
_CHECKED_OF_SMALL = 256
_MOST_EDGES = 2_000
WRAP = 1 << 32


@dataclass(frozen=True, slots=True)
class CheckedBlock:
    """A block of the directory, and how many of its members were checked against the local headers at their offsets.

    ``found`` have a local header there; ``wrong`` have none, or that of another member.
    """

    block: Block
    checked: int
    found: int
    wrong: int


def check(window: ByteRange, block: Block) -> CheckedBlock:
    """Check the first, the last, some members between and those next to edges: those whose header can be read."""
    rows = np.flatnonzero((block.offset >= 0) & (block.offset < window.size))
    if not len(rows):
        return CheckedBlock(block, 0, 0, 0)
    is_small = window.size <= _SMALL and not window.volumes.is_remote
    number = _CHECKED_OF_SMALL if is_small else _CHECKED
    between = np.linspace(0, len(rows) - 1, number).astype(np.int64)
    sample = rows[np.unique(np.append(between, _next_to_edges(window, block.offset[rows])))]
    window.prefetch([(int(block.offset[row]), HEAD_SIZE) for row in sample])
    present = [int(row) for row in sample if _is_present(window, int(block.offset[row]))]
    names = [local_name(window, int(block.offset[row])) for row in present]
    wrong = sum(name != block.name(row) for row, name in zip(present, names, strict=True))
    return CheckedBlock(block, len(present), sum(name is not None for name in names), wrong)


def _next_to_edges(window: ByteRange, offsets: Ints) -> Ints:
    """Return the indexes of the members that begin last before and first after each edge of a volume or hole.

    A volume in a wrong place, or of another archive, and the missing pieces of a download are found so.
    """
    edges = window.edges()[:_MOST_EDGES]
    if not edges:
        return np.empty(0, np.int64)
    order = np.argsort(offsets, kind="stable")
    after = np.searchsorted(offsets[order], edges)
    places = np.unique(np.clip(np.concatenate([after - 1, after]), 0, len(offsets) - 1))
    found: Ints = order[places]
    return found


def repaired_blocks(window: ByteRange, blocks: Iterator[CheckedBlock], health: Health) -> Iterator[Block]:
    """Yield blocks of the directory; wrong offsets are replaced by those of the local headers, and are findings."""
    wraps, relocation = 0, Relocation(window)
    for checked in blocks:
        may_wrap = window.size > WRAP and bool(wraps or checked.wrong)
        rest, found = _unwrapped(window, checked.block, wraps) if may_wrap else (checked, 0)
        if found and not wraps:
            health.add("offsets-wrapped", "offsets wrapped at 4 GiB, as macOS Archive Utility writes them")
        wraps, block = found, rest.block
        if rest.wrong:
            block, moved, lost = relocation.corrected(block)
            if moved or lost or rest.found == rest.wrong:  # otherwise some were renamed in the directory only
                at_offset = f"{rest.wrong} of {rest.checked} checked members have another local header at their offset"
                health.add("offset-differs", f"{at_offset}, or none: {moved} were found elsewhere, {lost} not")
            else:
                names = f"{rest.wrong} of {rest.checked} checked members have another name in their local header"
                health.add("name-differs", f"{names}: the names in the directory count")
        yield block


def _is_present(window: ByteRange, offset: int) -> bool:
    try:
        return bool(window.read(offset, 1))
    except BadData:  # in a missing volume
        return False


def _unwrapped(window: ByteRange, block: Block, wraps: int) -> tuple[CheckedBlock, int]:
    """Add to each offset the multiple of 4 GiB that leads to the local header; return the number of wraps as well."""
    offsets, rows = block.offset.copy(), np.flatnonzero((block.offset >= 0) & (block.offset < window.size))
    matched = wrong = 0
    for row in rows.tolist():
        listed, name = int(block.offset[row]), block.name(row)
        places = range(listed + wraps * WRAP, window.size, WRAP)
        found = next((place for place in places if local_name(window, place) == name), None)
        if found is not None:
            offsets[row], wraps = found, (found - listed) // WRAP
            matched += 1
        elif _is_present(window, listed):
            wrong += 1
    return CheckedBlock(replace(block, offset=offsets), matched + wrong, matched, wrong), wraps
