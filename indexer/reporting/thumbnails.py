"""Rows of the manifest -> thumbnails, read from folders and archives by worker processes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from indexer.base.errors import BadData, SourceError
from indexer.base.progress import SILENT, Progress
from indexer.base.remote import Root
from indexer.base.workers import WorkerCrashed, WorkerPool, Workers, time_limit
from indexer.containers.from_manifest import stored_container, stored_member
from indexer.containers.models import Access, ArchiveLimits, Container, MemberRef
from indexer.containers.reading import read_members
from indexer.manifest.store import Store
from indexer.reporting.models import MissingThumbnail, ThumbnailResult
from indexer.reporting.rendering import SIDE, browser_image, thumbnail

NO_SOURCE = MissingThumbnail("its source is not on this machine")

_IMAGES_PER_TASK = 100

# A worker that exceeds these is considered hung and is killed. A sequential read has the time of its archive's size at
# a speed below that of every decompressor we have measured.
_SECONDS_PER_TASK = 60.0
_SECONDS_PER_IMAGE = 2.0
_SLOWEST_SEQUENTIAL_READ = 2_000_000  # bytes per second

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ThumbnailTask:
    """Images of one container to render within ``seconds``: at most ``side`` pixels a side, in full size for None.

    The keys of ``members`` are the caller's.
    """

    container: Container
    members: tuple[MemberRef, ...]
    seconds: float
    side: int | None = SIDE

    @property
    def is_sequential(self) -> bool:
        """Return whether the container has to be read from its start."""
        return any(member.access is Access.SEQUENTIAL for member in self.members)

    @property
    def container_size(self) -> int:
        """Return the bytes of the container's volumes."""
        return sum(volume.size for volume in self.container.volumes)

    def missing(self, reason: str) -> dict[int, ThumbnailResult]:
        """Return the result of a task that failed for ``reason``."""
        return {member.key: MissingThumbnail(reason) for member in self.members}


def draw_thumbnails(
    store: Store, roots: Mapping[str, Root], workers: Workers, progress: Progress = SILENT
) -> dict[int, ThumbnailResult]:
    """Render the rows of the temporary table ``report_shown``; return the result per row id."""
    rows = store.arrow("report/shown_locations").to_pylist()
    found: dict[int, ThumbnailResult] = {row["key"]: NO_SOURCE for row in rows}
    with progress.phase("drawing", len(rows), "images") as bar:
        for task, answer in WorkerPool(run_task, workers, halves).run(thumbnail_tasks(rows, roots)):
            drawn = task.missing(answer.reason) if isinstance(answer, WorkerCrashed) else answer
            found.update(drawn)
            bar.advance(len(drawn))
    return found


def thumbnail_tasks(rows: Iterable[Row], roots: Mapping[str, Root]) -> Iterator[ThumbnailTask]:
    """Yield tasks for located rows (sql/report/shown_locations.sql); rows of a source without a root are skipped.

    All members that need a sequential read of one container are in one task, so that it is read once.
    """
    for (source, _), group in groupby(rows, key=lambda row: (row["source"], row["container_id"])):
        located = list(group)
        if source not in roots:
            continue
        container = stored_container(roots[source], located[0])
        members = tuple(stored_member(row, row["key"]) for row in located)
        task = ThumbnailTask(container, members, _SECONDS_PER_TASK)
        if task.is_sequential:
            yield replace(task, seconds=_SECONDS_PER_TASK + task.container_size / _SLOWEST_SEQUENTIAL_READ)
            continue
        for start in range(0, len(members), _IMAGES_PER_TASK):
            part = members[start : start + _IMAGES_PER_TASK]
            yield ThumbnailTask(container, part, _SECONDS_PER_TASK + _SECONDS_PER_IMAGE * len(part))


def run_task(task: ThumbnailTask) -> dict[int, ThumbnailResult]:
    """Read and render images; if the container is missing or has changed since the scan, its images have a reason."""
    found: dict[int, ThumbnailResult] = {}
    try:
        with time_limit(task.seconds):
            for key, data in read_members(task.container, task.members, ArchiveLimits()):
                if isinstance(data, BadData):
                    found[key] = MissingThumbnail(str(data))
                else:
                    found[key] = browser_image(data) if task.side is None else thumbnail(data, task.side)
    except SourceError as error:
        return task.missing(str(error)) | found
    return found


def halves(task: ThumbnailTask) -> Sequence[ThumbnailTask]:
    """Split a task that crashed its worker, so that only the image that causes the crash is lost."""
    middle = len(task.members) // 2
    return [replace(task, members=part) for part in (task.members[:middle], task.members[middle:]) if part]
