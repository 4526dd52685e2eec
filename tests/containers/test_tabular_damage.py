"""Damaged, truncated and replaced Arrow and Parquet files."""

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indexer.base.errors import SourceError
from indexer.containers.kinds import Kind
from indexer.containers.models import ContainerStatus
from tests.support.tables import TABLE, container_of, listed, read, write


def test_pages_of_parquet_with_wrong_checksums_are_bad_data(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    table = pa.table({"jpg": [b"first" * 9, b"other" * 9]})
    pq.write_table(table, file, row_group_size=1, compression="none", use_dictionary=False, write_page_checksum=True)
    file.write_bytes(file.read_bytes().replace(b"therother", b"therOther"))
    assert read(container_of(file, Kind.PARQUET), "0/jpg", "1/jpg") == {"0/jpg": b"first" * 9, "1/jpg": "damaged"}


def test_stream_without_end_mark_is_partial(tmp_path: Path) -> None:
    of = write(tmp_path / "a.arrow", TABLE)
    with (tmp_path / "a.arrow").open("r+b") as file:
        file.truncate(file.seek(0, os.SEEK_END) - 8)
    rows, report = listed(of)
    assert len(rows) == 6
    assert report.status == ContainerStatus.PARTIAL
    assert report.findings[0].code == "truncated"


@pytest.mark.parametrize("name", ["a.arrow", "a.feather", "a.parquet"])
@pytest.mark.parametrize("keep", [0.0, 0.3, 0.6])
def test_truncated_file_is_not_complete(tmp_path: Path, name: str, keep: float) -> None:
    of = write(tmp_path / name, TABLE, rows=1)
    os.truncate(tmp_path / name, int((tmp_path / name).stat().st_size * keep))
    _, report = listed(of)
    assert report.status != ContainerStatus.COMPLETE
    assert report.reason


def test_invalid_offsets_fail(tmp_path: Path) -> None:
    of = write(tmp_path / "a.arrow", pa.table({"jpg": pa.array([b"1" * 100, b"2" * 100], pa.binary())}))
    data = (tmp_path / "a.arrow").read_bytes()
    offsets = b"".join(value.to_bytes(4, "little") for value in (0, 100, 200))
    assert offsets in data
    (tmp_path / "a.arrow").write_bytes(data.replace(offsets, b"\0\0\0\0\xff\xff\xff\x7f\xff\xff\xff\x7f"))
    _, report = listed(of)
    assert report.status == ContainerStatus.FAILED


@pytest.mark.parametrize("name", ["a.arrow", "a.parquet"])
def test_missing_cells_are_damaged(tmp_path: Path, name: str) -> None:
    of = write(tmp_path / name, TABLE)
    assert read(of, "0/image_gen0", "3/image_gen0") == {"0/image_gen0": b"a" * 5, "3/image_gen0": "damaged"}
    assert read(of, "0/image_gen7") == {"0/image_gen7": "damaged"}


def test_damaged_page_loses_only_its_row_group(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    pq.write_table(pa.table({"jpg": [bytes([n]) * 99 for n in range(4)]}), file, row_group_size=2, compression="none")
    at = pq.ParquetFile(file).metadata.row_group(0).column(0).dictionary_page_offset
    with file.open("r+b") as page:
        page.seek(at)
        page.write(b"\xff" * 8)
    of = container_of(file, Kind.PARQUET)
    found = read(of, *(f"{row}/jpg" for row in range(4)))
    assert found == {"0/jpg": "damaged", "1/jpg": "damaged", "2/jpg": bytes([2]) * 99, "3/jpg": bytes([3]) * 99}


def test_replaced_file_has_changed(tmp_path: Path) -> None:
    of = write(tmp_path / "a.parquet", TABLE)
    write(tmp_path / "a.parquet", TABLE.slice(1))
    with pytest.raises(SourceError, match="changed since"):
        read(of, "0/image_gen0")
