"""Refused rows of a shard, as rows of a Parquet file in the record of a build: there may be hundreds of thousands.

The file is written before the shard's record, and also while a shard of a build in parts has no record yet, because it
needs spares that only the last call assigns.
"""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from indexer.base.durable import writing
from materializer.models import Refusal, Shard

FOLDER = "record/refusals"
_SCHEMA = pa.schema(
    [
        pa.field("position", pa.int64(), nullable=False),
        pa.field("file_id", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("detail", pa.string(), nullable=False),
    ]
)
_KEY = b"key"
_BATCH = 10_000  # rows


def path_of(output: Path, shard: Shard) -> Path:
    """Return the path of the refused rows of a shard."""
    return output / FOLDER / f"{shard.stem}.parquet"


def write(output: Path, shard: Shard, key: str, refused: Sequence[Refusal]) -> None:
    """Write the refused rows of a shard with the plan key ``key``; without any, remove the file of an earlier try."""
    path = path_of(output, shard)
    if not refused:
        path.unlink(missing_ok=True)
        return
    schema = _SCHEMA.with_metadata({_KEY: key})
    with writing(path) as file, pq.ParquetWriter(pa.PythonFile(file, mode="w"), schema, compression="zstd") as writer:
        for start in range(0, len(refused), _BATCH):
            batch = refused[start : start + _BATCH]
            columns = [[getattr(refusal, name) for refusal in batch] for name in _SCHEMA.names]
            writer.write_batch(pa.record_batch(columns, schema=schema))


def read(output: Path, shard: Shard, key: str) -> tuple[Refusal, ...] | None:
    """Return the refused rows of a shard; None if the file is missing, damaged, or of another plan."""
    try:
        with pq.ParquetFile(path_of(output, shard), pre_buffer=False) as file:
            if file.schema_arrow.metadata[_KEY] != key.encode():
                return None
            batches = file.iter_batches(_BATCH, columns=_SCHEMA.names)
            return tuple(Refusal(**row) for batch in batches for row in batch.to_pylist())
    except (OSError, pa.ArrowInvalid, KeyError, TypeError, ValueError):
        return None
