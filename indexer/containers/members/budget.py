"""Budgets against decompression bombs."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from indexer.base.errors import BadData
from indexer.containers.members.entry import Entry
from indexer.containers.members.rows import Health, decoded
from indexer.containers.models import ArchiveLimits
from indexer.containers.problems import CODES

_SMALL = 1 << 20  # bytes; a member that unpacks to less is not a bomb at any ratio
_SOON = 1 << 30  # bytes; a walk that unpacks less ends soon at any ratio


def beyond_limits(size: Any, packed_size: Any, limits: ArchiveLimits) -> Any:
    """Return whether ``size`` bytes from ``packed_size`` exceed the limits of a member; for numbers or arrays."""
    return (size > limits.member_size) | ((size > _SMALL) & (size > limits.ratio * np.maximum(packed_size, 1)))


def within_limits(entry: Entry, limits: ArchiveLimits, health: Health) -> Entry:
    """Return ``entry``, with a problem if it exceeds the limits. Any problem of it becomes a finding."""
    row = entry.row
    packed = row.packed_size if row.packed_size is not None else row.size
    if row.problem is None and row.size is not None and beyond_limits(row.size, packed, limits):
        entry = replace(entry, row=replace(row, problem="over the size limit"))
    if entry.row.problem:
        health.add(CODES[entry.row.problem], f"{decoded(row.name)[0]}: {entry.row.problem}{entry.note}", row.ordinal)
    return entry


class Budget:
    """The total that one walk through a container of ``packed_size`` bytes may unpack, on all levels of nesting."""

    def __init__(self, limits: ArchiveLimits, packed_size: int) -> None:
        self.limits = limits
        self._most = min(limits.unpacked, max(_SOON, int(limits.ratio * packed_size)))
        self._spent = 0

    def spend(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """Yield ``blocks`` while the budget lasts, then raise BadData."""
        for block in blocks:
            self._spent += len(block)
            if self._spent > self._most:
                raise BadData("over the unpacking limit", f"more than {self._most} bytes in all")
            yield block
