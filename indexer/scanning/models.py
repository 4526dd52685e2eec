"""Options and results of a scan."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from indexer.base.progress import SILENT, Progress
from indexer.base.workers import Workers
from indexer.containers.models import ArchiveLimits


@dataclass(frozen=True, slots=True)
class ScanOptions:
    """Options of a scan.

    ``must_exist``: a missing root is an error instead of a warning. ``forget``: the rows of a source are deleted if its
    root is missing or empty.
    """

    workers: Workers = field(default_factory=Workers)
    limits: ArchiveLimits = field(default_factory=ArchiveLimits)
    progress: Progress = SILENT
    must_exist: bool = False
    forget: bool = False


@dataclass(frozen=True, slots=True)
class SourceSummary:
    """Result of a scan for one source.

    ``read``, ``unchanged`` and ``dropped`` count containers. ``lost`` counts images that cannot be read, ``unmatched``
    those without a row, because no rule matches them or their identity is missing. ``warning`` explains why the source
    has no files. ``is_absent``: the root is missing or empty, and the rows of the source were kept. ``alerts`` name the
    likely causes if images are missing from the manifest; a scan with alerts is not a success.
    """

    key: str
    root: str
    containers: int = 0
    read: int = 0
    unchanged: int = 0
    dropped: int = 0
    members: int = 0
    images: int = 0
    unmatched: int = 0
    lost: int = 0
    warning: str | None = None
    is_absent: bool = False
    alerts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """The number of findings with one code in one source, and the path and detail of the first."""

    source: str
    code: str
    count: int
    path: str
    detail: str


@dataclass(frozen=True, slots=True)
class ScanSummary:
    """Result of a scan. ``statuses`` counts the containers of the scanned sources by status."""

    sources: tuple[SourceSummary, ...]
    statuses: Mapping[str, int]
    problems: tuple[Problem, ...]
    seconds: float
