"""Run a build: plan, spill sequential containers, write shards, replace refused rows, publish the dataset."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from indexer.base.errors import OutputError
from indexer.base.progress import SILENT, Progress
from indexer.base.workers import WorkerCrashed, WorkerPool, Workers
from indexer.containers.models import Container
from indexer.manifest.store import Store
from materializer.dataset.publish import BuildSummary, WrittenBuild, publish
from materializer.models import Refusal, Request, RowsTask, Shard, ShardResult, ShardTask
from materializer.planning import plan as planning
from materializer.planning.alignment import aligned
from materializer.planning.plan import BuildPlan, PlannedShard
from materializer.planning.shard_rows import rows_of, task_of
from materializer.planning.substitution import substitute
from materializer.running.copies import Copies
from materializer.running.finished import finished, is_finished
from materializer.running.output_lock import lock_output
from materializer.running.preflight import check_free_space, check_sources, unavailable
from materializer.running.spill import SpillFolder, spill
from materializer.shards.task import build_shard, check_rows, halves

_MOST_THREADS = 8  # of one worker: one thread at a time runs Python code
_EVEN = 0.95  # of the time until the last shard, workers that have several shards or equal ones are busy


@dataclass(frozen=True, slots=True)
class Build:
    """A running build. ``containers`` are those of the plan and the spill files."""

    store: Store
    request: Request
    workers: Workers
    progress: Progress
    plan: BuildPlan
    containers: dict[int, Container]

    @property
    def scratch(self) -> Path:
        """The folder of this output's spill files; each output has its own."""
        return self.request.scratch / f"spill-{sha256(str(self.request.output.resolve()).encode()).hexdigest()[:16]}"


def build(store: Store, request: Request, workers: Workers, progress: Progress = SILENT) -> BuildSummary:
    """Build a dataset from a selection. Run again after a kill, it continues; the result has the same bytes.

    Raises:
        RecipeError: there is no such selection, or its images have to be inspected first.
        ConfigError: the output format is unknown, or a source has no root.
        SourceError: a source is missing or has changed since the scan.
        OutputError: the output cannot be written, or holds something else.
    """
    request = aligned(store, request)
    plan = planning.make(store, request)
    if request.allow_missing and (numbers := unavailable(plan.containers)):
        plan = planning.make(store, request, numbers)
    planning.require_known_sizes(store, request)
    with lock_output(request, plan):
        job = Build(store, request, workers, progress, plan, plan.containers)
        prepare(job, plan.shards)
        return complete(job, dict(write_shards(job, dict.fromkeys(plan.shards, ()))))


def prepare(job: Build, due: Sequence[PlannedShard], *, with_spares: bool = True) -> None:
    """Check sources and free space, then spill the sequential containers of the due shards.

    Nothing is spilled if all due shards are finished.
    """
    check_sources(job.plan.containers.values())
    check_free_space(job.request, job.plan)
    if not all(is_finished(job.request.output, planned) for planned in due):
        planning.save_due_shards(job.store, [one.base for one in due], with_spares=with_spares)
        folder = SpillFolder(job.scratch, job.request.limits)
        job.containers.update(spill(job.store, job.plan.planned_containers, folder, job.workers, job.progress))


def complete(job: Build, results: dict[PlannedShard, ShardResult]) -> BuildSummary:
    """Replace refused rows by copies or spares, write the shards that needed them, and publish the dataset."""
    copies = Copies(job.store, job.request.roots, job.containers, lambda rows: _check(job, rows))
    refused = {base: copies.use(base, refusals) for base, refusals in _refused(job, results).items()}
    substitutions = substitute(job.store, refused, lambda rows: _check(job, rows))
    if refused:
        again = {planned: refused[planned.base] for planned in job.plan.shards if planned.base in refused}
        results |= dict(write_shards(job, again))
    summary = publish(WrittenBuild(job.store, job.request, job.scratch, job.plan, results, substitutions))
    shutil.rmtree(job.scratch, ignore_errors=True)
    return summary


def _refused(job: Build, results: Mapping[PlannedShard, ShardResult]) -> dict[Shard, tuple[Refusal, ...]]:
    """Return the refusals of each shard of the selection that has any: an image is refused in all variants, or none."""
    found: dict[Shard, dict[int, Refusal]] = {}
    for planned in job.plan.shards:
        for refusal in _retried(job, planned, results[planned]) if results[planned].refused else ():
            found.setdefault(planned.base, {}).setdefault(refusal.position, refusal)
    return {base: tuple(refusal for _, refusal in sorted(own.items())) for base, own in found.items()}


