"""Divide rows into windows, which are prefetched, and these into pieces, which fit into the processor's cache."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import pyarrow as pa

WINDOW_SIZE = 48_000_000
WINDOW_ROWS = 2_000
PIECE_SIZE = 8_000_000

Row: TypeAlias = Mapping[str, Any]


def windows(rows: pa.Table) -> Iterator[list[Row]]:
    """Yield windows of rows of at most ``WINDOW_SIZE`` expected bytes; a larger image has its own window."""
    window: list[Row] = []
    size = 0
    for batch in rows.to_batches(max_chunksize=WINDOW_ROWS):
        for row in batch.to_pylist():
            if window and (size + row["expected_size"] > WINDOW_SIZE or len(window) >= WINDOW_ROWS):
                yield window
                window, size = [], 0
            window.append(row)
            size += row["expected_size"]
    if window:
        yield window


def pieces(window: Sequence[Row]) -> list[Sequence[Row]]:
    """Divide a window into pieces of at most ``PIECE_SIZE`` expected bytes, or of one larger image."""
    found, start, size = [], 0, 0
    for end, row in enumerate(window):
        if end > start and size + row["expected_size"] > PIECE_SIZE:
            found.append(window[start:end])
            start, size = end, 0
        size += row["expected_size"]
    return [*found, window[start:]]
