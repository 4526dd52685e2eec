"""Look at candidates once: read them where they lie, keep what was found in the table ``inspection``."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

import pyarrow as pa

from indexer import images
from indexer.base.errors import BadData, SourceError
from indexer.base.progress import SILENT, Bar, Progress
from indexer.base.remote import Root
from indexer.base.workers import WorkerCrashed, WorkerPool, Workers, cuts, time_limit
from indexer.containers.from_manifest import stored_container, stored_member
from indexer.containers.models import Access, ArchiveLimits, Container, MemberRef
from indexer.containers.reading import read_members
from indexer.images import INSPECTION_SCHEMA, ImageLimits, Inspection
from indexer.manifest.store import Store
from indexer.roots import localize

# Members of a task. Where they are reached one by one, small tasks keep all workers busy to the end; where a container
# has to be passed through, every further task is a further pass.
_AT_A_TIME = 100
_IN_A_PASS = 50_000
_ROWS_KEPT_AT_ONCE = 2_000
# Members that are asked for at a time: a selection may have more than there is memory for.
_PAGE = 20_000

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class InspectionTask:
    """Members of one container to look at."""

    container: Container
    wanted: tuple[MemberRef, ...]
    limits: ArchiveLimits
    image_limits: ImageLimits


@dataclass(frozen=True, slots=True)
class Inspector:
    """Looks at what ``work.pool`` holds. ``roots`` says where each source lies on this machine."""

    roots: Mapping[str, Root]
    workers: Workers
    progress: Progress = SILENT
    limits: ArchiveLimits = field(default_factory=ArchiveLimits)
    image_limits: ImageLimits = field(default_factory=ImageLimits)

    def __call__(self, store: Store) -> int:
        """Inspect what nobody looked at yet; returns how many images that were.

        Raises:
            SourceError: a container vanished or changed since the scan. What was found until then is kept.
        """
        count = store.save("work.waiting", "select/uninspected")
        containers = self._containers(store)
        crew = WorkerPool(_look, self.workers, _parts, is_pass=_is_pass)
        with (
            store.aside() as reader,
            self.progress.phase("Inspecting", count, "images") as bar,
            _Keeper(store, bar) as keeper,
        ):
            for task, found in crew.run(self._tasks(_waiting(reader, count), containers)):
                keeper.add(_died(task, found) if isinstance(found, WorkerCrashed) else found)
        return count

    def _containers(self, store: Store) -> dict[int, Container]:
        rows = store.arrow("select/containers").to_pylist()
        return {row["container_id"]: stored_container(self._root(row["source"]), row) for row in rows}

    def _tasks(self, members: Iterable[Row], containers: Mapping[int, Container]) -> Iterator[InspectionTask]:
        """Members (of each container together, in the order in which they lie) in pieces that suit a worker."""
        for number, rows in groupby(members, key=itemgetter("container_id")):
            wanted = (stored_member(row, row["key"]) for row in rows)
            for is_pass, part in groupby(wanted, key=lambda want: want.access is Access.SEQUENTIAL):
                while piece := tuple(islice(part, _IN_A_PASS if is_pass else _AT_A_TIME)):
                    yield InspectionTask(containers[number], piece, self.limits, self.image_limits)

    def _root(self, source: str) -> Root:
        if source not in self.roots:
            raise SourceError(f"nothing says where the source '{source}' lies: name it in local.cfg, or declare it")
        return self.roots[source]


class _Keeper:
    """Rows on their way to the table: many at once, and what is there even when the rest fails."""

    def __init__(self, store: Store, bar: Bar) -> None:
        self.store, self.bar = store, bar
        self.rows: list[Row] = []

    def __enter__(self) -> "_Keeper":
        return self

    def __exit__(self, *_: object) -> None:
        self._write()

    def add(self, rows: list[Row]) -> None:
        bad = sum(row["status"] != "ok" for row in rows)
        self.bar.advance(len(rows), size=sum(row["byte_size"] or 0 for row in rows), errors=bad)
        self.rows += rows
        if len(self.rows) >= _ROWS_KEPT_AT_ONCE:
            self._write()

    def _write(self) -> None:
        if self.rows:
            self.store.insert("inspection", pa.Table.from_pylist(self.rows, schema=INSPECTION_SCHEMA))
        self.rows = []


def _waiting(store: Store, count: int) -> Iterator[Row]:
    """The rows of ``work.waiting``, page by page, each when the one before is used up."""
    for start in range(0, count, _PAGE):
        yield from store.arrow("select/waiting", {"start": start, "count": _PAGE}).to_pylist()


def _parts(task: InspectionTask) -> Sequence[InspectionTask]:
    return [replace(task, wanted=task.wanted[part]) for part in cuts(len(task.wanted))]


def _is_pass(task: InspectionTask) -> bool:
    return task.wanted[0].access is Access.SEQUENTIAL


def _look(task: InspectionTask) -> list[Row]:
    found = read_members(localize(task.container), task.wanted, task.limits)
    return [_row(key, _inspected(data, task.image_limits)) for key, data in found]


def _inspected(data: bytes | BadData, limits: ImageLimits) -> Inspection:
    if isinstance(data, BadData):
        return Inspection("unreadable", str(data))
    with time_limit(limits.seconds):
        return images.inspect(data, limits)


def _died(task: InspectionTask, death: WorkerCrashed) -> list[Row]:
    return [_row(want.key, Inspection("died", death.reason)) for want in task.wanted]


def _row(member: int, inspection: Inspection) -> Row:
    return {"member_id": member, **dataclasses.asdict(inspection)}
