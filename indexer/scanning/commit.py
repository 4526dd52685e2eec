"""Write raw rows to the manifest, in one transaction per container."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import Enum, auto
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from indexer.containers.from_manifest import stored_member
from indexer.containers.members.rows import shown
from indexer.containers.models import MEMBER_SCHEMA, Container, ContainerStatus, Finding, ListingReport, MemberRef
from indexer.manifest.store import Store
from indexer.scanning.loose import LOOSE_SCHEMA, in_path_order
from indexer.scanning.root_listing import RootListing, settings_of
from indexer.scanning.row_files import SIDE_SCHEMA, numbered, open_row_file
from indexer.scanning.side_table_matcher import IMAGE_SUFFIX, SideTableMatcher
from indexer.scanning.upstream import Upstream, upstream_of
from indexer.scanning.worker import ScanTask

_LOST_FILES = frozenset({"placeholder", "unread-format", "unfinished-download", "link-to-nothing", "shard-missing"})
_FAILED_READS = frozenset({"reader-crashed", "unreadable"})
_INSERTED_ROWS = 122_880  # per batch: a row group of DuckDB, which one thread compresses
_TABLES = ("member", "side_row", "finding", "container")


class _Keep(Enum):
    """Which members keep their id and inspection when a container is listed again."""

    NONE = auto()  # the container is new
    PROVEN = auto()  # members with an equal checksum or time
    ALL = auto()  # the volumes are unchanged: members with an equal name and size


@dataclass(frozen=True, slots=True)
class RecordedContainer:
    """A container as the last scan recorded it."""

    container_id: int
    fingerprint: str
    status: str


@dataclass(frozen=True, slots=True)
class ContainerUpdate:
    """A container to record; ``previous`` is None if it is new."""

    source: str
    container: Container
    fingerprint: str
    previous: RecordedContainer | None


def recorded_containers(store: Store) -> dict[str, dict[bytes, RecordedContainer]]:
    """Return the containers in the manifest by their source and their path as bytes."""
    found: dict[str, dict[bytes, RecordedContainer]] = {}
    for source, path, path_bytes, *recorded in store.rows("scan/recorded_containers"):
        found.setdefault(source, {})[path_bytes or os.fsencode(path)] = RecordedContainer(*recorded)
    return found


def record_container(store: Store, update: ContainerUpdate, task: ScanTask, report: ListingReport) -> None:
    """Record a container from the row files of ``task``, in one transaction.

    If the reader or the disk failed and the volumes are those of the last scan, the rows of that scan are kept.
    """
    with store.transaction():
        container_id = _container_id(store, update)
        keep = _Keep.NONE
        if update.previous:
            before = store.execute("select volumes from container where container_id = $id", {"id": container_id})
            is_same = bool(before) and before[0][0] == _volumes(update.container)
            keep = _Keep.ALL if is_same else _Keep.PROVEN
        _replace_container_row(store, container_id, update, report)
        if keep is _Keep.ALL and _FAILED_READS & {finding.code for finding in report.findings}:
            task.delete_row_files()
            return
        with (
            open_row_file(task.members_file, MEMBER_SCHEMA) as members,
            store.registered("incoming", numbered(members)),
        ):
            _replace_members(store, container_id, keep)
        store.execute("delete from side_row where container_id = $id", {"id": container_id})
        _add_side_rows(store, container_id, task)


def record_loose_files(store: Store, update: ContainerUpdate, loose: pa.Table, listing: RootListing) -> int:
    """Record the files of :func:`complete_loose_files`, in one transaction, and return their container's id.

    Rows of side files that changed or are missing are deleted. :func:`unread_side_files` lists those to parse.
    """
    reason = f"{len(listing.unread)} folders could not be listed" if listing.unread else _lost_files(listing)
    status = ContainerStatus.PARTIAL if reason else ContainerStatus.COMPLETE
    report = ListingReport(status, reason, None, loose.num_rows, findings=listing.findings)
    with store.transaction(), store.registered("loose", loose):
        container_id = _container_id(store, update)
        _delete_stale_side_rows(store, container_id, update)
        _replace_container_row(store, container_id, update, report, size=pc.sum(loose["size"]).as_py() or 0)
        if update.previous is None or store.rows("scan/loose_changes", {"container_id": container_id})[0][0]:
            with store.registered("numbered", numbered(loose.to_reader(_INSERTED_ROWS))):
                store.view_temporary("incoming", "scan/loose_members")
                _replace_members(store, container_id, _Keep.PROVEN if update.previous else _Keep.NONE)
                store.execute("drop view incoming")
    return container_id


def _lost_files(listing: RootListing) -> str | None:
    """Return the first finding about a file whose contents are elsewhere, or None."""
    lost = (finding for finding in listing.findings if finding.code in _LOST_FILES)
    return next((f"{finding.code}: {finding.detail}" for finding in lost), None)


def unread_side_files(store: Store, container_id: int, matcher: SideTableMatcher) -> list[MemberRef]:
    """Return the loose side files that were not parsed yet, ordered by path."""
    if not matcher:
        return []
    parameters = {"container_id": container_id, "image_suffix": IMAGE_SUFFIX}
    rows = store.arrow("scan/loose_side_files", parameters).to_pylist()
    return [stored_member(row, row["ordinal"]) for row in rows if matcher.tables(row["path"])]


def record_side_files(store: Store, update: ContainerUpdate, task: ScanTask, report: ListingReport) -> None:
    """Record the rows of loose side files, in one transaction. The loose files are recorded already."""
    container_id = _container_id(store, update)
    with store.transaction():
        _add_side_rows(store, container_id, task)
        _add_findings(store, container_id, report.findings)


def delete_containers(store: Store, containers: Sequence[RecordedContainer]) -> None:
    """Delete containers with all their rows and inspections, in one transaction."""
    if not containers:
        return
    condition = "container_id in (select unnest($ids))"
    ids = {"ids": [each.container_id for each in containers]}
    with store.transaction():
        store.execute(
            f"delete from inspection where member_id in (select member_id from member where {condition})", ids
        )
        for table in _TABLES:
            store.execute(f"delete from {table} where {condition}", ids)


def _container_id(store: Store, update: ContainerUpdate) -> int:
    if update.previous:
        return update.previous.container_id
    return int(store.execute("select nextval('container_ids')")[0][0])


def _replace_container_row(
    store: Store, container_id: int, update: ContainerUpdate, report: ListingReport, size: int | None = None
) -> None:
    store.execute("delete from container where container_id = $id", {"id": container_id})
    store.execute("delete from finding where container_id = $id", {"id": container_id})
    container, path = update.container, shown(update.container.path)
    row = {
        "container_id": container_id,
        "source": update.source,
        "path": path,
        "path_bytes": os.fsencode(container.path) if path != container.path else None,
        "kind": str(container.kind),
        "volumes": _volumes(container),
        "size": sum(volume.size for volume in container.volumes) if size is None else size,
        "fingerprint": update.fingerprint,
        "status": str(report.status),
        "reason": report.reason,
        "declared": report.declared,
        "listed": report.listed,
        "row_count": report.row_count,
        **asdict(upstream_of(container.root, container.volumes[-1].path) if container.volumes else Upstream()),
    }
    store.insert("container", pa.Table.from_pylist([row]))
    _add_findings(store, container_id, report.findings)


def _add_findings(store: Store, container_id: int, findings: Sequence[Finding]) -> None:
    if findings:
        rows = [asdict(finding) | {"container_id": container_id} for finding in findings]
        store.insert("finding", pa.Table.from_pylist(rows))


def _volumes(container: Container) -> list[dict[str, object]]:
    return [asdict(volume) | {"path": shown(volume.path)} for volume in container.volumes]


def _replace_members(store: Store, container_id: int, keep: _Keep) -> None:
    """Replace the container's members with the rows of the view ``incoming``; new members take the next member_ids."""
    parameters = {"container_id": container_id}
    first = store.execute("select nextval('member_ids')")[0][0]
    if keep is _Keep.NONE:
        store.append("member", "scan/new_members", {**parameters, "first": first})
    else:
        _renew_members(store, {**parameters, "first": first, "is_same": keep is _Keep.ALL})
    last = (
        "select setval('member_ids', greatest($first, max(member_id))) from member where container_id = $container_id"
    )
    store.execute(last, {**parameters, "first": first})


