"""Raw rows into the store: whatever belongs to one container is committed together, or not at all."""

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import Enum, auto

import pyarrow as pa
import pyarrow.compute as pc

from indexer.containers.from_manifest import stored_member
from indexer.containers.members.rows import shown
from indexer.containers.models import MEMBER_SCHEMA, Container, ContainerStatus, Finding, ListingReport, MemberRef
from indexer.manifest.store import Store
from indexer.scanning.loose import LOOSE_SCHEMA
from indexer.scanning.side_table_matcher import PICTURE, SideTableMatcher
from indexer.scanning.spool import SIDE_SCHEMA, spooled
from indexer.scanning.survey import Survey
from indexer.scanning.worker import ScanTask

_VOLUME = pa.struct([("path", pa.string()), ("size", pa.int64()), ("mtime_ns", pa.int64())])
_CONTAINER_SCHEMA = pa.schema(
    [
        ("container_id", pa.int64()),
        ("source", pa.string()),
        ("path", pa.string()),
        ("path_bytes", pa.binary()),
        ("kind", pa.string()),
        ("volumes", pa.list_(_VOLUME)),
        ("size", pa.int64()),
        ("fingerprint", pa.string()),
        ("status", pa.string()),
        ("reason", pa.string()),
        ("declared", pa.int64()),
        ("listed", pa.int64()),
        ("row_count", pa.int64()),
    ]
)
_FINDING_SCHEMA = pa.schema(
    [("container_id", pa.int64()), ("ordinal", pa.int64()), ("code", pa.string()), ("detail", pa.string())]
)
_ROWS_OF_CONTAINER = ("member", "side_row", "finding", "container")


class _Kept(Enum):
    """Which members keep their id, and what inspections found, when a container is listed again."""

    NONE = auto()  # it is new
    PROVEN = auto()  # those whose checksum or time says that they are the same
    ALL = auto()  # its volumes are as they were: whatever has the same name is the same


@dataclass(frozen=True, slots=True)
class Known:
    """A container as the last scan left it."""

    container_id: int
    fingerprint: str
    status: str


@dataclass(frozen=True, slots=True)
class ManifestContainer:
    """A container about to be recorded; ``known`` is None where it is new."""

    source: str
    container: Container
    fingerprint: str
    known: Known | None


def known_containers(store: Store, source: str) -> dict[bytes, Known]:
    """The containers of ``source`` by the bytes of their path."""
    rows = store.rows("scan/known", {"source": source})
    return {raw or os.fsencode(path): Known(number, mark, status) for number, path, raw, mark, status in rows}


def record_container(store: Store, entry: ManifestContainer, task: ScanTask, report: ListingReport) -> None:
    """Take over what a worker listed: one transaction."""
    with store.transaction():
        container_id = _container_id(store, entry)
        kept = _Kept.NONE if entry.known is None else _kept(store, container_id, entry.container)
        _replace_row(store, container_id, entry, report)
        with spooled(task.members_file, MEMBER_SCHEMA) as members, store.registered("incoming", members):
            _replace_incoming(store, container_id, kept)
        store.execute("delete from side_row where container_id = $id", {"id": container_id})
        _add_side_rows(store, container_id, task)


def record_loose(store: Store, entry: ManifestContainer, survey: Survey) -> int:
    """Take over the loose files of a source, where one came, went or changed; returns their container's id.

    Rows of side files that changed or vanished go; the side files that lack rows are what is left to read.
    """
    loose = _with_unseen(store, entry, survey)
    report = _loose_report(survey, loose.num_rows)
    with store.transaction(), store.registered("loose", loose):
        container_id = _container_id(store, entry)
        _drop_stale_side_rows(store, container_id, entry)
        _replace_row(store, container_id, entry, report, size=pc.sum(loose["size"]).as_py() or 0)
        if entry.known is None or store.rows("scan/loose_changes", {"container_id": container_id})[0][0]:
            with store.registered("incoming", store.arrow("scan/loose_members")):
                _replace_incoming(store, container_id, _Kept.NONE if entry.known is None else _Kept.PROVEN)
    return container_id


def loose_side_files(store: Store, container_id: int, asked: SideTableMatcher) -> list[MemberRef]:
    """The loose files that are asked for and have no rows, in the order of their paths."""
    rows = store.arrow("scan/loose_side_files", {"container_id": container_id, "picture": PICTURE}).to_pylist()
    return [stored_member(row, row["ordinal"]) for row in rows if asked.tables(row["path"])]


def record_side_files(store: Store, entry: ManifestContainer, task: ScanTask, report: ListingReport) -> None:
    """Take over the rows of some loose side files (``entry`` is known by now): one transaction."""
    container_id = _container_id(store, entry)
    with store.transaction():
        _add_side_rows(store, container_id, task)
        _add_findings(store, container_id, report.findings)


