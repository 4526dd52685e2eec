"""The interface of an output format."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, ClassVar, Literal

import pyarrow as pa

from indexer.base.durable import HashingFile, sha256_of
from indexer.base.errors import OutputError
from indexer.base.selection_terms import is_split_name
from materializer.models import Feature, Settings, Shard, ShardFile
from materializer.shards import digests
from materializer.shards.transform import PreparedImage

# The split is the name of the folder or of the file.
_NUMBERED = re.compile(
    r"(?P<folder>[^/]+)/(?:[^/]+/)?(?P<name>[^/]+)-(?P<index>[0-9]{5,9})-of-(?P<count>[0-9]{5,9})\.\w+"
)
# `datasets` 5.2, splits.py.
_LOADER_SPLIT = re.compile(r"\w+(\.\w+)*")
# Path and content of a file that a loader needs; the content may be larger than memory.
LeadingFile = tuple[str, Iterable[bytes]]
# The shards of each split, in order.
ShardFiles = Mapping[str, Sequence[tuple[Shard, ShardFile]]]


def is_loader_split(name: str) -> bool:
    """Return whether ``datasets`` accepts a name of a split: hyphens are refused."""
    return _LOADER_SPLIT.fullmatch(name) is not None


class ShardWriter(ABC):
    """Appends rows to a shard, which is written to ``file``."""

    def __init__(self, file: HashingFile) -> None:
        self._file = file

    @abstractmethod
    def write(self, rows: pa.Table, images: Sequence[PreparedImage], *, ends_window: bool = True) -> None:
        """Append ``rows``, each with its image.

        ``ends_window``: the images' memory is used again afterwards. Arrow's batches end with the windows.
        """

    @property
    def digest(self) -> str:
        """The digest of the shard, once its context has ended."""
        return digests.of_sha256(self._file.sha256)


class OutputFormat(ABC):
    """How the shards of one format are named, written, read and opened."""

    name: ClassVar[str]  # the value of --format
    media_type: ClassVar[str]  # of a shard
    loader: ClassVar[Literal["load_from_disk", "load_dataset"]]  # the function of `datasets` that opens the folder
    features: ClassVar[tuple[Feature, ...]]  # the image features that it can store; the first is the default
    holds_images: ClassVar[bool] = True  # in its shards; else in loose files
    stores_companions: ClassVar[bool] = False  # as further image columns
    buffer_size: ClassVar[int] = 0  # bytes that its writer keeps in memory
    hashes_file: ClassVar[bool] = True  # whether its digest is the sha256 of the file

    @abstractmethod
    def path(self, shard: Shard) -> str:
        """Return the path of a shard, relative to the output folder."""

    def is_shard_path(self, path: str) -> bool:
        """Return whether :meth:`path` returns ``path``, which is untrusted, for a shard."""
        found = _NUMBERED.fullmatch(path)
        if found is None:
            return False
        index, count = int(found["index"]), int(found["count"])
        splits = filter(is_split_name, (found["folder"], found["name"]))
        return any(self.path(Shard(split, index, count)) == path for split in splits)

    @abstractmethod
    def pattern(self, split: str) -> str:
        """Return a glob pattern that matches the paths of a split's shards."""

    @abstractmethod
    def writer(self, file: HashingFile, output: Path, settings: Settings) -> AbstractContextManager[ShardWriter]:
        """Open a writer of one shard in the folder ``output``; leaving the context completes the shard."""

    @abstractmethod
    def read(self, path: Path) -> Iterator[tuple[str, bytes | memoryview]]:
        """Yield file_id and image bytes of each row of a shard.

        Raises:
            pyarrow.ArrowInvalid, tarfile.TarError, OSError, ValueError, KeyError: the file is damaged.
        """

    def is_intact(self, path: Path, file: ShardFile) -> bool:
        """Return whether the shard at ``path`` has the recorded bytes."""
        return file.has_size_of(path) and digests.of_sha256(sha256_of(path)) == file.digest

    def batches(self, path: Path) -> AbstractContextManager[Iterator[pa.RecordBatch]]:
        """Open a shard as record batches, with the columns of the output.

        Raises:
            OutputError: the format has no columns.
        """
        raise OutputError(f"{path} has no columns: build with --format arrow or parquet to make a report")

    def declared_columns(self, suffixes: Sequence[str], settings: Settings) -> list[dict[str, Any]]:  # noqa: ARG002
        """Return the columns as the YAML head of the card declares them; none if the shards themselves declare them.

        ``suffixes`` are those of the stored images.
        """
        return []

    def leading_files(self, output: Path, settings: Settings, shards: ShardFiles) -> Iterator[LeadingFile]:  # noqa: ARG002
        """Yield path and content, in pieces, of the files that the loader needs, in writing order."""
        yield from ()

    def loose_files(self, output: Path, shard: Shard) -> Iterator[str]:  # noqa: ARG002
        """Yield the paths of files that a shard consists of, besides its own, relative to the output folder."""
        yield from ()

    def stray_files(self, output: Path, shards: ShardFiles) -> Iterator[Path]:  # noqa: ARG002
        """Yield loose files that belong to none of the shards: of earlier plans, or of attempts that were given up."""
        yield from ()
