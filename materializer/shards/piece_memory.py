"""Memory for the images of pieces: each is read to the place that it has in the output.

The memory is allocated once and used again, because a fresh page costs more than a copy of its bytes, and because what
stays in the processor's cache is hashed and written faster. Images that are stored unchanged are written from their
places, without a copy in between.
"""

from collections.abc import Iterable
from itertools import cycle

import pyarrow as pa

from indexer.containers.copying import LOCATED
from indexer.containers.models import MemberRef


class PieceMemory:
    """Memory of ``count`` pieces of ``size`` bytes. A piece gets that of the piece ``count`` before it."""

    def __init__(self, size: int, count: int) -> None:
        self._views = cycle([memoryview(pa.allocate_buffer(size)).cast("B") for _ in range(count)])

    def places(self, members: Iterable[MemberRef]) -> dict[int, memoryview]:
        """Return the places of the members of the next piece, by key.

        Members of unknown size, those without random access, and those beyond the memory have no place.
        """
        view = next(self._views)
        places: dict[int, memoryview] = {}
        start = 0
        for member in members:
            size = member.size
            if size and member.access in LOCATED and start + size <= len(view):
                places[member.key] = view[start : start + size]
                start += size
        return places
