"""Inspect images: read them from their containers and store the results in the table ``inspection``."""

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
from indexer.images import INSPECTION_SCHEMA, ImageLimits, Inspection, columns_of
from indexer.manifest.store import Store, require_selection
from indexer.roots import localize
from indexer.selection.working_tables import working_tables

# Members per task. Small tasks keep all workers busy to the end. With sequential access, each further task reads the
# container from its start again.
_RANDOM_TASK = 100
_SEQUENTIAL_TASK = 50_000
_ROWS_WRITTEN_AT_ONCE = 2_000
# Rows of `work.to_inspect` in memory at a time.
_PAGE = 20_000

# The tables that change when copies take the places of bad images, and the steps that give the new rows.
_REPLACING = (
    ("other_copy", "replaced"),
    ("derivation_error", "replaced_errors"),
    ("attributes", "replacing"),
)
# Rows of earlier versions that are renewed. A semi-join: comparing each row with each member would take hours.
_DELETE = "delete from inspection where member_id in (select unnest($members))"

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class InspectionTask:
    """Members of one container to inspect."""

    container: Container
    members: tuple[MemberRef, ...]
    limits: ArchiveLimits
    image_limits: ImageLimits


@dataclass(frozen=True, slots=True)
class Inspector:
    """Inspects the rows of ``work.pool``. ``roots`` maps each source to its root on this machine."""

    roots: Mapping[str, Root]
    workers: Workers
    progress: Progress = SILENT
    limits: ArchiveLimits = field(default_factory=ArchiveLimits)
    image_limits: ImageLimits = field(default_factory=ImageLimits)

    def __call__(self, store: Store) -> int:
        """Inspect the rows of the pool that were never inspected; returns their number.

        If an image is found bad and has copies, the first sound one takes its place in ``attributes`` and in the pool.

        Raises:
            SourceError: a container vanished or changed since the scan. Results up to then are stored.
        """
        count = self._inspect(store)
        while _replace_bad_copies(store):
            count += self._inspect(store)
        return count

    def _inspect(self, store: Store) -> int:
        count = store.save("work.to_inspect", "select/inspection/to_inspect")
        rows = store.arrow("select/inspection/containers").to_pylist()
        containers = {row["container_id"]: stored_container(self._root(row["source"]), row) for row in rows}
        pool = WorkerPool(_inspect, self.workers, _halves, is_sequential=_is_sequential)
        with (
            store.second_connection() as reader,
            self.progress.phase("Inspecting", count, "images") as bar,
            _InspectionWriter(store, bar) as writer,
        ):
            for task, found in pool.run(self._tasks(_members(reader, count), containers)):
                writer.add(_crashed(task, found) if isinstance(found, WorkerCrashed) else found)
        return count

    def _tasks(self, members: Iterable[Row], containers: Mapping[int, Container]) -> Iterator[InspectionTask]:
        """Yield the members of each container, in storage order, in tasks of a size that suits their access."""
        for number, rows in groupby(members, key=itemgetter("container_id")):
            refs = (stored_member(row, row["key"]) for row in rows)
            for is_sequential, part in groupby(refs, key=lambda ref: ref.access is Access.SEQUENTIAL):
                while piece := tuple(islice(part, _SEQUENTIAL_TASK if is_sequential else _RANDOM_TASK)):
                    yield InspectionTask(containers[number], piece, self.limits, self.image_limits)

    def _root(self, source: str) -> Root:
        if source not in self.roots:
            raise SourceError(f"the source '{source}' has no path on this machine: set it in local.cfg, or declare it")
        return self.roots[source]


def inspect_selection(store: Store, name: str, inspector: Inspector) -> int:
    """Inspect the images of selection ``name``, spares included, that were never inspected; returns their number.

    Raises:
        RecipeError: there is no such selection.
        SourceError: a container vanished or changed since the scan. Results up to then are stored.
    """
    require_selection(store, name)
    return _inspect_pool(store, "select/inspection/of_selection", name, inspector)


def inspect_all(store: Store, inspector: Inspector) -> int:
    """Inspect all images that were never inspected; returns their number.

    Raises:
        SourceError: as :func:`inspect_selection`.
    """
    return _inspect_pool(store, "select/inspection/all_images", None, inspector)


def inspect_rows(store: Store, rows: pa.Table, inspector: Inspector) -> tuple[int, int, str]:
    """Inspect the images with the ``file_id`` in ``rows`` that were never inspected.

    Returns their number, the number of ids without a usable image, and an example of these.

    Raises:
        SourceError: as :func:`inspect_selection`.
    """
    with working_tables(store):
        with store.registered("incoming", rows):
            store.save_query("work.returned", "from incoming")
        [(unknown, example)] = store.rows("select/inspection/unknown")
        store.save("work.pool", "select/inspection/of_query")
        return inspector(store), unknown, example or ""


