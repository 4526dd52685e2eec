"""What is asked of a scan, and what it tells."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from indexer.base.progress import SILENT, Progress
from indexer.base.workers import Workers
from indexer.containers.models import ArchiveLimits


@dataclass(frozen=True, slots=True)
class ScanOptions:
    """How a scan is run.

    ``must_exist``: a root that is missing is an error, not a warning. ``forget``: what is known of a source is dropped
    if its root is missing or empty.
    """

    workers: Workers = field(default_factory=Workers)
    limits: ArchiveLimits = field(default_factory=ArchiveLimits)
    progress: Progress = SILENT
    must_exist: bool = False
    forget: bool = False


@dataclass(frozen=True, slots=True)
class SourceSummary:
    """One source after a scan; ``read``, ``unchanged`` and ``dropped`` count containers.

    ``derivation_error`` members match the declaration, which lacks something for them. ``warning`` is why there is
    nothing of a source, where that is so; ``is_absent``, that its rows were kept though nothing lies at its root.
    """

    key: str
    root: str
    containers: int = 0
    read: int = 0
    unchanged: int = 0
    dropped: int = 0
    members: int = 0
    images: int = 0
    derivation_error: int = 0
    warning: str | None = None
    is_absent: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """Findings of one code in one source: how many, and one of them in full."""

    source: str
    code: str
    count: int
    path: str
    detail: str


@dataclass(frozen=True, slots=True)
class ScanSummary:
    """A whole scan. ``statuses`` counts the containers of the scanned sources by status."""

    sources: tuple[SourceSummary, ...]
    statuses: Mapping[str, int]
    problems: tuple[Problem, ...]
    seconds: float
