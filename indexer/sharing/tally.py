"""Counts and digests of the rows of an export, for ``manifest.json``, in constant memory."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from indexer.sharing.contents import ContentDigests, digesting
from indexer.sharing.digests import RowDigests
from indexer.sharing.models import nested


@dataclass(frozen=True, slots=True)
class RowTally:
    """Counts and digests of rows that are added in canonical order (split, position)."""

    _contents: ContentDigests
    _digests: RowDigests = field(default_factory=RowDigests)
    _counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, rows: pa.RecordBatch) -> pa.Array:
        """Add the next rows; returns the part of each digest that is stored in the row."""
        self._counts.update(zip(rows["split"].to_pylist(), rows["role"].to_pylist(), strict=True))
        self._contents.add(rows.filter(pc.not_equal(rows["role"], "spare")), "hash")
        return self._digests.add(rows)

    def result(self) -> dict[str, Any]:
        """Return the fields ``rows``, ``digests`` and ``contents`` of :class:`~indexer.sharing.models.ExportHeader`."""
        contents = self._contents.result()
        return {"rows": nested(self._counts), "digests": self._digests.result(), "contents": contents}


@contextmanager
def tallying(scratch: Path) -> Iterator[RowTally]:
    """Yield an empty tally. Rows that exceed its memory are kept in the folder ``scratch``."""
    with digesting(scratch) as contents:
        yield RowTally(contents)
