"""A list and a folder -> the images; killed at any moment, the next run goes on."""

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from indexer.base.errors import OutputError
from indexer.base.progress import SILENT, Progress
from indexer.fetching import lists
from indexer.fetching.engine import Engine, run_pending
from indexer.fetching.log import FILE, Log
from indexer.fetching.models import FetchLimits, FetchTally, Manners
from indexer.fetching.shards import FileShards, Shards, TarShards

_SCRATCH = "_fetch"  # below the target: bodies too large for memory, gone after the run


class FetchLayout(StrEnum):
    """How images lie on disk."""

    WEBDATASET = "webdataset"
    FILES = "files"


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """What to fetch: a list, its columns of URLs, where to, how laid out; ``failed_too`` tries failed ones again."""

    list: Path
    to: Path
    parts: Sequence[lists.ListPart]
    layout: FetchLayout = FetchLayout.WEBDATASET
    failed_too: bool = False
    limits: FetchLimits = field(default_factory=FetchLimits)
    manners: Manners = field(default_factory=Manners)


@dataclass(frozen=True, slots=True)
class FetchSummary:
    """How a download stands: items by how they ended, those whose bytes had gone from disk, and the log as CSV."""

    tallies: Sequence[FetchTally]
    lost: int
    table: Path

    def count(self, status: str) -> int:
        """The number of items with a status: success, failed or pending."""
        return sum(tally.items for tally in self.tallies if tally.status == status)


def fetch(order: FetchRequest, progress: Progress = SILENT) -> FetchSummary:
    """Fetch what is still missing.

    Raises:
        ConfigError: the list cannot be read or lacks a column.
        OutputError: the folder is in use, was filled from another list, holds something else or cannot be written.
        KeyboardInterrupt: stopped by SIGINT or SIGTERM; what was fetched is stored.
    """
    _refuse_foreign(order.to, order.list)
    # A new list's mistakes are told before its folder is made; one that the log has taken is not read again.
    items = None if (order.to / FILE).exists() else lists.items(order.list, order.parts)
    recipe = _recipe(order)
    with _telling_of(order.to), Log(order.to) as log:
        if not log.is_made_by(recipe):
            log.begin(items or lists.items(order.list, order.parts), recipe)
        shards: Shards = TarShards(log) if order.layout is FetchLayout.WEBDATASET else FileShards(log)
        lost = shards.repair()
        try:
            _run(order, log, shards, progress)
        finally:
            table = log.write_table()
        return FetchSummary(log.tallies(), lost, table)


@contextlib.contextmanager
def _telling_of(folder: Path) -> Iterator[None]:
    """Errors of disks and of the log on them are for a user to mend."""
    try:
        yield
    except (OSError, sqlite3.OperationalError) as error:
        raise OutputError(f"{folder} cannot be written ({error}): run again when that is mended") from error


def _run(order: FetchRequest, log: Log, shards: Shards, progress: Progress) -> None:
    total = log.count_pending(failed_too=order.failed_too)
    with progress.phase("fetch", total, "images") as bar, _scratch(order.to) as scratch:
        engine = Engine(log, shards, bar)
        run_pending(engine, scratch, order.limits, order.manners, failed_too=order.failed_too)


def _recipe(order: FetchRequest) -> dict[str, object]:
    """What a folder is filled from: another one of these would mix two downloads."""
    columns = [[part.folder, part.column, part.prefix] for part in order.parts]
    return {"list": lists.file_hash(order.list), "columns": columns, "layout": order.layout.value}


def _refuse_foreign(to: Path, own_list: Path) -> None:
    """Refuse a folder with anything but the list in it: repairing a download removes what its log does not know."""
    if not to.is_dir() or (to / FILE).exists():
        return
    if any(each.resolve() != own_list.resolve() for each in to.iterdir()):
        raise OutputError(f"{to} is not empty and no download of this program: name an empty or new folder with --to")


@contextlib.contextmanager
def _scratch(to: Path) -> Iterator[Path]:
    folder = to / _SCRATCH
    folder.mkdir(exist_ok=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