def drop(store: Store, containers: Sequence[Known]) -> None:
    """Drop containers that vanished, with all their rows: one transaction."""
    if not containers:
        return
    gone = "container_id in (select unnest($ids))"
    ids = {"ids": [known.container_id for known in containers]}
    with store.transaction():
        store.execute(f"delete from inspection where member_id in (select member_id from member where {gone})", ids)
        for table in _ROWS_OF_CONTAINER:
            store.execute(f"delete from {table} where {gone}", ids)


def _container_id(store: Store, entry: ManifestContainer) -> int:
    if entry.known:
        return entry.known.container_id
    return int(store.execute("select nextval('container_ids')")[0][0])


def _replace_row(
    store: Store, container_id: int, entry: ManifestContainer, report: ListingReport, size: int | None = None
) -> None:
    store.execute("delete from container where container_id = $id", {"id": container_id})
    store.execute("delete from finding where container_id = $id", {"id": container_id})
    container = entry.container
    row = {
        "container_id": container_id,
        "source": entry.source,
        "path": shown(container.path),
        "path_bytes": os.fsencode(container.path) if shown(container.path) != container.path else None,
        "kind": str(container.kind),
        "volumes": _volumes(container),
        "size": sum(volume.size for volume in container.volumes) if size is None else size,
        "fingerprint": entry.fingerprint,
        "status": str(report.status),
        "reason": report.reason,
        "declared": report.declared,
        "listed": report.listed,
        "row_count": report.row_count,
    }
    store.insert("container", pa.Table.from_pylist([row], _CONTAINER_SCHEMA))
    _add_findings(store, container_id, report.findings)


def _add_findings(store: Store, container_id: int, findings: Sequence[Finding]) -> None:
    if findings:
        rows = [asdict(finding) | {"container_id": container_id} for finding in findings]
        store.insert("finding", pa.Table.from_pylist(rows, _FINDING_SCHEMA))


def _kept(store: Store, container_id: int, container: Container) -> _Kept:
    before = store.execute("select volumes from container where container_id = $id", {"id": container_id})
    return _Kept.ALL if before and before[0][0] == _volumes(container) else _Kept.PROVEN


def _volumes(container: Container) -> list[dict[str, object]]:
    return [asdict(volume) | {"path": shown(volume.path)} for volume in container.volumes]


def _replace_incoming(store: Store, container_id: int, kept: _Kept) -> None:
    """The rows of the view ``incoming`` become the container's members."""
    parameters = {"container_id": container_id}
    if kept is _Kept.NONE:
        store.append("member", "scan/new_members", parameters)
        return
    store.save("renewed", "scan/renewed_members", {**parameters, "is_same": kept is _Kept.ALL})
    store.execute(
        "delete from inspection where member_id in (select member_id from member where container_id = $container_id"
        " and member_id not in (select member_id from renewed))",
        parameters,
    )
    store.execute("delete from member where container_id = $container_id", parameters)
    store.execute("insert into member by name select * from renewed")
    store.execute("drop table renewed")


def _add_side_rows(store: Store, container_id: int, task: ScanTask) -> None:
    with spooled(task.side_rows_file, SIDE_SCHEMA) as rows, store.registered("incoming", rows):
        store.append("side_row", "scan/new_side_rows", {"container_id": container_id})


def _drop_stale_side_rows(store: Store, container_id: int, entry: ManifestContainer) -> None:
    """Rows of loose side files that changed, vanished or had a finding; all of them if other tables are asked for."""
    if entry.known is None:
        return
    if entry.known.fingerprint != entry.fingerprint:
        store.execute("delete from side_row where container_id = $id", {"id": container_id})
        return
    stale = store.arrow("scan/stale_side_files", {"container_id": container_id})
    with store.registered("stale", stale):
        store.execute(
            "delete from side_row where container_id = $id and path in (select path from stale)", {"id": container_id}
        )


def _with_unseen(store: Store, entry: ManifestContainer, survey: Survey) -> pa.Table:
    """The loose files found, and known ones that were not, in folders that could not be looked through this time."""
    if not (survey.unread and entry.known):
        return survey.loose
    where = {"container_id": entry.known.container_id, "unread": [shown(path) for path in survey.unread]}
    with store.registered("loose", survey.loose):
        unseen = store.arrow("scan/unseen_members", where).cast(LOOSE_SCHEMA)
    return pa.concat_tables([survey.loose, unseen])


def _loose_report(survey: Survey, count: int) -> ListingReport:
    if survey.unread:
        reason = f"{len(survey.unread)} folders could not be looked into"
        return ListingReport(ContainerStatus.PARTIAL, reason, None, count, findings=survey.findings)
    return ListingReport(ContainerStatus.COMPLETE, None, None, count, findings=survey.findings)