def inspect_unsized(store: Store, name: str, inspector: Inspector) -> int:
    """Inspect the images of selection ``name`` whose size is only known once they are read; returns their number.

    Raises:
        SourceError: as :func:`inspect_selection`.
    """
    return _inspect_pool(store, "select/inspection/unsized", name, inspector)


def has_unsized(store: Store, name: str) -> bool:
    """Return whether :func:`inspect_unsized` would inspect any image."""
    return bool(store.rows("select/inspection/unsized", {"name": name}))


def inspect_again(store: Store, inspector: Inspector) -> int:
    """Repeat the inspections that ended by a read error, a crash or a limit; returns their number.

    The old results are deleted first. After an interruption, the next command that needs an image inspects it.

    Raises:
        SourceError: as :func:`inspect_selection`.
    """
    with working_tables(store):
        store.save("work.pool", "select/inspection/retryable")
        store.execute("delete from inspection where member_id in (select member_id from work.pool)")
        return inspector(store)


def renew_traits(store: Store) -> None:
    """Mark images of ``work.pool`` without traits, which an earlier version inspected, to be inspected again."""
    store.execute(
        "update inspection set outdated = true"
        " where status = 'ok' and encoder is null and member_id in (select member_id from work.pool)"
    )


def _inspect_pool(store: Store, step: str, name: str | None, inspector: Inspector) -> int:
    with working_tables(store):
        store.save("work.pool", step, {"name": name})
        return inspector(store)


def _replace_bad_copies(store: Store) -> int:
    """Let a copy take the place of each image of the pool that was found bad; returns the number of images."""
    count = store.save("work.replacement", "select/inspection/replacements")
    if not count:
        return 0
    with store.transaction():
        for table, step in _REPLACING:
            store.append(table, f"select/inspection/{step}")
        store.execute("delete from attributes where member_id in (select bad_id from work.replacement)")
        for table in ("other_copy", "derivation_error"):
            store.execute(f"delete from {table} where member_id in (select member_id from work.replacement)")
    for table in ("pool", "ranked"):
        store.execute(
            f"update work.{table} as w set member_id = r.member_id from work.replacement r where r.bad_id = w.member_id"
        )
    return count


class _InspectionWriter:
    """Writes rows to ``inspection`` in batches, and the last batch even if the work fails."""

    def __init__(self, store: Store, bar: Bar) -> None:
        self.store, self.bar = store, bar
        self.rows: list[Row] = []

    def __enter__(self) -> "_InspectionWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self._write()

    def add(self, rows: list[Row]) -> None:
        bad = sum(row["status"] != "ok" for row in rows)
        self.bar.advance(len(rows), size=sum(row["byte_size"] or 0 for row in rows), errors=bad)
        self.rows += rows
        if len(self.rows) >= _ROWS_WRITTEN_AT_ONCE:
            self._write()

    def _write(self) -> None:
        if self.rows:
            members = [row["member_id"] for row in self.rows]
            self.store.execute(_DELETE, {"members": members})
            self.store.insert("inspection", pa.Table.from_pylist(self.rows, schema=INSPECTION_SCHEMA))
        self.rows = []


def _members(store: Store, count: int) -> Iterator[Row]:
    """Yield the ``count`` members of ``work.to_inspect``, reading page by page."""
    for start in range(0, count, _PAGE):
        yield from store.arrow("select/inspection/members", {"start": start, "count": _PAGE}).to_pylist()


def _halves(task: InspectionTask) -> Sequence[InspectionTask]:
    return [replace(task, members=task.members[part]) for part in cuts(len(task.members))]


def _is_sequential(task: InspectionTask) -> bool:
    return task.members[0].access is Access.SEQUENTIAL


def _inspect(task: InspectionTask) -> list[Row]:
    rows = []
    for key, data in read_members(localize(task.container), task.members, task.limits):
        if isinstance(data, BadData):
            rows.append(_row(key, Inspection("unreadable", str(data))))
            continue
        with time_limit(task.image_limits.seconds):
            rows.append(_row(key, images.inspect(data, task.image_limits)))
    return rows


def _crashed(task: InspectionTask, crash: WorkerCrashed) -> list[Row]:
    return [_row(member.key, Inspection("crashed", crash.reason)) for member in task.members]


def _row(member: int, inspection: Inspection) -> Row:
    return {"member_id": member, **columns_of(inspection)}
