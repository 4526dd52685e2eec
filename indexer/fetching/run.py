"""Download the images of a list to a folder; after an interruption at any moment, the next run continues."""

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from indexer.base.errors import OutputError, reason_of
from indexer.base.progress import SILENT, Progress
from indexer.fetching import lists
from indexer.fetching.engine import Engine, run_pending
from indexer.fetching.log import FILE, Log
from indexer.fetching.models import FetchLimits, FetchPolicy, FetchTally
from indexer.fetching.shards import FileShards, Shards, TarShards

_SCRATCH = "_fetch"  # below the target: bodies too large for memory, removed after the run


class FetchLayout(StrEnum):
    """The layout of images on disk: tar shards, or files with sidecars."""

    WEBDATASET = "webdataset"
    FILES = "files"


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """A list, its columns of URLs, the target folder and its layout; ``failed_too`` retries failed items."""

    list: Path
    to: Path
    parts: Sequence[lists.ListPart]
    layout: FetchLayout = FetchLayout.WEBDATASET
    failed_too: bool = False
    limits: FetchLimits = field(default_factory=FetchLimits)
    policy: FetchPolicy = field(default_factory=FetchPolicy)


@dataclass(frozen=True, slots=True)
class FetchSummary:
    """Items per outcome, the number of earlier items that were missing on disk, and the path of the log as CSV."""

    tallies: Sequence[FetchTally]
    lost: int
    table: Path

    def count(self, status: str) -> int:
        """Return the number of items with a status: success, failed or pending."""
        return sum(tally.items for tally in self.tallies if tally.status == status)


def fetch(request: FetchRequest, progress: Progress = SILENT) -> FetchSummary:
    """Download all pending items.

    Raises:
        ConfigError: the list cannot be read or lacks a column.
        OutputError: the folder is in use, was filled from another list, has other files or cannot be written.
        KeyboardInterrupt: stopped by SIGINT or SIGTERM; the images that had arrived are stored.
    """
    to = request.to
    _refuse_other_files(to, request.list)
    # A new list is checked before its folder is made; a list whose items are in the log is not read again.
    items = None if (to / FILE).exists() else lists.read_items(request.list, request.parts)
    inputs: dict[str, object] = {
        "list": lists.file_hash(request.list),
        "columns": [[part.folder, part.column, part.prefix] for part in request.parts],
        "layout": request.layout.value,
    }
    with _write_errors(to), Log(to) as log:
        if not log.has_items_of(inputs):
            log.begin(items or lists.read_items(request.list, request.parts), inputs)
        shards: Shards = TarShards(log) if request.layout is FetchLayout.WEBDATASET else FileShards(log)
        lost = shards.repair()
        try:
            total = log.count_pending(failed_too=request.failed_too)
            with progress.phase("fetch", total, "images") as bar, _scratch(to) as scratch:
                engine = Engine(log, shards, bar)
                run_pending(engine, scratch, request.limits, request.policy, failed_too=request.failed_too)
        finally:
            table = log.write_table()
        return FetchSummary(log.tallies(), lost, table)


@contextlib.contextmanager
def _write_errors(folder: Path) -> Iterator[None]:
    """Turn errors of the disk, and of the log on it, into an error for the user."""
    try:
        yield
    except (OSError, sqlite3.OperationalError) as error:
        message = f"{folder} cannot be written ({reason_of(error)}). Correct this, then run the same command again."
        raise OutputError(message) from error


def _refuse_other_files(to: Path, own_list: Path) -> None:
    """Refuse a folder with any file but the list: the repair of a download removes files that its log does not have."""
    if not to.is_dir() or (to / FILE).exists():
        return
    if any(each.resolve() != own_list.resolve() for each in to.iterdir()):
        raise OutputError(f"{to} is not empty and has no fetch log. Name an empty or new folder with --to.")


@contextlib.contextmanager
def _scratch(to: Path) -> Iterator[Path]:
    folder = to / _SCRATCH
    folder.mkdir(exist_ok=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
