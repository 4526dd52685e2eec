"""What runs in worker processes: list one container, parse the side files in it, hand over raw rows in Arrow files."""

import locale
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from indexer.base.errors import BadData, SourceError, Unreachable
from indexer.base.workers import time_limit
from indexer.containers.from_manifest import stored_member
from indexer.containers.kinds import Kind
from indexer.containers.listing import list_members
from indexer.containers.logical_path import logical_path
from indexer.containers.members.rows import FINDINGS_PER_CODE, shown
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
from indexer.containers.tabular import listing as tabular
from indexer.declarations.models import SideTable
from indexer.roots import localize
from indexer.scanning.side_files import BadLine, parse, sound_rows, to_json
from indexer.scanning.side_table_matcher import PICTURE, SideTableMatcher
from indexer.scanning.spool import SideSpool, Spool

BAD_LINES_KEPT = 20
# What strangers' bytes and disks may raise; whatever else is a bug of ours.
_TROUBLES = (SourceError, OSError, BadData, MemoryError, pa.ArrowException)


@dataclass(frozen=True, slots=True)
class ScanTask:
    """A container to list; or of loose files (kind folder) just the side files ``wanted``.

    ``spool`` is where the temporary files go, without their endings.
    """

    container: Container
    tables: tuple[SideTable, ...]
    limits: ArchiveLimits
    spool: Path
    wanted: tuple[MemberRef, ...] = ()

    @property
    def members_file(self) -> Path:
        """Rows of MEMBER_SCHEMA; absent where there are none."""
        return self.spool.with_suffix(".members")

    @property
    def side_rows_file(self) -> Path:
        """Rows of SIDE_SCHEMA; absent where there are none."""
        return self.spool.with_suffix(".side")

    def discard(self) -> None:
        """Remove both files: what a worker wrote that ended on its way need not be whole."""
        for file in (self.members_file, self.side_rows_file):
            file.unlink(missing_ok=True)


def work(task: ScanTask) -> ListingReport:
    """Do ``task``; its rows lie in its two files then. Troubles of the container are told by the report."""
    _ensure_utf8()
    task.discard()  # of an earlier try that ended its worker
    try:
        return _Listing(task).run()
    except Unreachable as error:
        task.discard()  # a container that failed is read again by the next scan, half a one is not
        return failure(_one_line(error), "unreachable")


def failure(reason: str, code: str = "unreadable", listed: int = 0) -> ListingReport:
    """The report of a container whose listing did not come to its end."""
    status = ContainerStatus.PARTIAL if listed else ContainerStatus.FAILED
    return ListingReport(status, reason, None, listed, findings=(Finding(code, reason),))


def _ensure_utf8() -> None:
    """Make names UTF-8 to libarchive too, which has none to give where the locale cannot spell them."""
    if "UTF-8" not in str(locale.setlocale(locale.LC_CTYPE, None)):
        locale.setlocale(locale.LC_CTYPE, "C.UTF-8")


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


