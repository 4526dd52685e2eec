"""Run a scan: list the roots, read changed containers, commit each container, derive attributes."""

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
from indexer.declarations.preflight import KEPT_CODES
from indexer.manifest.store import Store
from indexer.scanning import commit
from indexer.scanning.alerts import SourceCounts, alerts
from indexer.scanning.models import Problem, ScanOptions, ScanSummary, SourceSummary
from indexer.scanning.plan import PlannedTask, ScanPlanner, SourcePlan
from indexer.scanning.worker import ScanTask, failed_report, run_task


def scan(store: Store, roots: Mapping[str, Root], sources: Sequence[Source], options: ScanOptions) -> ScanSummary:
    """Update the raw tables from ``roots`` (source key -> folder or archive), then derive attributes.

    Unchanged containers are not read. Containers that an interrupted scan committed are kept. A source whose
    declaration is wrong is not read and keeps its rows; its summary has an alert.

    Raises:
        SourceError: a root is missing or unusable, and ``options.must_exist`` is set.
    """
    started = time.monotonic()
    with _temporary_folder(store.path.absolute()) as folder:
        planner = ScanPlanner(store, sources, options, folder)
        wrong = {source.key for source in sources if source.problems}
        plans = [
            SourcePlan(key, root) if key in wrong else _plan(planner, key, root, options) for key, root in roots.items()
        ]
        _run_tasks(store, [task for plan in plans for task in plan.tasks], options, folder)
    with options.progress.phase("derive", len(sources), "sources") as bar:
        derive(store, sources)
        bar.advance(len(sources))
    return _summary(store, plans, sources, time.monotonic() - started)


@contextmanager
def _temporary_folder(manifest: Path) -> Iterator[Path]:
    """Create a folder for row files next to the manifest, and remove the folders of killed scans.

    Each scan has its own folder, because workers of a killed scan may still be writing.
    """
    prefix = f"{manifest.name}.scan-"
    for folder in manifest.parent.glob(f"{glob.escape(prefix)}*"):
        shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=manifest.parent, ignore_cleanup_errors=True) as name:
        yield Path(name)


def _plan(planner: ScanPlanner, key: str, root: Root, options: ScanOptions) -> SourcePlan:
    try:
        return planner.plan(key, root)
    except SourceError as error:
        if options.must_exist:
            raise
        return SourcePlan(key, root, warning=str(error))


def _run_tasks(store: Store, planned: Sequence[PlannedTask], options: ScanOptions, folder: Path) -> None:
    """Run the tasks in worker processes, largest first, and commit each result when it arrives."""
    ordered = sorted(planned, key=lambda each: (-each.size, each.update.source, each.task.container.path))
    by_stem = {each.task.stem: each for each in ordered}
    pool = WorkerPool(run_task, options.workers, shared=(folder,))
    with options.progress.phase("scan", len(ordered), "containers") as bar:
        for task, result in pool.run(each.task for each in ordered):
            report = _report_of(task, result)
            if task.container.kind == Kind.FOLDER:
                commit.record_side_files(store, by_stem[task.stem].update, task, report)
            else:
                commit.record_container(store, by_stem[task.stem].update, task, report)
            bar.advance(1, errors=report.status != ContainerStatus.COMPLETE)


def _report_of(task: ScanTask, result: ListingReport | WorkerCrashed) -> ListingReport:
    if not isinstance(result, WorkerCrashed):
        return result
    task.delete_row_files()
    return failed_report(result.reason, "reader-crashed")


def _summary(store: Store, plans: Sequence[SourcePlan], sources: Sequence[Source], seconds: float) -> ScanSummary:
    scanned = {"sources": [plan.key for plan in plans]}
    rows = store.rows("scan/counts", scanned | {"kept_codes": list(KEPT_CODES)})
    counts = {plan.key: SourceCounts(plan.key) for plan in plans} | {row[0]: SourceCounts(*row) for row in rows}
    lines = alerts(store, [source for source in sources if source.key in counts], counts)
    summaries = [_source_summary(plan, counts[plan.key], lines.get(plan.key, ())) for plan in plans]
    problems = tuple(Problem(*row) for row in store.rows("scan/problems", scanned))
    return ScanSummary(tuple(summaries), dict(store.rows("scan/statuses", scanned)), problems, seconds)


def _source_summary(plan: SourcePlan, counts: SourceCounts, lines: tuple[str, ...]) -> SourceSummary:
    return SourceSummary(
        key=plan.key,
        root=str(plan.root),
        containers=counts.containers,
        read=len({each.task.container.path for each in plan.tasks}),
        unchanged=plan.unchanged,
        dropped=plan.dropped,
        members=counts.members,
        images=counts.images,
        unmatched=counts.unmatched,
        lost=counts.lost,
        warning=plan.warning,
        is_absent=plan.is_absent,
        alerts=lines,
    )
