"""Row digests of an export: equal digests mean equal rows, all columns included."""

import hashlib

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from indexer.base import resources
from indexer.sharing.models import CHECK_LENGTH


class RowDigests:
    """One sha256 per split and one for all splits, of rows in canonical order (split, position).

    The digest of a row is computed by sql/share/digests.sql, in a separate database without other tables.
    """

    def __init__(self) -> None:
        self._engine = duckdb.connect()
        self._splits: dict[str, hashlib._Hash] = {}
        self._all = hashlib.sha256()

    def add(self, rows: pa.RecordBatch) -> pa.Array:
        """Add the next rows; returns the part of each digest that is stored in the row."""
        self._engine.register("incoming", pa.Table.from_batches([rows]))
        digested = self._engine.sql(resources.sql("share/digests")).to_arrow_table()
        for split in sorted(pc.unique(digested["split"]).to_pylist()):
            rows_of_split = digested.filter(pc.equal(digested["split"], split))
            text = "".join(rows_of_split["digest"].to_pylist()).encode("ascii")
            self._splits.setdefault(split, hashlib.sha256()).update(text)
            self._all.update(text)
        return pc.utf8_slice_codeunits(digested["digest"].combine_chunks(), 0, CHECK_LENGTH)

    def result(self) -> dict[str, str]:
        """Return the sha256 (hex) per split, and of ``all`` splits in name order."""
        splits = {name: digest.hexdigest() for name, digest in sorted(self._splits.items())}
        return splits | {"all": self._all.hexdigest()}
