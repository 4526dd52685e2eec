"""What a scan has to read: of each source, the containers that are new or changed and the side files without rows."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from indexer.base.errors import SourceError
from indexer.base.remote import Root
from indexer.containers.models import ContainerStatus, MemberRef
from indexer.declarations.models import SideTable
from indexer.manifest.store import Store
from indexer.scanning import commit
from indexer.scanning.commit import Known, ManifestContainer
from indexer.scanning.models import ScanOptions
from indexer.scanning.side_table_matcher import SideTableMatcher
from indexer.scanning.survey import Survey, fingerprint, survey
from indexer.scanning.worker import ScanTask

SIDE_FILES_A_TASK = 2_000


@dataclass(frozen=True, slots=True)
class Job:
    """A worker's task, and what its result is recorded as."""

    entry: ManifestContainer
    task: ScanTask

    @property
    def size(self) -> int:
        """Bytes that may have to be read."""
        volumes = sum(volume.size for volume in self.task.container.volumes)
        return volumes + sum(wanted.size or 0 for wanted in self.task.wanted)


@dataclass(slots=True)
class ScanPlan:
    """What is to be done for one source, and what is known already.

    ``warning`` says why there is nothing; ``is_absent``, that what the manifest holds of it was kept all the same.
    """

    key: str
    root: Root
    jobs: list[Job] = field(default_factory=list)
    unchanged: int = 0
    dropped: int = 0
    warning: str | None = None
    is_absent: bool = False


class Planner:
    """Plans source after source; loose files are recorded on the way, since nothing of them has to be read."""

    def __init__(self, store: Store, tables: Iterable[SideTable], options: ScanOptions, spool: Path) -> None:
        self.store = store
        self.tables = sorted(set(tables), key=repr)
        self.options = options
        self.spool = spool
        self._numbers = count()

    def plan(self, key: str, root: Root) -> ScanPlan:
        """Look below one root.

        Raises:
            SourceError: it does not exist, or is neither a folder nor an archive.
        """
        known = commit.known_containers(self.store, key)
        if not root.exists():
            if known:
                return self._absent(ScanPlan(key, root), known, "does not exist")
            raise SourceError(f"{key}: {root} does not exist: put the dataset there, or name its place in local.cfg")
        found = survey(root, self.options.workers.at_home)
        plan = ScanPlan(key, root, warning=f"{root} holds no files" if found.is_empty else None)
        if known and found.is_bare:
            return self._absent(plan, known, "is empty")
        self._plan_loose(plan, found, known)
        self._plan_containers(plan, found, known)
        self._drop(plan, found, known)
        return plan

    def _absent(self, plan: ScanPlan, known: dict[bytes, Known], what: str) -> ScanPlan:
        """Of a disk that is not mounted, nothing was deleted: that is only so where somebody says so."""
        if self.options.forget:
            commit.drop(self.store, list(known.values()))
            return replace(plan, dropped=len(known), warning=f"{plan.root} {what}: what was known of it is forgotten")
        advice = f"bring it back, or drop it with 'python -m indexer scan --source {plan.key} --forget'"
        return replace(plan, warning=f"{plan.root} {what}, what was scanned there is kept: {advice}", is_absent=True)

    def _plan_containers(self, plan: ScanPlan, found: Survey, known: dict[bytes, Known]) -> None:
        """Containers that are new or changed become jobs; what stays in ``known`` was not found."""
        tables = self._tables_of(plan.key)
        for container in found.containers:
            mark = fingerprint(container, tables, self.options.limits)
            before = known.pop(os.fsencode(container.path), None)
            if before and before.fingerprint == mark and before.status != ContainerStatus.FAILED:
                plan.unchanged += 1
                continue
            entry = ManifestContainer(plan.key, container, mark, before)
            plan.jobs.append(self._job(entry))

    def _plan_loose(self, plan: ScanPlan, found: Survey, known: dict[bytes, Known]) -> None:
        """Record the loose files; those that a declaration asks for and that have no rows become jobs."""
        if not (found.loose.num_rows or found.findings):
            return
        before = known.pop(b"", None)
        tables = tuple(table for table in self._tables_of(plan.key) if table.format != "rows")
        mark = fingerprint(found.folder, tables, self.options.limits)
        entry = ManifestContainer(plan.key, found.folder, mark, before)
        container_id = commit.record_loose(self.store, entry, found)
        recorded = replace(entry, known=Known(container_id, entry.fingerprint, ContainerStatus.COMPLETE))
        wanted = commit.loose_side_files(self.store, container_id, SideTableMatcher(tables)) if tables else []
        for start in range(0, len(wanted), SIDE_FILES_A_TASK):
            plan.jobs.append(self._job(recorded, tuple(wanted[start : start + SIDE_FILES_A_TASK])))

    def _drop(self, plan: ScanPlan, found: Survey, gone: dict[bytes, Known]) -> None:
        """Drop what was not found, save where nobody could look."""
        dropped = [known for path, known in gone.items() if not found.may_hold(os.fsdecode(path))]
        commit.drop(self.store, dropped)
        plan.dropped = len(dropped)

    def _job(self, entry: ManifestContainer, wanted: tuple[MemberRef, ...] = ()) -> Job:
        spool = self.spool / str(next(self._numbers))
        container = replace(entry.container, source=entry.source)
        return Job(entry, ScanTask(container, self._tables_of(entry.source), self.options.limits, spool, wanted))

    def _tables_of(self, key: str) -> tuple[SideTable, ...]:
        """The tables that lie below the root of ``key``, whoever asked for them."""
        return tuple(table for table in self.tables if table.source == key)
