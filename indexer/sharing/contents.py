"""What a dataset is made of, as one digest a split and one for all, which two labs compare by eye.

They are made of identities and of the images' bytes as their origins ship them: order, shard size, output format and
conversion have no say.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

import duckdb
import pyarrow as pa

from indexer.base import resources
from indexer.manifest.store import scratch_database

_AT_A_TIME = 65_536


class Contents:
    """The digests of rows that come in any order, a batch at a time; they are sorted in the end, on disk if need be."""

    def __init__(self, engine: duckdb.DuckDBPyConnection) -> None:
        self._engine = engine
        engine.execute("create table content (split varchar, file_id varchar, sha256 varchar)").fetchall()

    def add(self, rows: pa.RecordBatch | pa.Table, column: str) -> None:
        """Take in rows with the columns split and file_id, and the images' sha256 (hex) in ``column``."""
        self._engine.register("incoming", _table(rows).select(["split", "file_id", column]))
        self._engine.execute("insert into content select * from incoming").fetchall()
        self._engine.unregister("incoming")

    def result(self) -> dict[str, str]:
        """sha256 (hex) by split, and of ``all`` splits in name order.

        A split's digest is that of its lines ``file_id TAB sha256``, in the order of the file_ids' bytes.
        """
        by_split: dict[str, hashlib._Hash] = {}
        for split, text in self._lines():
            by_split.setdefault(split, hashlib.sha256()).update(text)
        digests = {split: digest.hexdigest() for split, digest in by_split.items()}
        lines = "".join(f"{split}\t{digest}\n" for split, digest in digests.items())
        return {**digests, "all": hashlib.sha256(lines.encode()).hexdigest()}

    def _lines(self) -> Iterator[tuple[str, bytes]]:
        """Each split in name order, and some of its lines end to end."""
        for batch in self._engine.sql(resources.sql("share/contents")).to_arrow_reader(_AT_A_TIME):
            rows = zip(*(column.to_pylist() for column in batch.columns), strict=True)
            for split, lines in groupby(rows, key=lambda row: row[0]):
                yield split, "".join(f"{file_id}\t{sha256}\n" for _, file_id, sha256 in lines).encode()


@contextmanager
def digesting(scratch: Path) -> Iterator[Contents]:
    """Digests to be fed; what exceeds their memory waits in the folder ``scratch``."""
    with scratch_database(scratch) as engine:
        yield Contents(engine)


def _table(rows: pa.RecordBatch | pa.Table) -> pa.Table:
    return rows if isinstance(rows, pa.Table) else pa.Table.from_batches([rows])
