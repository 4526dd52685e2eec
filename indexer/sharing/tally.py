"""What ``manifest.json`` says of the rows, found while they go by: memory does not grow with them."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from indexer.sharing.contents import Contents, digesting
from indexer.sharing.digests import Digests
from indexer.sharing.models import nested


@dataclass(frozen=True, slots=True)
class RowTally:
    """Fed with rows in canonical order (split, position)."""

    _contents: Contents
    _digests: Digests = field(default_factory=Digests)
    _counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, rows: pa.RecordBatch) -> pa.Array:
        """Take in the next rows; returns the part of each row's digest that travels with it."""
        self._counts.update(zip(rows["split"].to_pylist(), rows["role"].to_pylist(), strict=True))
        self._contents.add(rows.filter(pc.not_equal(rows["role"], "spare")), "hash")
        return self._digests.add(rows)

    def result(self) -> dict[str, Any]:
        """The fields ``rows``, ``digests`` and ``contents`` of a :class:`~indexer.sharing.models.Head`."""
        contents = self._contents.result()
        return {"rows": nested(self._counts), "digests": self._digests.result(), "contents": contents}


@contextmanager
def tallying(scratch: Path) -> Iterator[RowTally]:
    """A tally to be fed; what exceeds its memory waits in the folder ``scratch``."""
    with digesting(scratch) as contents:
        yield RowTally(contents)
