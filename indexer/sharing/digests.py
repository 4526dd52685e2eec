"""Digests over canonical rows: equal digests mean equal datasets, wherever and however they were packed."""

import hashlib
from collections.abc import Iterator

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from indexer.base import resources
from indexer.sharing.models import CHECK_LENGTH


class Digests:
    """A sha256 for each split and one for all, fed with rows in canonical order (split, position).

    The digest of a row is SQL (sql/share/digests.sql), run in a database of its own that holds nothing else.
    """

    def __init__(self) -> None:
        self._engine = duckdb.connect()
        self._splits: dict[str, hashlib._Hash] = {}
        self._all = hashlib.sha256()

    def add(self, rows: pa.RecordBatch) -> pa.Array:
        """Take in the next rows; returns the part of each row's digest that travels with it."""
        self._engine.register("incoming", pa.Table.from_batches([rows]))
        digested = self._engine.sql(resources.sql("share/digests")).to_arrow_table()
        for split, text in _runs(digested):
            self._splits.setdefault(split, hashlib.sha256()).update(text)
            self._all.update(text)
        return pc.utf8_slice_codeunits(digested["digest"].combine_chunks(), 0, CHECK_LENGTH)

    def result(self) -> dict[str, str]:
        """Digests (hex) by split, and ``all`` over every split in name order."""
        splits = {name: digest.hexdigest() for name, digest in sorted(self._splits.items())}
        return splits | {"all": self._all.hexdigest()}


def _runs(digested: pa.Table) -> Iterator[tuple[str, bytes]]:
    """Each split of the rows with its rows' digests end to end."""
    for split in sorted(pc.unique(digested["split"]).to_pylist()):
        chosen = digested.filter(pc.equal(digested["split"], split))["digest"]
        yield split, "".join(chosen.to_pylist()).encode("ascii")
