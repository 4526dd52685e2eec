"""The pairs of a matched selection in an export: which real image each fake was matched with.

``[align] jpeg = "real"`` encodes a fake as its real image is, so a rebuild needs them.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from indexer.base.errors import BadData
from indexer.manifest.store import Store

PAIRS_FILE = "pairs.parquet"
_SCHEMA = pa.schema([pa.field(name, pa.string(), nullable=False) for name in ("fake_id", "real_id")])
_ROWS_AT_A_TIME = 65_536


def write_pairs(store: Store, name: str, folder: Path) -> str:
    """Write the pairs of a selection; return their digest, or nothing if there are none, and then no file."""
    pairs = store.arrow("share/pairs", {"name": name}).cast(_SCHEMA)
    if not pairs.num_rows:
        return ""
    batches = pairs.combine_chunks().to_batches(_ROWS_AT_A_TIME)
    with pq.ParquetWriter(folder / PAIRS_FILE, _SCHEMA, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)
    return _digest(batches)


def copy_pairs(file: Path, clean: Path, digest: str, most: int) -> None:
    """Copy the pairs of an untrusted export that has them to the new file ``clean``. Runs in a worker.

    Raises:
        BadData: there are more than ``most``, or they are not those of ``digest``.
    """
    with pq.ParquetFile(file, pre_buffer=False) as source:
        if source.schema_arrow.names != _SCHEMA.names or source.metadata.num_rows > most:
            raise BadData(f"{PAIRS_FILE} has other columns than this format version, or more than {most:,} rows")
        batches = [
            pa.RecordBatch.from_arrays([raw[field.name].cast(field.type) for field in _SCHEMA], schema=_SCHEMA)
            for raw in source.iter_batches(_ROWS_AT_A_TIME)
        ]
    for batch in batches:
        batch.validate(full=True)
    if any(pc.any(pc.is_null(column)).as_py() for batch in batches for column in batch.columns):
        raise BadData(f"{PAIRS_FILE} has a row without a file_id")
    if _digest(batches) != digest:
        raise BadData(f"{PAIRS_FILE} was changed after it was made: ask for a fresh copy")
    pq.write_table(pa.Table.from_batches(batches, _SCHEMA), clean)


def store_pairs(store: Store, clean: Path, name: str) -> None:
    """Store the copied pairs of an import, if it has any."""
    if not clean.exists():
        return
    with pq.ParquetFile(clean, pre_buffer=False) as file:
        pairs = file.read()
    with store.registered("imported", pairs):
        store.append("selection_pair", "share/imported_pairs", {"name": name})


def _digest(batches: Iterable[pa.RecordBatch]) -> str:
    found = hashlib.sha256()
    for batch in batches:
        for fake, real in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            found.update(f"{fake}\n{real}\n".encode())
    return found.hexdigest()