def write_shards(
    job: Build, shards: Mapping[PlannedShard, tuple[Refusal, ...]]
) -> Iterator[tuple[PlannedShard, ShardResult]]:
    """Write shards by workers, and yield their results; ``shards`` maps each to its rows that spares have replaced."""
    planned_by = {planned.shard: planned for planned in shards}
    due = [planned.size for planned in shards if finished(job.request.output, planned) is None]
    threads = threads_per_worker(due, job.workers)
    substituted = any(shards.values())
    planned_rows = zip(shards, rows_of(job.store, shards, substituted=substituted), strict=True)
    tasks = (_task(job, planned, rows, shards[planned], threads) for planned, rows in planned_rows)
    images = sum(planned.rows for planned in shards)
    pool = WorkerPool(build_shard, job.workers, shared=(job.request.output,), is_long=True)
    with job.progress.phase("writing", images, "images") as bar:
        for task, answer in pool.run(tasks):
            planned = planned_by[task.shard]
            result = _find_crashing_rows(job, task, answer) if isinstance(answer, WorkerCrashed) else answer
            size = result.file.size if result.file and not result.kept else 0
            bar.advance(planned.rows, size=size, errors=len(result.refused))
            yield planned, result


def threads_per_worker(sizes: Sequence[int], workers: Workers) -> int:
    """Return the threads that read the images of each shard, if shards of so many bytes are due, in this order.

    They are several if workers would be idle while others write the last shards.
    """
    busy = [0] * workers.jobs
    for size in sizes:
        busy[busy.index(min(busy))] += size
    leaves_idle = len(sizes) < 2 * workers.jobs and sum(busy) < _EVEN * workers.jobs * max(busy)
    return min(workers.jobs, _MOST_THREADS) if leaves_idle and not workers.elsewhere else 1


def _task(job: Build, planned: PlannedShard, rows: pa.Table, refused: tuple[Refusal, ...], threads: int) -> ShardTask:
    work = task_of(rows, job.containers, job.request, planned.settings)
    return ShardTask(planned.shard, job.request.output.absolute(), planned.key, work, refused, threads)


def _find_crashing_rows(job: Build, task: ShardTask, crash: WorkerCrashed) -> ShardResult:
    """Refuse the rows that crash a worker.

    Raises:
        OutputError: no row does by itself, so the images are not the cause.
    """
    found = _refusals(job, halves(task.work) or (task.work,))
    if not found:
        raise OutputError(
            f"{task.output}: the worker of shard {task.shard.stem} {crash.reason}, and none of its images does so by"
            " itself: find the cause, or leave more memory with fewer --jobs; the same command continues the build"
        )
    return ShardResult(None, tuple(refusal for _, refusal in sorted(found.items())))


def _retried(job: Build, planned: PlannedShard, result: ShardResult) -> tuple[Refusal, ...]:
    """Return the refusals of a shard after reading unreadable images once more."""
    unread = [refusal.position for refusal in result.refused if refusal.reason == "unreadable"]
    if not unread:
        return result.refused
    [rows] = rows_of(job.store, [planned])
    rows = rows.filter(pc.is_in(rows["position"], pa.array(unread)))
    again = _refusals(job, [task_of(rows, job.containers, job.request, planned.settings)])
    others = {refusal.position: refusal for refusal in result.refused if refusal.position not in unread}
    return tuple(refusal for _, refusal in sorted((others | again).items()))


def _check(job: Build, rows: pa.Table) -> dict[int, Refusal]:
    """Return those of ``rows`` that cannot be used in all variants, by position."""
    found: dict[int, Refusal] = {}
    for settings in job.request.settings.of_each_variant():
        found = _refusals(job, [task_of(rows, job.containers, job.request, settings)]) | found
    return found


def _refusals(job: Build, tasks: Sequence[RowsTask]) -> dict[int, Refusal]:
    """Return the rows that cannot be used, by position; those that crash a worker are among them."""
    found: dict[int, Refusal] = {}
    for task, answer in WorkerPool(check_rows, job.workers, halves).run(tasks):
        if isinstance(answer, WorkerCrashed):
            for row in task.rows.select(["position", "file_id"]).to_pylist():
                found[row["position"]] = Refusal(row["position"], row["file_id"], "crashed", answer.reason)
        else:
            found |= {refusal.position: refusal for refusal in answer}
    return found
