"""Budgets against archives that ask for more than anybody means to give."""

from dataclasses import replace
from typing import Any

import numpy as np

from indexer.containers.entry import Entry
from indexer.containers.problems import CODES
from indexer.containers.rows import Health, decoded
from indexer.containers.shapes import Limits

_SMALL = 1 << 20  # bytes; whatever is smaller unpacked is no bomb, however well it was packed


def beyond_limits(size: Any, packed_size: Any, limits: Limits) -> Any:
    """Whether ``size`` bytes out of ``packed_size`` are more than a member may unpack to; numbers or arrays of them."""
    return (size > limits.member_size) | ((size > _SMALL) & (size > limits.ratio * np.maximum(packed_size, 1)))


def within_limits(entry: Entry, limits: Limits, health: Health) -> Entry:
    """``entry`` with a problem if it asks for too much; whatever its problem is becomes a finding."""
    row = entry.row
    packed = row.packed_size if row.packed_size is not None else row.size
    if row.problem is None and row.size is not None and beyond_limits(row.size, packed, limits):
        entry = replace(entry, row=replace(row, problem="over the size limit"))
    if entry.row.problem:
        health.add(CODES[entry.row.problem], f"{decoded(row.name)[0]}: {entry.row.problem}", row.ordinal)
    return entry
