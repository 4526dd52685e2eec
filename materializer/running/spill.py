"""Spill sequential containers (solid 7z, compressed tar, Parquet): read each container once for all shards.

The needed members are written one after another to a file below ``tmp_cache_dir``, which is then a container with
random access. Memory holds one image at a time.

A member that crashes its worker is refused. The container is then read again for the others, in parts with one spill
file each. A progress file next to the spill file counts the spilled members; it only decides where to divide.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from indexer.base.durable import HashingFile, writing
from indexer.base.errors import BadData
from indexer.base.progress import Progress
from indexer.base.workers import WorkerCrashed, WorkerPool, Workers, cuts
from indexer.containers.file_stamp import size_and_time
from indexer.containers.from_manifest import stored_member
from indexer.containers.kinds import Kind
from indexer.containers.members.answers import Answer
from indexer.containers.models import ArchiveLimits, Container, Volume
from indexer.containers.reading import read_members
from indexer.manifest.store import Store
from indexer.roots import localize
from materializer.planning.plan import PlannedContainer

_INDEX_SCHEMA = pa.schema(
    [
        pa.field("spill", pa.int64()),
        pa.field("container_id", pa.int64(), nullable=False),
        pa.field("ordinal", pa.int64(), nullable=False),
        pa.field("name", pa.string()),
        pa.field("offset", pa.int64()),
        pa.field("size", pa.int64()),
        pa.field("reason", pa.string()),
        pa.field("detail", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True)
class SpillTask:
    """A container to spill, with the ``rows`` of its needed members in reading order.

    ``folder`` takes the spill file, its index and its progress file.
    """

    number: int
    container: Container
    rows: pa.Table
    folder: Path
    stem: str
    limits: ArchiveLimits

    @property
    def spill(self) -> Path:
        """The file of spilled members."""
        return self.folder / f"{self.stem}.spill"

    @property
    def index(self) -> Path:
        """The locations of the members in the spill file."""
        return self.folder / f"{self.stem}.parquet"

    @property
    def progress(self) -> Path:
        """The number of members spilled so far."""
        return self.folder / f"{self.stem}.progress"


@dataclass(frozen=True, slots=True)
class SpillFolder:
    """The folder of the spill files, and the limits of the containers."""

    path: Path
    limits: ArchiveLimits


def spill(
    store: Store, planned: Mapping[int, PlannedContainer], folder: SpillFolder, workers: Workers, progress: Progress
) -> Mapping[int, Container]:
    """Spill every sequential container that has rows of due shards; reuse the spill files of a killed build.

    The locations of the members are inserted into the table ``plan_spilled_members``.

    Returns the spill files as containers, by negative numbers.

    Raises:
        SourceError: a container is missing or has changed.
        OutputError: the folder cannot be written.
    """
    every = (_task(store, number, one, folder) for number, one in planned.items() if one.is_sequential)
    tasks = [task for task in every if task.rows.num_rows]
    if not tasks:
        return {}
    spilled: dict[int, Container] = {}
    pool = WorkerPool(spill_container, workers, _parts, (folder.path,), is_sequential=lambda _: True, is_long=True)
    rows = sum(task.rows.num_rows for task in tasks)
    with progress.phase("reading sequential archives", rows, "images") as bar:
        for task, answer in pool.run(tasks):
            if isinstance(answer, WorkerCrashed):
                store.insert("plan_spilled_members", _crashed(task, answer))
            else:
                number = -1 - len(spilled)
                volume = Volume(task.spill.name, *size_and_time(task.spill.stat()))
                spilled[number] = Container(task.folder, task.spill.name, Kind.TAR, (volume,))
                index = pq.read_table(task.index)
                numbers = pa.repeat(pa.scalar(number, pa.int64()), index.num_rows)
                store.insert("plan_spilled_members", index.set_column(0, _INDEX_SCHEMA.field("spill"), numbers))
            bar.advance(task.rows.num_rows)
    return spilled


def spill_container(task: SpillTask) -> None:
    """Write the spill file of a container, then its index. Runs in workers."""
    if task.index.exists() and task.spill.exists():
        return
    rows = task.rows.to_pylist()
    with writing(task.spill) as file:
        index = pa.Table.from_pylist(list(_spilled(task, rows, file)), schema=_INDEX_SCHEMA)
    with writing(task.index) as file:
        pq.write_table(index, pa.PythonFile(file, mode="w"))


def _spilled(task: SpillTask, rows: list[dict[str, Any]], file: HashingFile) -> Iterator[dict[str, Any]]:
    """Write the members to ``file``, and yield the rows of the index."""
    members = [stored_member(row, key) for key, row in enumerate(rows)]
    for key, data in _counted(task, read_members(localize(task.container), members, task.limits, task.folder)):
        entry = {"container_id": task.number, "ordinal": rows[key]["ordinal"], "name": rows[key]["name"]}
        if isinstance(data, BadData):
            yield entry | {"reason": data.reason, "detail": data.detail}
        else:
            yield entry | {"offset": file.tell(), "size": len(data)}
            file.write(data)


def _counted(task: SpillTask, answers: Iterator[Answer]) -> Iterator[Answer]:
    """Yield ``answers`` and keep their number in the progress file, which remains if the worker crashes."""
    with task.progress.open("wb", buffering=0) as file:
        for count, answer in enumerate(answers, start=1):
            yield answer
            os.pwrite(file.fileno(), b"%20d" % count, 0)
    task.progress.unlink(missing_ok=True)


def _parts(task: SpillTask) -> Sequence[SpillTask]:
    """Divide a task that crashed its worker."""
    count = 0
    with suppress(OSError, ValueError):
        count = int(task.progress.read_text())
    return [_part(task, part) for part in cuts(task.rows.num_rows, count)]


def _part(task: SpillTask, part: slice) -> SpillTask:
    stem = hashlib.sha256(f"{task.stem} {part.start} {part.stop}".encode()).hexdigest()[:32]
    return replace(task, rows=task.rows.slice(part.start, part.stop - part.start), stem=stem)


def _task(store: Store, number: int, planned: PlannedContainer, folder: SpillFolder) -> SpillTask:
    rows = store.arrow("plan/spill_rows", {"container_id": number})
    content = [planned.fingerprint, asdict(folder.limits), rows["ordinal"].to_pylist(), rows["name"].to_pylist()]
    stem = hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]
    return SpillTask(number, planned.container, rows, folder.path, stem, folder.limits)


def _crashed(task: SpillTask, crash: WorkerCrashed) -> pa.Table:
    rows = task.rows.select(["ordinal", "name"]).to_pylist()
    why = {"container_id": task.number, "reason": "crashed", "detail": crash.reason}
    return pa.Table.from_pylist([{**row, **why} for row in rows], schema=_INDEX_SCHEMA)
