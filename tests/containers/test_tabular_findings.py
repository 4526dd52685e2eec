"""Cells of Arrow and Parquet files without an image, and columns whose images are not listed."""

import base64
from pathlib import Path

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indexer.containers.kinds import Kind
from indexer.containers.models import ContainerStatus
from tests.support.tables import IMAGE, PNG, container_of, listed, read, write


@pytest.mark.parametrize("statistics", [True, False])
def test_empty_cells_of_parquet_are_listed_as_empty(tmp_path: Path, statistics: bool) -> None:
    whole = pa.array([{"bytes": b"a", "path": None}] * 2 + [{"bytes": None, "path": "y"}, None] + [None, None], IMAGE)
    table = pa.table({"image": whole, "jpg": pa.array([b"1", None, b"2", b"3", None, None], pa.binary())})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=2, write_statistics=statistics)
    rows, _ = listed(container_of(tmp_path / "a.parquet", Kind.PARQUET))
    empty = {row["name"] for row in rows if row["problem"] == "empty cell"}
    assert empty == {"3/image", "4/image", "5/image"} | ({"1/jpg", "4/jpg", "5/jpg"} if statistics else set())


@pytest.mark.parametrize("name", ["a.arrow", "a.feather", "a.parquet"])
def test_images_in_lists_are_a_finding(tmp_path: Path, name: str) -> None:
    table = pa.table({"frames": pa.array([[{"bytes": b"1", "path": None}]], pa.list_(IMAGE)), "jpg": [b"2"]})
    rows, report = listed(write(tmp_path / name, table))
    assert [row["name"] for row in rows] == ["0/jpg"]
    assert report.status == ContainerStatus.PARTIAL
    assert report.reason == "nested-column: column frames holds images in a list: they are not listed"


def test_list_of_images_saved_by_datasets_is_a_finding(tmp_path: Path) -> None:
    features = datasets.Features(
        frames=datasets.List(datasets.Image()), sounds=datasets.List(datasets.Audio()), n=datasets.Value("int32")
    )
    cell = [{"bytes": b"12", "path": None}]
    table = pa.table({"frames": [cell], "sounds": [cell], "n": [1]}, features.arrow_schema)
    _, report = listed(write(tmp_path / "a.arrow", table))
    assert [finding.code for finding in report.findings] == ["nested-column"]


@pytest.mark.parametrize("name", ["a.arrow", "a.parquet"])
def test_cells_with_a_path_only_are_named(tmp_path: Path, name: str) -> None:
    cells = pa.array([{"bytes": None, "path": "/home/a.jpg"}, {"bytes": None, "path": None}], IMAGE)
    rows, _ = listed(write(tmp_path / name, pa.table({"image": cells})))
    assert [row["problem"] for row in rows] == ["only a path, no bytes", "empty cell"]


def test_failed_downloads_of_img2dataset_are_empty(tmp_path: Path) -> None:
    table = pa.table({"status": ["success", "failed_to_download", None, "success"], "jpg": [b"1", None, None, b"2"]})
    rows, _ = listed(write(tmp_path / "a.parquet", table, rows=4))
    assert [row["problem"] for row in rows] == [None, "empty cell", "empty cell", None]


@pytest.mark.parametrize("name", ["a.arrow", "a.parquet"])
@pytest.mark.parametrize("prefix", ["", "data:image/png;base64,"])
def test_images_in_base64_are_named(tmp_path: Path, name: str, prefix: str) -> None:
    text = prefix + base64.b64encode(PNG).decode()
    table = pa.table(
        {
            "text": [None, text],
            "raw": [b"", text.encode()],
            "cell": pa.array([None, {"bytes": text.encode(), "path": "a.png"}], IMAGE),
            "field": [{"data": "", "n": 1}, {"data": text, "n": 2}],
            "frames": [[], [text]],
            "caption": ["long " * 100, ""],
            "image": [PNG, PNG],
        }
    )
    rows, report = listed(write(tmp_path / name, table))
    assert [row["name"] for row in rows] == ["0/image", "1/image"]
    assert report.status == ContainerStatus.PARTIAL
    assert {finding.code for finding in report.findings} == {"base64-column"}
    assert {finding.detail for finding in report.findings} == {
        f"column {column} holds images in base64 text: they are not listed"
        for column in ("text", "raw", "cell", "field", "frames")
    }


@pytest.mark.parametrize("name", ["a.arrow", "a.parquet"])
def test_images_in_cells_of_another_type_are_named(tmp_path: Path, name: str) -> None:
    table = pa.table(
        {
            "fixed": pa.array([None, PNG], pa.binary(len(PNG))),
            "digest": pa.array([bytes(32)] * 2, pa.binary(32)),
            "numbers": pa.array([[], list(PNG)], pa.list_(pa.uint8())),
            "wide": pa.array([None, list(PNG)], pa.large_list(pa.int64())),
            "struct": [{"pixels": list(PNG)}, None],
            "tokens": [list(range(400))] * 2,
            "embedding": [[0.5] * 400] * 2,
        }
    )
    rows, report = listed(write(tmp_path / name, table))
    assert not rows
    assert {finding.code for finding in report.findings} == {"nested-column"}
    assert {finding.detail.split(":")[0] for finding in report.findings} == {
        "column fixed holds images in binaries of a fixed size",
        *(f"column {column} holds images in a list of numbers" for column in ("numbers", "wide", "struct")),
    }


@pytest.mark.parametrize("name", ["a.arrow", "a.parquet"])
def test_column_without_any_bytes_is_named(tmp_path: Path, name: str) -> None:
    cells = [{"bytes": None, "path": "a.jpg"}, {"bytes": None, "path": "b.jpg"}]
    _, report = listed(write(tmp_path / name, pa.table({"image": cells})))
    assert (report.status, [each.code for each in report.findings]) == (ContainerStatus.PARTIAL, ["path-column"])


@pytest.mark.parametrize("name", ["a.arrow", "a.feather", "a.parquet"])
@pytest.mark.parametrize("statistics", [True, False])
def test_cells_without_bytes_among_others_are_named(tmp_path: Path, name: str, statistics: bool) -> None:
    cells = [{"bytes": b"1", "path": "x"}, {"bytes": None, "path": "y"}, None, {"bytes": None, "path": None}]
    table = pa.table(
        {
            "a": pa.array(cells, IMAGE),
            "b": pa.array([b"1", None, b"3", None]),
            "c": pa.array([{"bytes": None}, {"bytes": b"2"}, None, {"bytes": b"4"}], pa.struct({"bytes": pa.binary()})),
        }
    )
    of = write(tmp_path / name, table, rows=4)
    if name == "a.parquet":
        pq.write_table(table, tmp_path / name, write_statistics=statistics)
        of = container_of(tmp_path / name, Kind.PARQUET)
    rows, _ = listed(of)
    problems = {row["name"]: row["problem"] for row in rows if row["problem"]}
    path, empty = "only a path, no bytes", "empty cell"
    assert problems == {
        "1/a": path, "2/a": empty, "3/a": empty, "1/b": empty, "3/b": empty, "0/c": empty, "2/c": empty
    } or (name == "a.parquet" and not statistics)  # fmt: skip
    assert read(of, *problems) == problems
