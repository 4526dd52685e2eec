"""Plan a scan: per source, the containers that are new or changed, and the side files to parse."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from indexer.base.errors import SourceError
from indexer.base.remote import Root
from indexer.containers.models import ContainerStatus, MemberRef
from indexer.declarations.models import SideTable, Source
from indexer.manifest.store import Store
from indexer.scanning import commit
from indexer.scanning.commit import ContainerUpdate, RecordedContainer
from indexer.scanning.models import ScanOptions
from indexer.scanning.name_decoding import NameDecoder
from indexer.scanning.root_listing import RootListing, container_fingerprint, folder_fingerprint, list_root
from indexer.scanning.side_table_matcher import SideTableMatcher
from indexer.scanning.worker import ScanTask

SIDE_FILES_PER_TASK = 2_000


@dataclass(frozen=True, slots=True)
class PlannedTask:
    """A task for a worker, and the container that its result is recorded for."""

    update: ContainerUpdate
    task: ScanTask

    @property
    def size(self) -> int:
        """The most bytes that the task may read."""
        volumes = sum(volume.size for volume in self.task.container.volumes)
        return volumes + sum(member.size or 0 for member in self.task.side_files)


@dataclass(slots=True)
class SourcePlan:
    """The tasks for one source; ``unchanged`` and ``dropped`` count containers.

    ``warning`` explains why the source has no files. ``is_absent``: the root is missing or empty, and the rows of the
    source are kept.
    """

    key: str
    root: Root
    tasks: list[PlannedTask] = field(default_factory=list)
    unchanged: int = 0
    dropped: int = 0
    warning: str | None = None
    is_absent: bool = False


class ScanPlanner:
    """Plan source by source. Loose files are recorded immediately, because their contents are not read."""

    def __init__(self, store: Store, sources: Sequence[Source], options: ScanOptions, folder: Path) -> None:
        self.store = store
        self.tables = sorted({table for source in sources for table in source.tables}, key=repr)
        self.encodings = {source.key: source.encoding for source in sources}
        self.options = options
        self.folder = folder
        self._recorded = commit.recorded_containers(store)
        self._numbers = count()

    def plan(self, key: str, root: Root) -> SourcePlan:
        """List one root and compare it with the manifest.

        Raises:
            SourceError: the root does not exist and the manifest has no rows of it, or it cannot be listed.
        """
        recorded = self._recorded.pop(key, {})
        if not root.exists():
            if recorded:
                return self._plan_absent(SourcePlan(key, root), recorded, "does not exist")
            raise SourceError(f"{key}: {root} does not exist: put the dataset there, or set its path in local.cfg")
        listing = _with_decoded_paths(list_root(root, self.options.workers.at_home), self.encodings.get(key))
        plan = SourcePlan(key, root, warning=f"{root} contains no files" if listing.has_no_files else None)
        if recorded and listing.is_empty:
            return self._plan_absent(plan, recorded, "is empty")
        self._plan_loose_files(plan, listing, recorded)
        self._plan_containers(plan, listing, recorded)
        missing = [each for path, each in recorded.items() if not listing.may_contain(os.fsdecode(path))]
        commit.delete_containers(self.store, missing)
        plan.dropped = len(missing)
        return plan

    def _plan_absent(self, plan: SourcePlan, recorded: dict[bytes, RecordedContainer], state: str) -> SourcePlan:
        """Keep the rows of a root that may be an unmounted disk, unless the user passed --forget."""
        if self.options.forget:
            commit.delete_containers(self.store, list(recorded.values()))
            return replace(plan, dropped=len(recorded), warning=f"{plan.root} {state}: its rows were deleted")
        advice = f"mount or restore it, or delete its rows with 'python -m indexer scan --source {plan.key} --forget'"
        return replace(
            plan, warning=f"{plan.root} {state}; the rows of its last scan are kept: {advice}", is_absent=True
        )

    def _plan_containers(
        self, plan: SourcePlan, listing: RootListing, recorded: dict[bytes, RecordedContainer]
    ) -> None:
        """Add a task per new or changed container; afterwards ``recorded`` contains the missing ones."""
        tables = self._tables_of(plan.key)
        for container in listing.containers:
            fingerprint = container_fingerprint(container, tables, self.options.limits, self.encodings.get(plan.key))
            previous = recorded.pop(os.fsencode(container.path), None)
            if previous and previous.fingerprint == fingerprint and previous.status != ContainerStatus.FAILED:
                plan.unchanged += 1
                continue
            plan.tasks.append(self._task(ContainerUpdate(plan.key, container, fingerprint, previous)))

    def _plan_loose_files(
        self, plan: SourcePlan, listing: RootListing, recorded: dict[bytes, RecordedContainer]
    ) -> None:
        """Record loose files that changed, and add tasks for the side files that were not parsed."""
        if not (listing.loose.num_rows or listing.findings):
            return
        tables = tuple(table for table in self._tables_of(plan.key) if table.format != "rows")
        previous = recorded.pop(b"", None)
        loose = commit.complete_loose_files(self.store, previous, listing)
        settings = container_fingerprint(listing.folder, tables, self.options.limits)
        fingerprint = folder_fingerprint(settings, loose, listing)
        side_files = SideTableMatcher(tables)
        same = previous if previous and previous.fingerprint == fingerprint else None
        if same and not commit.unread_side_files(self.store, same.container_id, side_files):
            return
        update = ContainerUpdate(plan.key, listing.folder, fingerprint, previous)
        container_id = commit.record_loose_files(self.store, update, loose, listing)
        update = replace(update, previous=RecordedContainer(container_id, fingerprint, ContainerStatus.COMPLETE))
        members = commit.unread_side_files(self.store, container_id, side_files)
        for start in range(0, len(members), SIDE_FILES_PER_TASK):
            plan.tasks.append(self._task(update, tuple(members[start : start + SIDE_FILES_PER_TASK])))

    def _task(self, update: ContainerUpdate, side_files: tuple[MemberRef, ...] = ()) -> PlannedTask:
        stem = self.folder / str(next(self._numbers))
        container = replace(update.container, source=update.source)
        tables = self._tables_of(update.source)
        return PlannedTask(
            update,
            ScanTask(container, tables, self.options.limits, stem, side_files, self.encodings.get(update.source)),
        )

    def _tables_of(self, key: str) -> tuple[SideTable, ...]:
        """Return the side tables below the root of ``key``; other sources may declare them, too."""
        return tuple(table for table in self.tables if table.source == key)


def _with_decoded_paths(listing: RootListing, encoding: str | None) -> RootListing:
    """Return the listing with the paths of loose files decoded, and a finding if they are in no known encoding."""
    names = NameDecoder(encoding, "path")
    loose = names.decoded(listing.loose)
    return replace(listing, loose=loose, findings=(*listing.findings, *names.findings()))
