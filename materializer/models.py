"""The values that the modules of phase two pass to each other."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path

import pyarrow as pa

from indexer.base.remote import Root
from indexer.containers.models import ArchiveLimits, Container
from indexer.images import ImageLimits
from indexer.images.jpeg_encoding import JpegEncoding
from indexer.images.rendition import Rendition


class Feature(StrEnum):
    """How the image column is stored."""

    LARGE = "large"  # LargeImage: 64-bit offsets
    STANDARD = "standard"  # datasets.Image: 32-bit offsets


class Pixels(StrEnum):
    """Which images are converted."""

    RGB = "rgb"  # RGB images are copied unchanged; others become RGB on white, lossless PNG
    VERBATIM = "verbatim"  # every image is copied unchanged
    JPEG = "jpeg"  # every image becomes an RGB JPEG


class Check(StrEnum):
    """How an image is checked before it is stored."""

    DECODE = "decode"  # pixels and metadata, as readers open them
    LENIENT = "lenient"  # the same, but damage is accepted that libjpeg only warns of
    HEADER = "header"
    NONE = "none"


class RowOrder(StrEnum):
    """The order of a split's rows."""

    SHUFFLED = "shuffled"  # by a hash of seed and file_id: every shard has images of all origins
    SELECTION = "selection"


class Link(StrEnum):
    """How loose images share the bytes of loose sources (:mod:`materializer.shards.formats.linking`)."""

    REFLINK = "reflink"  # copy on write, else a copy
    HARD = "hard"  # a reflink, else a hard link, else a copy


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings that decide the output's bytes, together with the selection and the sources.

    ``format`` is a key of ``materializer.shards.formats.FORMATS``, ``quality`` 1 to 100, ``shard_size`` in bytes.
    ``columns``: further columns (:mod:`materializer.further_columns`).
    ``layout``: where --format imagefolder writes an image; '' is its default.
    ``strip_metadata``: images that are copied lose their metadata; their coded pixels are not changed.
    ``link``: images of --format imagefolder share the bytes of loose sources. It decides no bytes: keys and records
    leave it out.
    ``align``: all images are encoded anew; from the recipe (:mod:`materializer.planning.alignment`).
    ``variants``: the variants to write (:mod:`materializer.shards.variants`); of a shard, the one that it holds.
    """

    format: str = "arrow"
    feature: Feature = Feature.LARGE
    pixels: Pixels = Pixels.RGB
    quality: int = 95
    check: Check = Check.DECODE
    order: RowOrder = RowOrder.SHUFFLED
    shard_size: int = 500_000_000
    strip_metadata: bool = False
    layout: str = ""
    align: Rendition | None = None
    columns: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()
    link: Link | None = None

    def of_each_variant(self) -> "tuple[Settings, ...]":
        """Return the settings of the shards of each variant; of all shards if there are no variants."""
        return tuple(replace(self, variants=(name,)) for name in self.variants) or (self,)

    def described(self) -> dict[str, object]:
        """Return the settings as plan keys and records hold them: later ones only if they are on."""
        align = self.align.described() if self.align else None
        lists = {"columns": list(self.columns), "variants": list(self.variants)}
        values = asdict(self) | {"align": align, "link": None} | lists
        return {name: value for name, value in values.items() if value not in (False, "", None, [])}


@dataclass(frozen=True, slots=True)
class Request:
    """One build. ``roots`` maps each source's key to its root on this machine; ``scratch`` is for spilled images.

    ``allow_missing``: containers that are missing or have changed do not stop the build; spares replace their rows.
    ``encodings``: those of fakes by file_id, if they are encoded as their real images are; None: as PNG.
    """

    selection: str
    output: Path
    roots: Mapping[str, Root]
    scratch: Path
    settings: Settings = field(default_factory=Settings)
    limits: ArchiveLimits = field(default_factory=ArchiveLimits)
    image_limits: ImageLimits = field(default_factory=ImageLimits)
    allow_missing: bool = False
    encodings: Mapping[str, JpegEncoding | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shard:
    """The identity of a shard: ``index`` of ``count`` in its split."""

    split: str
    index: int
    count: int

    @property
    def stem(self) -> str:
        """The name without suffix: ``train-00003-of-00012``."""
        return f"{self.split}-{self.index:05d}-of-{self.count:05d}"


@dataclass(frozen=True, slots=True)
class ShardFile:
    """A shard on disk: its rows, the bytes of the file, and its digest (:mod:`materializer.shards.digests`)."""

    rows: int
    size: int
    digest: str

    def has_size_of(self, path: Path) -> bool:
        """Return whether the file at ``path`` exists and has the recorded size."""
        return path.is_file() and path.stat().st_size == self.size


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that cannot be used, and why. ``position`` is its position in the split; of a spare, in the selection."""

    position: int
    file_id: str
    reason: str
    detail: str

    @property
    def is_retryable(self) -> bool:
        """Whether reading the image again may succeed: the cause may be the disk or the memory, not the image."""
        return self.reason in ("unreadable", "not found again", "crashed")


@dataclass(frozen=True, slots=True)
class RowsTask:
    """Rows to read and check, in output order, and their containers by ``container_id``.

    ``encodings``: as in the request, of these rows.
    """

    rows: pa.Table
    containers: Mapping[int, Container]
    settings: Settings
    limits: ArchiveLimits
    image_limits: ImageLimits
    encodings: Mapping[str, JpegEncoding | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ShardTask:
    """A shard to write below ``output``.

    ``key`` identifies the shard's content: a finished shard with this key is kept. ``refused`` are rows of the shard
    that spares have replaced. ``threads`` read and check its images; they do not change a byte.
    """

    shard: Shard
    output: Path
    key: str
    work: RowsTask
    refused: tuple[Refusal, ...] = ()
    threads: int = 1


@dataclass(frozen=True, slots=True)
class ShardResult:
    """The result of a shard's task. ``file`` is None if rows were refused: the shard needs spares first.

    ``kept``: the shard was finished before.
    """

    file: ShardFile | None
    refused: tuple[Refusal, ...]
    kept: bool = False
