"""Memory for the images of one window: each is read to the place that it has in the output.

The memory is allocated once and used again by each window, because a fresh page costs more than a copy of its bytes.
Images that are stored unchanged are then written from their places, without a copy in between.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from indexer.containers.copying import LOCATED
from indexer.containers.from_manifest import access_of


class WindowMemory:
    """Memory of ``size`` bytes."""

    def __init__(self, size: int) -> None:
        self._view = memoryview(pa.allocate_buffer(size)).cast("B")

    def places(self, rows: Sequence[Mapping[str, Any]]) -> dict[int, memoryview]:
        """Return the places of the rows of a window, by position. They replace those of the window before.

        Rows of unknown size, those without random access, and those beyond the memory have no place.
        """
        places: dict[int, memoryview] = {}
        start = 0
        for row in rows:
            size = row["size"]
            if size and row["refusal"] is None and access_of(row) in LOCATED and start + size <= len(self._view):
                places[row["position"]] = self._view[start : start + size]
                start += size
        return places