class _Listing:
    """One task under way."""

    def __init__(self, task: ScanTask) -> None:
        self.task = task
        self.container = localize(task.container)
        self.path = shown(task.container.path)
        # Loose Arrow and Parquet files are containers themselves: their rows are copied, not parsed.
        is_folder = task.container.kind == Kind.FOLDER
        self.asked = SideTableMatcher(table for table in task.tables if not (is_folder and table.format == "rows"))
        self.wanted = list(task.wanted)
        self.captured: set[tuple[int, str]] = set()
        self.findings: list[Finding] = []
        self.noted = 0

    def run(self) -> ListingReport:
        with SideSpool(self.task.side_rows_file) as self.side_rows:
            is_folder = self.container.kind == Kind.FOLDER
            report = ListingReport(ContainerStatus.COMPLETE, None, None, 0) if is_folder else self._list()
            if report.status != ContainerStatus.FAILED:
                self._read_side_files()
        return replace(report, findings=(*report.findings, *self.findings))

    def _list(self) -> ListingReport:
        """List the container; members that a declaration asks for are parsed if handed over, else noted."""
        listed = 0
        report = failure("the reader gave no report")
        try:
            with Spool(self.task.members_file, MEMBER_SCHEMA) as members:
                for part in self._parts():
                    if isinstance(part, ListingReport):
                        report = part
                    elif isinstance(part, MemberBytes):
                        self._capture(part)
                    else:
                        members.write(part)
                        listed += part.num_rows
                        self._note_wanted(part)
        except Unreachable:
            raise
        except _TROUBLES as error:
            return failure(_one_line(error), listed=listed)
        return report

    def _parts(self) -> Iterator[pa.RecordBatch | MemberBytes | ListingReport]:
        capture = self._is_wanted if self.asked else None
        return list_members(self.container, self.task.limits, capture, self.task.spool.parent)

    def _read_side_files(self) -> None:
        try:
            self._read_wanted()
            self._copy_rows()
        except Unreachable:
            raise
        except _TROUBLES as error:
            self._note(None, _one_line(error))

    def _is_wanted(self, name: str) -> bool:
        return bool(self.asked.tables(logical_path(self.path, name)))

    def _capture(self, part: MemberBytes) -> None:
        self.captured.add((part.ordinal, part.name))
        self._parse(part.ordinal, logical_path(self.path, part.name), part.data)

    def _note_wanted(self, batch: pa.RecordBatch) -> None:
        if self.asked and self.container.kind not in (Kind.ARROW, Kind.PARQUET):
            is_picture = pc.match_substring_regex(batch["name"], PICTURE)
            candidates = batch.filter(pc.and_(pc.invert(is_picture), batch["problem"].is_null())).to_pylist()
            self.wanted.extend(stored_member(row, row["ordinal"]) for row in candidates if self._is_wanted(row["name"]))

    def _read_wanted(self) -> None:
        """Read the side files that were not handed over while listing."""
        left = {want.key: want for want in self.wanted if (want.ordinal, want.name) not in self.captured}
        if not left:
            return
        members = list(left.values())
        for key, data in read_members(self.container, members, self.task.limits, self.task.spool.parent):
            want = left[key]
            logical = shown(logical_path(want.path, want.name))
            if isinstance(data, BadData):
                self._note(want.ordinal, f"{logical}: {data}")
            else:
                self._parse(want.ordinal, logical, data)

    def _parse(self, ordinal: int, logical: str, data: bytes) -> None:
        if len(data) > self.task.limits.side_file_size:
            self._note(ordinal, f"{logical}: {len(data):,} bytes are more than a side file may have")
            return
        for table in self.asked.tables(logical):
            bad = 0
            for line, record in enumerate(parse(data, table)):
                if not isinstance(record, BadLine):
                    self.side_rows.add((table.source, table.name, logical, line, to_json(record)))
                    continue
                bad += 1
                if bad <= BAD_LINES_KEPT:
                    self._note(ordinal, f"{logical}:{record.number}: {record.reason}")
            if bad > BAD_LINES_KEPT:
                self._note(ordinal, f"{logical}: {bad:,} lines in all cannot be used")

    def _note(self, ordinal: int | None, detail: str) -> None:
        self.noted += 1
        if self.noted <= FINDINGS_PER_CODE:
            self.findings.append(Finding("side-file", detail, ordinal))
        elif self.noted == FINDINGS_PER_CODE + 1:
            self.findings.append(Finding("side-file", "and more of this kind"))

    def _copy_rows(self) -> None:
        """The scalar columns of an Arrow or Parquet container, for the tables that ask for its rows."""
        if self.container.kind not in (Kind.ARROW, Kind.PARQUET):
            return
        logical = logical_path(self.path, None)
        for table in self.asked.tables(logical):
            if table.format == "rows":
                batches = _timed(tabular.scalar_rows(self.container, table.columns), self.task.limits.seconds)
                for line, record in enumerate(record for batch in batches for record in sound_rows(batch)):
                    if record is None:
                        self._note(None, f"{logical}: row {line} cannot be used, its values are damaged or not UTF-8")
                    else:
                        self.side_rows.add((table.source, table.name, logical, line, to_json(record)))


def _timed(parts: Iterator[Any], seconds: float) -> Iterator[Any]:
    """``parts``, each of which has ``seconds`` to come; a reader that gives nothing for so long ends this process."""
    end = object()
    while True:
        with time_limit(seconds):
            part = next(parts, end)
        if part is end:
            return
        yield part
