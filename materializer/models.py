"""What crosses the borders inside phase two."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import pyarrow as pa

from indexer.base.remote import Root
from indexer.containers.models import ArchiveLimits, Container
from indexer.images import ImageLimits


class Format(StrEnum):
    """What is written; each is opened by its own stock reader."""

    ARROW = "arrow"  # datasets.load_from_disk
    PARQUET = "parquet"  # datasets.load_dataset, the hub
    WEBDATASET = "webdataset"  # tars of image and JSON


class Feature(StrEnum):
    """How the image column is stored."""

    LARGE = "large"
    STANDARD = "standard"


class Pixels(StrEnum):
    """What becomes of an image's bytes."""

    RGB = "rgb"  # RGB images keep theirs, others become RGB on white, lossless PNG
    VERBATIM = "verbatim"  # every image keeps its bytes
    JPEG = "jpeg"  # every image becomes an RGB JPEG


class Check(StrEnum):
    """How far an image is looked into before it is stored."""

    DECODE = "decode"
    HEADER = "header"
    NONE = "none"


class RowOrder(StrEnum):
    """The order of a split's rows."""

    SHUFFLED = "shuffled"  # by a hash of seed and file_id: origins mix in every shard
    SELECTION = "selection"


@dataclass(frozen=True, slots=True)
class Settings:
    """What decides the output's bytes, beside selection and sources. Sizes in bytes, quality 1 to 100."""

    format: Format = Format.ARROW
    feature: Feature = Feature.LARGE
    pixels: Pixels = Pixels.RGB
    quality: int = 95
    check: Check = Check.DECODE
    order: RowOrder = RowOrder.SHUFFLED
    shard_size: int = 500_000_000


@dataclass(frozen=True, slots=True)
class Request:
    """One build. ``roots`` maps a source's key to its place on this machine; ``scratch`` is for spilled images.

    ``allow_missing``: containers that are gone or have changed do not stop it; spares stand in for what lies in them.
    """

    selection: str
    output: Path
    roots: Mapping[str, Root]
    scratch: Path
    settings: Settings = field(default_factory=Settings)
    limits: ArchiveLimits = field(default_factory=ArchiveLimits)
    image_limits: ImageLimits = field(default_factory=ImageLimits)
    allow_missing: bool = False


@dataclass(frozen=True, slots=True)
class Shard:
    """A shard's name: ``index`` of ``count`` in its split."""

    split: str
    index: int
    count: int

    @property
    def stem(self) -> str:
        """``train-00003-of-00012``."""
        return f"{self.split}-{self.index:05d}-of-{self.count:05d}"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that cannot be used: its place (a spare's: its rank), and why."""

    place: int
    file_id: str
    reason: str
    detail: str

    @property
    def is_doubtful(self) -> bool:
        """Whether another look may change it: it is as much about the disk and the memory of that day as the image."""
        return self.reason in ("unreadable", "not found again", "died")


@dataclass(frozen=True, slots=True)
class RowsTask:
    """Rows to read and check, in output order, with the containers they lie in by ``container_id``."""

    rows: pa.Table
    containers: Mapping[int, Container]
    settings: Settings
    limits: ArchiveLimits
    image_limits: ImageLimits


@dataclass(frozen=True, slots=True)
class ShardTask:
    """A shard to write below ``output``.

    ``key`` tells whether one that stands there already is this one; ``refused`` are rows that others stand in for.
    """

    shard: Shard
    output: Path
    key: str
    work: RowsTask
    refused: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """A shard that stands under its final name: rows, bytes and sha256 of the file; images as they were converted."""

    rows: int
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class TaskResult:
    """What became of a shard. ``written`` is None where rows were refused: it waits for spares."""

    written: Written | None
    refused: tuple[Refusal, ...]
    kept: bool = False