def _renew_members(store: Store, parameters: Mapping[str, Any]) -> None:
    store.save("renewed", "scan/renewed_members", parameters)
    container = {"container_id": parameters["container_id"]}
    store.execute(
        "delete from inspection where member_id in (select member_id from member where container_id = $container_id"
        " and member_id not in (select member_id from renewed))",
        container,
    )
    store.execute("delete from member where container_id = $container_id", container)
    store.execute("insert into member by name select * from renewed")
    store.execute("drop table renewed")


def _add_side_rows(store: Store, container_id: int, task: ScanTask) -> None:
    with open_row_file(task.side_rows_file, SIDE_SCHEMA) as rows, store.registered("incoming", rows):
        store.append("side_row", "scan/new_side_rows", {"container_id": container_id})


def _delete_stale_side_rows(store: Store, container_id: int, update: ContainerUpdate) -> None:
    """Delete rows of loose side files that changed, are missing or had a finding; all rows if the tables changed."""
    if update.previous is None:
        return
    if settings_of(update.previous.fingerprint) != settings_of(update.fingerprint):
        store.execute("delete from side_row where container_id = $id", {"id": container_id})
        return
    stale = store.arrow("scan/stale_side_files", {"container_id": container_id})
    with store.registered("stale", stale):
        store.execute(
            "delete from side_row where container_id = $id and path in (select path from stale)", {"id": container_id}
        )


def complete_loose_files(store: Store, previous: RecordedContainer | None, listing: RootListing) -> pa.Table:
    """Return the loose files found, and the recorded ones in folders that could not be listed; in path order."""
    if not (listing.unread and previous):
        return listing.loose
    unread = [shown(path) for path in listing.unread]
    with store.registered("loose", listing.loose):
        unlisted = store.arrow("scan/unlisted_members", {"container_id": previous.container_id, "unread": unread}).cast(
            LOOSE_SCHEMA
        )
    return in_path_order(pa.concat_tables([listing.loose, unlisted]))
