"""Scan one container in a worker process: list its members, parse its side files, write raw rows to Arrow files."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from indexer.base.errors import BadData, SourceError, Unreachable, message_of
from indexer.base.workers import time_limit
from indexer.containers.from_manifest import stored_member
from indexer.containers.kinds import Kind
from indexer.containers.listing import list_members
from indexer.containers.logical_path import logical_path
from indexer.containers.members.rows import Health, shown
from indexer.containers.models import (
    MEMBER_SCHEMA,
    ArchiveLimits,
    Container,
    ContainerStatus,
    Finding,
    ListingReport,
    MemberBytes,
    MemberRef,
)
from indexer.containers.reading import read_members
from indexer.declarations.models import SideTable
from indexer.roots import localize
from indexer.scanning.name_decoding import NameDecoder
from indexer.scanning.row_files import RowFileWriter, SideRowFileWriter
from indexer.scanning.side_files import BadLine, parse, to_json, valid_rows
from indexer.scanning.side_table_matcher import IMAGE_SUFFIX, SideTableMatcher

MAX_BAD_LINES = 20  # findings per side file
# Errors that untrusted bytes and disks may cause; every other exception is a bug.
_INPUT_ERRORS = (SourceError, OSError, BadData, MemoryError, pa.ArrowException)


@dataclass(frozen=True, slots=True)
class ScanTask:
    """A container to list, or ``side_files`` to parse among loose files (kind folder).

    ``stem`` is the path of the row files without their suffixes.
    """

    container: Container
    tables: tuple[SideTable, ...]
    limits: ArchiveLimits
    stem: Path
    side_files: tuple[MemberRef, ...] = ()
    encoding: str | None = None

    @property
    def members_file(self) -> Path:
        """Rows of MEMBER_SCHEMA; the file is missing if there are none."""
        return self.stem.with_suffix(".members")

    @property
    def side_rows_file(self) -> Path:
        """Rows of SIDE_SCHEMA; the file is missing if there are none."""
        return self.stem.with_suffix(".side")

    def delete_row_files(self) -> None:
        """Delete both row files, which may be incomplete after a crash."""
        for file in (self.members_file, self.side_rows_file):
            file.unlink(missing_ok=True)


def run_task(task: ScanTask) -> ListingReport:
    """Run ``task`` and write its two row files. Errors of the container are part of the report."""
    task.delete_row_files()  # an earlier try may have crashed
    try:
        return _Listing(task).run()
    except Unreachable as error:
        task.delete_row_files()  # the next scan reads a failed container again, but not a partial one
        return failed_report(message_of(error), "unreachable")


def failed_report(reason: str, code: str = "unreadable", listed: int = 0) -> ListingReport:
    """Return the report of a container whose listing did not finish after ``listed`` members."""
    status = ContainerStatus.PARTIAL if listed else ContainerStatus.FAILED
    return ListingReport(status, reason, None, listed, findings=(Finding(code, reason),))


class _Listing:
    """State of one task."""

    def __init__(self, task: ScanTask) -> None:
        self.task = task
        self.container = localize(task.container)
        self.path = shown(task.container.path)
        # Loose Arrow and Parquet files are containers themselves: their rows are copied, not parsed.
        is_folder = task.container.kind == Kind.FOLDER
        self.matcher = SideTableMatcher(table for table in task.tables if not (is_folder and table.format == "rows"))
        self.side_files = list(task.side_files)
        self.parsed: set[tuple[int, str]] = set()
        self.health = Health()

    def run(self) -> ListingReport:
        with SideRowFileWriter(self.task.side_rows_file) as self.side_rows:
            is_folder = self.container.kind == Kind.FOLDER
            report = ListingReport(ContainerStatus.COMPLETE, None, None, 0) if is_folder else self._list()
            if report.status != ContainerStatus.FAILED:
                self._read_side_files()
        return replace(report, findings=(*report.findings, *self.health.all_findings()))

    def _list(self) -> ListingReport:
        """List the container. Side files are parsed if their bytes come with the listing, else read afterwards."""
        listed = 0
        report = failed_report("the reader returned no report")
        capture = self._is_side_file if self.matcher else None
        names = NameDecoder(self.task.encoding)
        try:
            with RowFileWriter(self.task.members_file, MEMBER_SCHEMA) as members:
                for part in list_members(self.container, self.task.limits, capture, self.task.stem.parent):
                    if isinstance(part, ListingReport):
                        report = part
                    elif isinstance(part, MemberBytes):
                        self._take(part)
                    else:
                        batch = names.decoded(part)
                        members.write(batch)
                        listed += batch.num_rows
                        self._collect_side_files(batch)
        except Unreachable:
            raise
        except _INPUT_ERRORS as error:
            return failed_report(message_of(error), listed=listed)
        self.health.findings.extend(names.findings())
        return report

    def _read_side_files(self) -> None:
        try:
            self._parse_side_files()
            self._copy_rows()
        except Unreachable:
            raise
        except _INPUT_ERRORS as error:
            self.health.add("side-file", message_of(error))

    def _is_side_file(self, name: str) -> bool:
        return bool(self.matcher.tables(logical_path(self.path, name)))

    def _take(self, part: MemberBytes) -> None:
        """Parse a side file that was read while listing, or add a finding if it could not be read."""
        if part.target is not None:
            return  # a link, which is read after the listing
        self.parsed.add((part.ordinal, part.name))
        logical = logical_path(self.path, part.name)
        if isinstance(part.data, BadData):
            self.health.add("side-file", f"{shown(logical)}: {part.data}", part.ordinal)
        else:
            self._parse(part.ordinal, logical, part.data)

    def _collect_side_files(self, batch: pa.RecordBatch) -> None:
        if self.matcher and self.container.kind not in (Kind.ARROW, Kind.PARQUET):
            is_image = pc.match_substring_regex(batch["name"], IMAGE_SUFFIX)
            others = batch.filter(pc.and_(pc.invert(is_image), batch["problem"].is_null())).to_pylist()
            self.side_files.extend(
                stored_member(row, row["ordinal"]) for row in others if self._is_side_file(row["name"])
            )

    def _parse_side_files(self) -> None:
        """Read and parse the side files whose bytes did not come with the listing."""
        unread = {member.key: member for member in self.side_files if (member.ordinal, member.name) not in self.parsed}
        if not unread:
            return
        members = list(unread.values())
        # A loose file is read again by the next scan, unless the problem is what it contains.
        code = "unreadable" if self.container.kind == Kind.FOLDER else "side-file"
        for key, data in read_members(self.container, members, self.task.limits, self.task.stem.parent):
            member = unread[key]
            logical = shown(logical_path(member.path, member.name))
            if isinstance(data, BadData):
                self.health.add(code, f"{logical}: {data}", member.ordinal)
            else:
                self._parse(member.ordinal, logical, data)

    def _parse(self, ordinal: int, logical: str, data: bytes) -> None:
        limit = self.task.limits.side_file_size
        if len(data) > limit:
            self.health.add(
                "side-file", f"{logical}: {len(data):,} bytes, more than the limit side_file_size ({limit:,})", ordinal
            )
            return
        for table in self.matcher.tables(logical):
            bad_lines = 0
            for line, record in enumerate(parse(data, table)):
                if not isinstance(record, BadLine):
                    self.side_rows.add((table.source, table.name, logical, line, to_json(record)))
                    continue
                bad_lines += 1
                if bad_lines <= MAX_BAD_LINES:
                    self.health.add("side-file", f"{logical}:{record.number}: {record.reason}", ordinal)
            if bad_lines > MAX_BAD_LINES:
                self.health.add("side-file", f"{logical}: {bad_lines:,} lines in total cannot be used", ordinal)

    def _copy_rows(self) -> None:
        """Copy the scalar columns of an Arrow or Parquet container to the side tables of format ``rows``."""
        if self.container.kind not in (Kind.ARROW, Kind.PARQUET):
            return
        from indexer.containers.tabular import listing as tabular  # noqa: PLC0415 - loads Parquet, which few scans need

        logical = logical_path(self.path, None)
        for table in self.matcher.tables(logical):
            if table.format == "rows":
                batches = _with_time_limit(tabular.scalar_rows(self.container, table.columns), self.task.limits.seconds)
                for line, record in enumerate(record for batch in batches for record in valid_rows(batch)):
                    if record is None:
                        self.health.add(
                            "side-file", f"{logical}: row {line} cannot be used: it is damaged or not UTF-8"
                        )
                    else:
                        self.side_rows.add((table.source, table.name, logical, line, to_json(record)))


def _with_time_limit(items: Iterator[Any], seconds: float) -> Iterator[Any]:
    """Yield ``items``. This process ends if an item takes longer than ``seconds``."""
    end = object()
    while True:
        with time_limit(seconds):
            item = next(items, end)
        if item is end:
            return
        yield item
