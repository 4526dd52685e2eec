"""Forward-only containers (solid 7z, compressed tar, Parquet) are gone through once, whatever shards they feed.

What is wanted of one goes end to end into a file below ``tmp_cache_dir`` while it streams by. From then on that file is
a container like any other, whose members are reached by offset; memory holds one image at a time.

A member that ends its worker is refused, and the archive is gone through again for the others: in parts, each of which
has a file of its own. How far the pass had come stands in a mark beside it; that only says where to cut.
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

from indexer.base.durable import writing
from indexer.base.errors import BadData
from indexer.base.progress import Progress
from indexer.base.workers import WorkerCrashed, WorkerPool, Workers, cuts
from indexer.containers.file_stamp import size_and_time
from indexer.containers.from_manifest import stored_member
from indexer.containers.models import ArchiveLimits, Container, Kind, Volume
from indexer.containers.reading import Answer, read_members
from indexer.manifest.store import Store
from indexer.roots import localize
from materializer.planning.plan import PlannedContainer

_INDEX_SCHEMA = pa.schema(
    [
        pa.field("spill", pa.int64()),
        pa.field("container_id", pa.int64(), nullable=False),
        pa.field("ordinal", pa.int64(), nullable=False),
        pa.field("member", pa.string()),
        pa.field("offset", pa.int64()),
        pa.field("size", pa.int64()),
        pa.field("reason", pa.string()),
        pa.field("detail", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True)
class PassTask:
    """A container to go through; ``rows`` in its own order. ``folder`` takes the spill file, its index and the mark."""

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
        """Where each member lies in it."""
        return self.folder / f"{self.stem}.parquet"

    @property
    def mark(self) -> Path:
        """How many members were spilled before the worker died."""
        return self.folder / f"{self.stem}.mark"


@dataclass(frozen=True, slots=True)
class Scratch:
    """Where spills go, and how much a container may ask for."""

    folder: Path
    limits: ArchiveLimits


def spill(
    store: Store, planned: Mapping[int, PlannedContainer], scratch: Scratch, workers: Workers, progress: Progress
) -> Mapping[int, Container]:
    """Go through every forward-only container that rows are due from.

    The table ``plan_spilled`` says where its members lie now.

    Returns the spill files as containers, by negative numbers. Spills of a killed build are taken up.

    Raises:
        SourceError: a container vanished or changed.
        OutputError: ``scratch`` cannot be written.
    """
    every = (_task(store, number, one, scratch) for number, one in planned.items() if one.forward)
    tasks = [task for task in every if task.rows.num_rows]
    if not tasks:
        return {}
    found: dict[int, Container] = {}
    crew = WorkerPool(go_through, workers, _parts, (scratch.folder,), is_pass=lambda _: True)
    rows = sum(task.rows.num_rows for task in tasks)
    with progress.phase("going through forward-only archives", rows, "images") as bar:
        for task, answer in crew.run(tasks):
            if isinstance(answer, WorkerCrashed):
                store.insert("plan_spilled", _all_died(task, answer))
            else:
                number = -1 - len(found)
                found[number] = _container(task)
                store.insert("plan_spilled", _numbered(pq.read_table(task.index), number))
            bar.advance(task.rows.num_rows)
    return found


def go_through(task: PassTask) -> None:
    """Spill what is wanted of a container; its index says where each member lies. Runs in workers."""
    if task.index.exists() and task.spill.exists():
        return
    rows = task.rows.to_pylist()
    with writing(task.spill) as file:
        index = pa.Table.from_pylist(list(_spilled(task, rows, file)), schema=_INDEX_SCHEMA)
    with writing(task.index) as file:
        pq.write_table(index, pa.PythonFile(file, mode="w"))


def _spilled(task: PassTask, rows: list[dict[str, Any]], file: Any) -> Iterator[dict[str, Any]]:
    asked = [stored_member(row, place) for place, row in enumerate(rows)]
    for place, data in _marked(task, read_members(localize(task.container), asked, task.limits, task.folder)):
        entry = {"container_id": task.number, "ordinal": rows[place]["ordinal"], "member": rows[place]["member"]}
        if isinstance(data, BadData):
            yield entry | {"reason": data.reason, "detail": data.detail}
        else:
            yield entry | {"offset": file.tell(), "size": len(data)}
            file.write(data)


def _marked(task: PassTask, answers: Iterator[Answer]) -> Iterator[Answer]:
    """``answers``, while the mark says how many there were: it is left where the worker dies among them."""
    with task.mark.open("wb", buffering=0) as mark:
        for count, answer in enumerate(answers, start=1):
            yield answer
            os.pwrite(mark.fileno(), b"%20d" % count, 0)
    task.mark.unlink(missing_ok=True)


def _parts(task: PassTask) -> Sequence[PassTask]:
    came = 0
    with suppress(OSError, ValueError):
        came = int(task.mark.read_text())
    return [_part(task, part) for part in cuts(task.rows.num_rows, came)]


def _part(task: PassTask, part: slice) -> PassTask:
    stem = hashlib.sha256(f"{task.stem} {part.start} {part.stop}".encode()).hexdigest()[:32]
    return replace(task, rows=task.rows.slice(part.start, part.stop - part.start), stem=stem)


def _task(store: Store, number: int, planned: PlannedContainer, scratch: Scratch) -> PassTask:
    rows = store.arrow("plan/forward", {"container_id": number})
    asked = [planned.fingerprint, asdict(scratch.limits), rows["ordinal"].to_pylist(), rows["member"].to_pylist()]
    stem = hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:32]
    return PassTask(number, planned.container, rows, scratch.folder, stem, scratch.limits)


def _container(task: PassTask) -> Container:
    """The spill file as a container."""
    volume = Volume(task.spill.name, *size_and_time(task.spill.stat()))
    return Container(task.folder, task.spill.name, Kind.TAR, (volume,))


def _numbered(index: pa.Table, number: int) -> pa.Table:
    return index.set_column(0, _INDEX_SCHEMA.field("spill"), pa.repeat(pa.scalar(number, pa.int64()), index.num_rows))


def _all_died(task: PassTask, died: WorkerCrashed) -> pa.Table:
    rows = task.rows.select(["ordinal", "member"]).to_pylist()
    why = {"container_id": task.number, "reason": "died", "detail": died.reason}
    return pa.Table.from_pylist([{**row, **why} for row in rows], schema=_INDEX_SCHEMA)
