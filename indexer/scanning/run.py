"""A scan from end to end: look below the roots, read what changed, commit container by container, derive."""

import glob
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from indexer.base.errors import SourceError
from indexer.base.remote import Root
from indexer.base.workers import WorkerCrashed, WorkerPool
from indexer.containers.kinds import Kind
from indexer.containers.models import ContainerStatus, ListingReport
from indexer.declarations.derive import derive
from indexer.declarations.models import Source
from indexer.manifest.store import Store
from indexer.scanning import commit
from indexer.scanning.models import Problem, ScanOptions, ScanSummary, SourceSummary
from indexer.scanning.plan import Job, Planner, ScanPlan
from indexer.scanning.worker import ScanTask, failure, work


def scan(store: Store, roots: Mapping[str, Root], sources: Sequence[Source], options: ScanOptions) -> ScanSummary:
    """Bring the raw tables up to date with what lies below ``roots`` (source key -> folder or archive), then derive.

    Containers whose volumes are as they were are not read. What an interrupted scan has committed is kept.

    Raises:
        SourceError: a root is missing or unusable, and ``options.must_exist``.
    """
    started = time.monotonic()
    tables = [table for source in sources for table in source.tables]
    with _spool_folder(store.path.absolute()) as spool:
        planner = Planner(store, tables, options, spool)
        plans = [_plan(planner, key, root, options) for key, root in roots.items()]
        _read(store, [job for plan in plans for job in plan.jobs], options, spool)
    with options.progress.phase("derive", len(sources), "sources") as bar:
        derive(store, sources)
        bar.advance(len(sources))
    return _summary(store, plans, time.monotonic() - started)


@contextmanager
def _spool_folder(manifest: Path) -> Iterator[Path]:
    """A folder beside the manifest for rows on their way.

    Those of killed scans are removed. Each scan has its own, since workers of a killed one may be writing still.
    """
    prefix = f"{manifest.name}.scan-"
    for left in manifest.parent.glob(f"{glob.escape(prefix)}*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=manifest.parent, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _plan(planner: Planner, key: str, root: Root, options: ScanOptions) -> ScanPlan:
    try:
        return planner.plan(key, root)
    except SourceError as error:
        if options.must_exist:
            raise
        return ScanPlan(key, root, warning=str(error))


def _read(store: Store, jobs: Sequence[Job], options: ScanOptions, spool: Path) -> None:
    """Run the jobs in worker processes, the biggest first, and commit each as it is done."""
    ordered = sorted(jobs, key=lambda job: (-job.size, job.entry.source, job.task.container.path))
    by_task = {job.task.spool: job for job in ordered}
    crew = WorkerPool(work, options.workers, shared=(spool,))
    with options.progress.phase("scan", len(ordered), "containers") as bar:
        for task, result in crew.run(job.task for job in ordered):
            report = _report_of(task, result)
            _record(store, by_task[task.spool], report)
            bar.advance(1, errors=report.status != ContainerStatus.COMPLETE)


def _report_of(task: ScanTask, result: ListingReport | WorkerCrashed) -> ListingReport:
    if not isinstance(result, WorkerCrashed):
        return result
    task.discard()
    return failure(result.reason, "reader-died")


def _record(store: Store, job: Job, report: ListingReport) -> None:
    if job.task.container.kind == Kind.FOLDER:
        commit.record_side_files(store, job.entry, job.task, report)
    else:
        commit.record_container(store, job.entry, job.task, report)


def _summary(store: Store, plans: Sequence[ScanPlan], seconds: float) -> ScanSummary:
    scanned = {"sources": [plan.key for plan in plans]}
    counts = {row[0]: row[1:] for row in store.rows("scan/counts", scanned)}
    sources = tuple(_source_summary(plan, counts.get(plan.key, (0, 0, 0, 0))) for plan in plans)
    problems = tuple(Problem(*row) for row in store.rows("scan/problems", scanned))
    return ScanSummary(sources, dict(store.rows("scan/statuses", scanned)), problems, seconds)


def _source_summary(plan: ScanPlan, counts: tuple[int, ...]) -> SourceSummary:
    containers, members, images, derivation_error = counts
    return SourceSummary(
        key=plan.key,
        root=str(plan.root),
        containers=containers,
        read=len({job.task.container.path for job in plan.jobs}),
        unchanged=plan.unchanged,
        dropped=plan.dropped,
        members=members,
        images=images,
        derivation_error=derivation_error,
        warning=plan.warning,
        is_absent=plan.is_absent,
    )
