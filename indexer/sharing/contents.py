"""Content digests of a dataset: one per split and one for all splits, to compare by eye.

They cover file_ids and the sha256 of the original images.
Order, shard size, output format and conversion have no effect.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

import duckdb
import pyarrow as pa

from indexer.base import resources
from indexer.manifest.scratch import scratch_database

_BATCH_ROWS = 65_536


class ContentDigests:
    """Content digests of rows that are added in any order, batch by batch. DuckDB sorts them at the end."""

    def __init__(self, engine: duckdb.DuckDBPyConnection) -> None:
        self._engine = engine
        engine.execute("create table content (split varchar, file_id varchar, sha256 varchar)").fetchall()

    def add(self, rows: pa.RecordBatch | pa.Table, column: str) -> None:
        """Add rows with the columns split and file_id, and the sha256 (hex) of the images in ``column``."""
        table = rows if isinstance(rows, pa.Table) else pa.Table.from_batches([rows])
        self._engine.register("incoming", table.select(["split", "file_id", column]))
        self._engine.execute("insert into content select * from incoming").fetchall()
        self._engine.unregister("incoming")

    def result(self) -> dict[str, str]:
        """Return the sha256 (hex) per split, and of ``all`` splits in name order.

        The digest of a split is that of its lines ``file_id TAB sha256``, in the order of the bytes of the file_ids.
        """
        by_split: dict[str, hashlib._Hash] = {}
        for split, text in self._lines():
            by_split.setdefault(split, hashlib.sha256()).update(text)
        digests = {split: digest.hexdigest() for split, digest in by_split.items()}
        lines = "".join(f"{split}\t{digest}\n" for split, digest in digests.items())
        return {**digests, "all": hashlib.sha256(lines.encode()).hexdigest()}

    def _lines(self) -> Iterator[tuple[str, bytes]]:
        """Yield (split, consecutive lines), in order."""
        for batch in self._engine.sql(resources.sql("share/contents")).to_arrow_reader(_BATCH_ROWS):
            rows = zip(*(column.to_pylist() for column in batch.columns), strict=True)
            for split, lines in groupby(rows, key=lambda row: row[0]):
                yield split, "".join(f"{file_id}\t{sha256}\n" for _, file_id, sha256 in lines).encode()


@contextmanager
def digesting(scratch: Path) -> Iterator[ContentDigests]:
    """Yield empty digests. Rows that exceed their memory are kept in the folder ``scratch``."""
    with scratch_database(scratch) as engine:
        yield ContentDigests(engine)
