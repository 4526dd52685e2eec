"""A build from beginning to end: plan, spill what is forward-only, write shards, settle refusals, finish."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from indexer.base.errors import OutputError
from indexer.base.progress import SILENT, Bar, Progress
from indexer.base.workers import WorkerCrashed, WorkerPool, Workers
from indexer.containers.models import Container
from indexer.manifest.store import Store
from materializer.dataset.publish import Built, Summary, finish
from materializer.models import Refusal, Request, RowsTask, ShardTask, TaskResult
from materializer.planning import plan as planning
from materializer.planning.plan import BuildPlan, PlannedShard, work_of
from materializer.planning.substitution import settle
from materializer.running.output_lock import claimed
from materializer.running.preflight import absent, check_room, check_sources
from materializer.running.spill import Scratch, spill
from materializer.shards import record
from materializer.shards.formats import FORMATS
from materializer.shards.task import build_shard, check_rows, halves


@dataclass(frozen=True, slots=True)
class Build:
    """A build under way."""

    store: Store
    request: Request
    workers: Workers
    progress: Progress
    plan: BuildPlan
    containers: dict[int, Container]

    @property
    def scratch(self) -> Path:
        """Where this output's spills lie, apart from other builds'."""
        return self.request.scratch / f"spill-{sha256(str(self.request.output.resolve()).encode()).hexdigest()[:16]}"


def build(store: Store, request: Request, workers: Workers, progress: Progress = SILENT) -> Summary:
    """Build a dataset from a selection. Run again after a kill, it goes on; the result is the same to the byte.

    Raises:
        RecipeError: there is no such selection, or its images have to be inspected first.
        SourceError: a source is missing or has changed since the scan.
        OutputError: the output cannot be written, or is somebody else's.
    """
    plan = planning.make(store, request)
    if request.allow_missing and (gone := absent(plan.containers)):
        plan = planning.make(store, request, gone)
    planning.refuse_unsized(store, request)
    with claimed(request, plan):
        job = Build(store, request, workers, progress, plan, plan.opened)
        prepare(job, plan.shards)
        return complete(job, dict(written(job, dict.fromkeys(plan.shards, ()))))


def prepare(job: Build, due: Sequence[PlannedShard], *, with_spares: bool = True) -> None:
    """Look whether the shards that are due can be built, and go through what can only be read forward.

    Nothing is gone through when no shard is left to write.
    """
    check_sources(job.plan.containers.values())
    check_room(job.request, job.plan)
    kind, output = FORMATS[job.request.settings.format], job.request.output
    if not all(record.seems_settled(output, one.shard, kind.path(one.shard), one.key) for one in due):
        planning.save_due(job.store, [one.shard for one in due], with_spares=with_spares)
        scratch = Scratch(job.scratch, job.request.limits)
        job.containers.update(spill(job.store, job.plan.containers, scratch, job.workers, job.progress))


def complete(job: Build, outcomes: dict[PlannedShard, TaskResult]) -> Summary:
    """Give refused rows their spares, write the shards that waited for them, and what makes the folder a dataset."""
    refused = {each: _looked_at_again(job, each, outcome) for each, outcome in outcomes.items() if outcome.refused}
    by_shard = {planned.shard: refusals for planned, refusals in refused.items()}
    settlement = settle(job.store, by_shard, lambda rows: _refused_of(job, rows))
    if refused:
        outcomes |= dict(written(job, refused))
    summary = finish(Built(job.store, job.request, job.scratch, job.plan, outcomes, settlement))
    shutil.rmtree(job.scratch, ignore_errors=True)
    return summary


def written(
    job: Build, shards: Mapping[PlannedShard, tuple[Refusal, ...]]
) -> Iterator[tuple[PlannedShard, TaskResult]]:
    """Have shards written; each with the rows that were refused in it before."""
    planned_by = {planned.shard: planned for planned in shards}
    tasks = (_task(job, planned, refused) for planned, refused in shards.items())
    rows = sum(planned.places for planned in shards)
    with job.progress.phase("writing", rows, "images") as bar:
        for task, outcome in WorkerPool(build_shard, job.workers, shared=(job.request.output,)).run(tasks):
            planned = planned_by[task.shard]
            result = _after_death(job, task, outcome) if isinstance(outcome, WorkerCrashed) else outcome
            _advance(bar, planned, result)
            yield planned, result


def _task(job: Build, planned: PlannedShard, refused: tuple[Refusal, ...]) -> ShardTask:
    rows = planning.rows_of(job.store, planned.shard)
    work = work_of(rows, job.containers, job.request)
    return ShardTask(planned.shard, job.request.output.absolute(), planned.key, work, refused)


def _after_death(job: Build, task: ShardTask, died: WorkerCrashed) -> TaskResult:
    """The rows that ended the worker are refused. Raises OutputError if none does by itself: it is no image's fault."""
    found = _refusals(job, halves(task.work) or (task.work,))
    refused = tuple(sorted(found.values(), key=lambda refusal: refusal.place))
    if not refused:
        raise OutputError(
            f"{task.output}: the worker of shard {task.shard.stem} {died.reason}, and none of its images does so by"
            " itself: see what ends it, or leave it more memory with fewer --jobs; the same command goes on"
        )
    return TaskResult(None, refused)


def _looked_at_again(job: Build, planned: PlannedShard, outcome: TaskResult) -> tuple[Refusal, ...]:
    """The refusals that stand: what a disk once failed to give is asked for again, before a spare takes its place."""
    unread = [refusal.place for refusal in outcome.refused if refusal.reason == "unreadable"]
    if not unread:
        return outcome.refused
    rows = planning.rows_of(job.store, planned.shard)
    found = _refused_of(job, rows.filter(pc.is_in(rows["place"], pa.array(unread))))
    seen = {refusal.place: refusal for refusal in outcome.refused if refusal.place not in unread} | found
    return tuple(refusal for _, refusal in sorted(seen.items()))


def _refused_of(job: Build, rows: pa.Table) -> dict[int, Refusal]:
    """Those of ``rows`` that cannot be used, by place."""
    return _refusals(job, [work_of(rows, job.containers, job.request)])


def _refusals(job: Build, tasks: Sequence[RowsTask]) -> dict[int, Refusal]:
    """Rows that cannot be used, by place, among them any that ends its worker."""
    found: dict[int, Refusal] = {}
    for task, answer in WorkerPool(check_rows, job.workers, halves).run(tasks):
        refusals = _died(task, answer) if isinstance(answer, WorkerCrashed) else answer
        found |= {refusal.place: refusal for refusal in refusals}
    return found


def _died(task: RowsTask, died: WorkerCrashed) -> tuple[Refusal, ...]:
    rows = task.rows.select(["place", "file_id"]).to_pylist()
    return tuple(Refusal(row["place"], row["file_id"], "died", died.reason) for row in rows)


def _advance(bar: Bar, planned: PlannedShard, outcome: TaskResult) -> None:
    size = outcome.written.size if outcome.written and not outcome.kept else 0
    bar.advance(planned.places, size=size, errors=len(outcome.refused))
