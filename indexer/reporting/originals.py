"""Rows of the manifest -> pictures, read where they lie: in folders and archives, by workers that may die."""

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
from indexer.reporting.models import Picture, Unshown
from indexer.reporting.pictures import SIDE, drawn, whole

_IMAGES_A_TASK = 100

# A worker that takes longer than these allow hangs, and is ended. A pass is given the time that its archive takes at
# a speed below every unpacking we have met.
_SECONDS_A_TASK = 60.0
_SECONDS_AN_IMAGE = 2.0
_SLOWEST_PASS = 2_000_000  # bytes a second

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ThumbnailTask:
    """Images of one container to draw, within ``seconds``: at most ``side`` pixels a side, or in full (None).

    Keys are the caller's.
    """

    container: Container
    wanted: tuple[MemberRef, ...]
    seconds: float
    side: int | None = SIDE


def pictures(
    store: Store, roots: Mapping[str, Root], workers: Workers, progress: Progress = SILENT
) -> dict[int, Picture]:
    """Draw the rows of the temporary table ``report_picture``; answers row id -> picture, or why there is none."""
    rows = store.arrow("report/wanted").to_pylist()
    found: dict[int, Picture] = {row["key"]: Unshown("its source is not on this machine") for row in rows}
    with progress.phase("drawing", len(rows), "images") as bar:
        for sitting, answer in WorkerPool(draw, workers, halves).run(sittings(rows, roots)):
            drawings = _dead(sitting, answer) if isinstance(answer, WorkerCrashed) else answer
            found.update(drawings)
            bar.advance(len(drawings))
    return found


def sittings(rows: Iterable[Row], roots: Mapping[str, Root]) -> Iterator[ThumbnailTask]:
    """Rows of sql/report/wanted.sql as tasks; what must be passed through is passed once. Unknown sources are left."""
    for (source, _), group in groupby(rows, key=lambda row: (row["source"], row["container_id"])):
        members = list(group)
        if source in roots:
            yield from _cut(
                stored_container(roots[source], members[0]),
                tuple(stored_member(row, row["key"]) for row in members),
            )


def draw(sitting: ThumbnailTask) -> list[tuple[int, Picture]]:
    """Read and draw; a container that is gone or has changed since the scan costs its images, not the page."""
    found: list[tuple[int, Picture]] = []
    try:
        with time_limit(sitting.seconds):
            for key, data in read_members(sitting.container, sitting.wanted, ArchiveLimits()):
                found.append((key, _picture(data, sitting.side)))
    except SourceError as error:
        known = {key for key, _ in found}
        found += [(one.key, Unshown(str(error))) for one in sitting.wanted if one.key not in known]
    return found


def halves(sitting: ThumbnailTask) -> Sequence[ThumbnailTask]:
    """A task that ended its worker, in two: only what does it is lost."""
    middle = len(sitting.wanted) // 2
    parts = (sitting.wanted[:middle], sitting.wanted[middle:])
    return [replace(sitting, wanted=part) for part in parts if part]


def _cut(container: Container, members: tuple[MemberRef, ...]) -> Iterator[ThumbnailTask]:
    if any(one.access is Access.SEQUENTIAL for one in members):
        size = sum(volume.size for volume in container.volumes)
        yield ThumbnailTask(container, members, _SECONDS_A_TASK + size / _SLOWEST_PASS)
        return
    for start in range(0, len(members), _IMAGES_A_TASK):
        part = members[start : start + _IMAGES_A_TASK]
        yield ThumbnailTask(container, part, _SECONDS_A_TASK + _SECONDS_AN_IMAGE * len(part))


def _picture(data: bytes | BadData, side: int | None) -> Picture:
    if isinstance(data, BadData):
        return Unshown(str(data))
    return whole(data) if side is None else drawn(data, side)


def _dead(sitting: ThumbnailTask, died: WorkerCrashed) -> list[tuple[int, Picture]]:
    return [(one.key, Unshown(died.reason)) for one in sitting.wanted]
