"""Temporary row files: a full disk ends the scan, and does not count as a damaged container."""

import os
from pathlib import Path

import pyarrow as pa
import pytest

from indexer.base.errors import OutputError
from indexer.base.workers import WorkerCrashed
from indexer.containers.kinds import Kind
from indexer.containers.models import ArchiveLimits, Container, ContainerStatus
from indexer.scanning.row_files import SIDE_SCHEMA, RowFileWriter, SideRowFileWriter, open_row_file
from indexer.scanning.run import _report_of
from indexer.scanning.worker import ScanTask


def test_row_file_is_deleted_after_reading(tmp_path: Path) -> None:
    with SideRowFileWriter(tmp_path / "rows") as spool:
        spool.add(("s", "t", "p", 0, "{}"))
    with open_row_file(tmp_path / "rows", SIDE_SCHEMA) as reader:
        assert reader.read_all().num_rows == 1
    assert not (tmp_path / "rows").exists()


def test_row_file_without_rows(tmp_path: Path) -> None:
    with SideRowFileWriter(tmp_path / "rows"):
        pass
    with open_row_file(tmp_path / "rows", SIDE_SCHEMA) as reader:
        assert reader.read_all().num_rows == 0


def test_row_files_of_a_crashed_worker_are_not_read(tmp_path: Path) -> None:
    task = ScanTask(Container(tmp_path, "a.zip", Kind.ZIP, ()), (), ArchiveLimits(), tmp_path / "0")
    with SideRowFileWriter(task.side_rows_file) as spool:
        spool.add(("s", "t", "p", 0, "{}"))
    os.truncate(task.side_rows_file, task.side_rows_file.stat().st_size - 100)
    report = _report_of(task, WorkerCrashed("crashed its reader"))
    assert (report.status, report.findings[0].code) == (ContainerStatus.FAILED, "reader-crashed")
    with open_row_file(task.side_rows_file, SIDE_SCHEMA) as reader:
        assert reader.read_all().num_rows == 0


def test_full_disk_is_an_output_error_with_advice(tmp_path: Path) -> None:
    (tmp_path / "rows").symlink_to("/dev/full")
    batch = pa.record_batch([pa.array(range(1000))], names=["a"])
    with pytest.raises(OutputError, match=r"No space left on device.*free space"):
        write_often(tmp_path / "rows", batch)


def write_often(file: Path, batch: pa.RecordBatch) -> None:
    with RowFileWriter(file, batch.schema) as spool:
        for _ in range(100):
            spool.write(batch)
