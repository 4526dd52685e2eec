"""The types of containers that other packages use: containers, raw rows, reports, members to read."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import pyarrow as pa

from indexer.base.errors import BadData
from indexer.base.remote import Root
from indexer.containers.kinds import Kind


class Access(StrEnum):
    """How the bytes of a member are reached."""

    FILE = "file"  # the whole file on disk
    SLICE = "slice"  # the `packed_size` bytes at `offset` are the member
    ZIP = "zip"  # at `offset` is a zip's local header, then `packed_size` bytes packed by `method`
    SEQUENTIAL = "sequential"  # by one pass over the container, at `ordinal`
    CELL = "cell"  # row and column of an Arrow or Parquet file


class ContainerStatus(StrEnum):
    """How far a container could be listed; ``complete`` only if that is proven."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Volume:
    """One file of a container. ``path`` is below the source's root; names that are not UTF-8 have surrogate escapes."""

    path: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Container:
    """An archive with its volumes in reading order, or the loose files of a source (kind folder, path '').

    ``source`` is the key by which a worker on another machine finds its own root; '' if no other root is needed.
    ``hint`` is the likely cause if the archive turns out to be incomplete; '' if none is known.
    """

    root: Root
    path: str
    kind: Kind
    volumes: tuple[Volume, ...]
    source: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem of a container (``ordinal`` None) or of one of its members; ``code`` is a stable word."""

    code: str
    detail: str
    ordinal: int | None = None


@dataclass(frozen=True, slots=True)
class ListingReport:
    """The result of listing a container."""

    status: ContainerStatus
    reason: str | None
    declared: int | None
    listed: int
    row_count: int | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """Budgets for untrusted archives; the defaults are far above every real source.

    Sizes are in bytes, times in seconds. ``unpacked`` is the total that one walk through a container may unpack, on all
    levels of nesting. ``zstd_window`` is the memory that one zstd stream may use. ``ratio`` is unpacked
    to packed bytes, of one member and of a walk.
    """

    members: int = 100_000_000
    depth: int = 4
    member_size: int = 16 << 30
    unpacked: int = 4 << 40
    ratio: float = 1_200.0
    side_file_size: int = 4 << 30
    zstd_window: int = 2 << 30
    seconds: float = 600.0


class MemberRef(NamedTuple):  # of each image read, one is made: five times as fast as a frozen dataclass
    """A member to read: the columns of its raw row that locate its bytes. ``key`` is chosen by the caller.

    ``path`` is the name on disk, with surrogate escapes; the row has it escaped as text.
    """

    key: int
    ordinal: int
    path: str
    name: str | None
    access: Access
    offset: int | None
    packed_size: int | None
    size: int | None
    method: str | None
    crc32: int | None


@dataclass(frozen=True, slots=True)
class MemberBytes:
    """A member that was read during a walk because only sequential access reaches it: its bytes, or why there are none.

    ``ordinal`` and ``name`` are those of its row. ``target`` is the ordinal of the earlier member whose bytes it has,
    if the walk has passed them: then they must be read by another walk.
    """

    ordinal: int
    name: str
    data: bytes | BadData
    target: int | None = None


# A raw row as listings yield it: the table `member` of the manifest without the ids that the store assigns.
MEMBER_SCHEMA = pa.schema(
    [
        pa.field("ordinal", pa.int64(), nullable=False),
        pa.field("path", pa.string(), nullable=False),
        pa.field("name", pa.string()),
        pa.field("name_bytes", pa.binary()),
        pa.field("size", pa.int64()),
        pa.field("packed_size", pa.int64()),
        pa.field("method", pa.string()),
        pa.field("crc32", pa.uint32()),
        pa.field("access", pa.string(), nullable=False),
        pa.field("offset", pa.int64()),
        pa.field("mtime_ns", pa.int64()),
        pa.field("problem", pa.string()),
    ]
)
