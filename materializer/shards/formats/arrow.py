"""What ``DatasetDict.save_to_disk`` writes: Arrow streams, and three JSON files that lead to them.

Source: ``datasets`` 5.2, ``arrow_dataset.py`` and ``dataset_dict.py``.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from indexer.base.durable import HashingFile
from materializer.models import Feature, Shard, Written
from materializer.shards import schema as columns
from materializer.shards.record_batches import batches, blobs
from materializer.shards.transform import StoredImage


class ArrowWriter:
    """Appends rows to an Arrow stream."""

    def __init__(self, stream: pa.ipc.RecordBatchStreamWriter, feature: Feature) -> None:
        self._stream = stream
        self._feature = feature

    def write(self, rows: pa.Table, images: Sequence[StoredImage]) -> None:
        """Append ``rows``, each with its image."""
        for batch in batches(rows, images, self._feature):
            self._stream.write_batch(batch)


def path(shard: Shard) -> str:
    """``train/data-00003-of-00012.arrow``."""
    return f"{shard.split}/data-{shard.index:05d}-of-{shard.count:05d}.arrow"


@contextmanager
def writer(file: HashingFile, feature: Feature) -> Iterator[ArrowWriter]:
    """Write a shard to ``file``."""
    with pa.ipc.new_stream(pa.PythonFile(file, mode="w"), columns.schema(feature)) as stream:
        yield ArrowWriter(stream, feature)


def read(path: Path) -> Iterator[tuple[str, memoryview]]:
    """Yield file_id and image bytes of each row.

    Raises:
        pyarrow.ArrowInvalid: the file is damaged.
    """
    with pa.memory_map(str(path)) as source, pa.ipc.open_stream(source) as stream:
        for batch in stream:
            batch.validate(full=True)  # a damaged offset would be followed anywhere
            yield from zip(batch["file_id"].to_pylist(), blobs(batch["image"].field("bytes")), strict=True)


def leading_files(feature: Feature, splits: Mapping[str, Sequence[tuple[Shard, Written]]]) -> dict[str, Any]:
    """What ``datasets`` looks for, ``dataset_dict.json`` last."""
    info = {"citation": "", "description": "", "features": columns.features(feature), "homepage": "", "license": ""}
    files: dict[str, Any] = {}
    for split, shards in splits.items():
        files[f"{split}/dataset_info.json"] = info
        files[f"{split}/state.json"] = _state(split, shards)
    return files | {"dataset_dict.json": {"splits": list(splits)}}


def fingerprint(shards: Sequence[tuple[Shard, Written]]) -> str:
    """Of the shards' bytes, so that equal datasets share the caches of ``datasets``."""
    return hashlib.sha256("".join(written.sha256 for _, written in shards).encode()).hexdigest()[:16]


def _state(split: str, shards: Sequence[tuple[Shard, Written]]) -> dict[str, Any]:
    return {
        "_data_files": [{"filename": Path(path(shard)).name} for shard, _ in shards],
        "_fingerprint": fingerprint(shards),
        "_format_columns": None,
        "_format_kwargs": {},
        "_format_type": None,
        "_output_all_columns": False,
        "_split": split,
    }
