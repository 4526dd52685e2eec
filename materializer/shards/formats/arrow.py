"""Arrow, as ``DatasetDict.save_to_disk`` writes it: one stream per shard, and JSON files that name the shards.

Source: ``datasets`` 5.2, ``arrow_dataset.py`` and ``dataset_dict.py``.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from indexer.base.durable import HashingFile, json_bytes
from materializer.models import Feature, Settings, Shard, ShardFile
from materializer.shards import schema as columns
from materializer.shards.digests import known_sha256
from materializer.shards.formats.arrow_stream import ArrowStream, arrow_stream, digest_of
from materializer.shards.formats.output_format import (
    LeadingFile,
    OutputFormat,
    ShardFiles,
    ShardWriter,
    is_loader_split,
)
from materializer.shards.record_batches import BatchMaker, blobs
from materializer.shards.transform import PreparedImage


class ArrowWriter(ShardWriter):
    """Appends rows to an Arrow stream."""

    def __init__(self, file: HashingFile, stream: ArrowStream, settings: Settings) -> None:
        super().__init__(file)
        self._stream = stream
        self._batches = BatchMaker(settings)

    def write(self, rows: pa.Table, images: Sequence[PreparedImage], *, ends_window: bool = True) -> None:
        """Append ``rows``, each with its image."""
        for batch in self._batches.add(rows, images, ends_window=ends_window):
            self._stream.write(batch.rows, batch.digests)

    @property
    def digest(self) -> str:
        """The digest of the shard, once its context has ended."""
        return self._stream.digest


class ArrowFormat(OutputFormat):
    """The default format; ``train/data-00003-of-00012.arrow``."""

    name = "arrow"
    media_type = "application/vnd.apache.arrow.stream"
    loader = "load_from_disk"
    features = (Feature.LARGE, Feature.STANDARD)
    stores_companions = True
    hashes_file = False

    def path(self, shard: Shard) -> str:
        """Return the path of a shard, relative to the output folder."""
        return f"{shard.split}/data-{shard.index:05d}-of-{shard.count:05d}.arrow"

    def pattern(self, split: str) -> str:
        """Return a glob pattern that matches the paths of a split's shards."""
        return f"{split}/data-*.arrow"

    @contextmanager
    def writer(self, file: HashingFile, output: Path, settings: Settings) -> Iterator[ArrowWriter]:  # noqa: ARG002
        """Open a writer of one shard."""
        with arrow_stream(file, columns.schema(settings)) as stream:
            yield ArrowWriter(file, stream, settings)

    def read(self, path: Path) -> Iterator[tuple[str, memoryview]]:
        """Yield file_id and image bytes of each row."""
        with self.batches(path) as batches:
            for batch in batches:
                yield from zip(batch["file_id"].to_pylist(), blobs(batch["image"].field("bytes")), strict=True)

    def is_intact(self, path: Path, file: ShardFile) -> bool:
        """Return whether the shard at ``path`` has the recorded bytes."""
        if known_sha256(file.digest):
            return super().is_intact(path, file)  # of a build by an earlier version
        try:
            return file.has_size_of(path) and digest_of(path) == file.digest
        except (pa.ArrowException, OSError, ValueError, KeyError, TypeError, AttributeError):
            return False

    @contextmanager
    def batches(self, path: Path) -> Iterator[Iterator[pa.RecordBatch]]:
        """Map a shard into memory: only pages that are used are read from disk."""
        with pa.memory_map(str(path)) as source, pa.ipc.open_stream(source) as stream:
            yield map(_validated, stream)

    def leading_files(self, output: Path, settings: Settings, shards: ShardFiles) -> Iterator[LeadingFile]:  # noqa: ARG002
        """Yield the files that ``load_from_disk`` reads, ``dataset_dict.json`` last."""
        features = columns.features(settings)
        info = {"citation": "", "description": "", "features": features, "homepage": "", "license": ""}
        for split, written in shards.items():
            yield f"{split}/dataset_info.json", [json_bytes(info)]
            state: dict[str, object] = {
                "_data_files": [{"filename": Path(self.path(shard)).name} for shard, _ in written],
                "_fingerprint": fingerprint([file for _, file in written]),
                "_format_columns": None,
                "_format_kwargs": {},
                "_format_type": None,
                "_output_all_columns": False,
                "_split": split if is_loader_split(split) else None,
            }
            yield f"{split}/state.json", [json_bytes(state)]
        yield "dataset_dict.json", [json_bytes({"splits": list(shards)})]


def fingerprint(files: Sequence[ShardFile]) -> str:
    """Return a hash of the shards' bytes, so that equal datasets share the caches of ``datasets``."""
    # An earlier version hashed the sha256 of the files, without the name of the digest's kind.
    return hashlib.sha256("".join(known_sha256(file.digest) or file.digest for file in files).encode()).hexdigest()[:16]


def _validated(batch: pa.RecordBatch) -> pa.RecordBatch:
    batch.validate(full=True)  # Arrow follows a damaged offset to any address
    return batch
