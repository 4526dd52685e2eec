"""Images in Arrow and Parquet files: listed with their sizes, and read."""

import json
import os
from pathlib import Path

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indexer.containers.kinds import Kind
from indexer.containers.models import ContainerStatus, ListingReport
from tests.support.tables import IMAGE, TABLE, bytes_in_cache, container_of, listed, read, write


@pytest.mark.parametrize("name", ["a.arrow", "a.feather"])
def test_arrow_cells_are_listed_by_row_with_sizes(tmp_path: Path, name: str) -> None:
    rows, report = listed(write(tmp_path / name, TABLE))
    assert [(row["ordinal"], row["name"], row["size"], row["problem"]) for row in rows] == [
        (0, "0/image_gen0", 5, None),
        (1, "0/image_gen1", 1, None),
        (2, "1/image_gen0", None, "only a path, no bytes"),
        (3, "1/image_gen1", 2, None),
        (4, "2/image_gen0", None, "empty cell"),
        (5, "2/image_gen1", 3, None),
    ]
    assert {(row["path"], row["access"]) for row in rows} == {(name, "cell")}
    assert report == ListingReport(ContainerStatus.COMPLETE, None, 6, 6, 3)


def test_parquet_cells_are_listed_from_the_footer(tmp_path: Path) -> None:
    rows, report = listed(write(tmp_path / "a.parquet", TABLE))
    assert [(row["ordinal"], row["name"], row["size"]) for row in rows[:2]] == [
        (0, "0/image_gen0", None),
        (1, "0/image_gen1", None),
    ]
    assert report == ListingReport(ContainerStatus.COMPLETE, None, 6, 6, 3)


def test_listing_parquet_does_not_read_images(tmp_path: Path) -> None:
    cells = pa.array([None, {"bytes": os.urandom(1 << 24), "path": "x"}], IMAGE)
    pq.write_table(pa.table({"image": cells}), tmp_path / "a.parquet")
    with (tmp_path / "a.parquet").open("rb") as opened:
        os.fsync(opened.fileno())
        os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    rows, _ = listed(container_of(tmp_path / "a.parquet", Kind.PARQUET))
    assert [row["problem"] for row in rows] == ["empty cell", None]
    assert bytes_in_cache(tmp_path / "a.parquet") < 1 << 22


@pytest.mark.parametrize("name", ["a.arrow", "a.feather", "a.parquet"])
def test_cells_are_read_in_row_order(tmp_path: Path, name: str) -> None:
    of = write(tmp_path / name, TABLE)
    found = read(of, "2/image_gen1", "0/image_gen0", "1/image_gen0", "2/image_gen0")
    assert list(found.items()) == [
        ("0/image_gen0", b"aaaaa"),
        ("1/image_gen0", "only a path, no bytes"),
        ("2/image_gen0", "empty cell"),
        ("2/image_gen1", b"\3\3\3"),
    ]


def test_features_saved_by_datasets_are_used(tmp_path: Path) -> None:
    features = datasets.Features(
        image=datasets.Image(), sound=datasets.Audio(), raw=datasets.Value("binary"), label=datasets.Value("int64")
    )
    cell = {"bytes": b"12", "path": None}
    rows = pa.table({"image": [cell], "sound": [cell], "raw": [b"123"], "label": [1]}, features.arrow_schema)
    names = [row["name"] for row in listed(write(tmp_path / "a.arrow", rows))[0]]
    assert names == ["0/image", "0/raw"]
    assert json.loads(rows.schema.metadata[b"huggingface"])["info"]["features"]["sound"]["_type"] == "Audio"


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary(), pa.binary_view()])
def test_columns_of_bytes_are_images(tmp_path: Path, kind: pa.DataType) -> None:
    of = write(tmp_path / "a.arrow", pa.table({"key": ["0"], "jpg": pa.array([b"123"], kind)}))
    assert [(row["name"], row["size"]) for row in listed(of)[0]] == [("0/jpg", 3)]
    assert read(of, "0/jpg") == {"0/jpg": b"123"}


def test_table_without_images_is_complete(tmp_path: Path) -> None:
    rows, report = listed(write(tmp_path / "a.parquet", pa.table({"url": ["a", "b"]})))
    assert not rows
    assert report == ListingReport(ContainerStatus.COMPLETE, None, 0, 0, 2)


def test_listing_arrow_does_not_read_images(tmp_path: Path) -> None:
    file = tmp_path / "a.arrow"
    of = write(file, pa.table({"jpg": pa.array([b"x" * (1 << 24)] * 4, pa.large_binary())}), rows=1)
    with file.open("rb") as opened:
        os.fsync(opened.fileno())
        os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    assert [row["size"] for row in listed(of)[0]] == [1 << 24] * 4
    assert bytes_in_cache(file) < 1 << 20


@pytest.mark.parametrize("name", ["a.arrow", "a.feather", "a.parquet"])
def test_dictionaries_and_structs_without_a_path_are_images(tmp_path: Path, name: str) -> None:
    logo = pa.array([b"logo", None, b"logo", b"other"]).dictionary_encode()
    only = pa.array([{"bytes": b"1"}, {"bytes": b"22"}, None, {"bytes": b"4"}], pa.struct({"bytes": pa.binary()}))
    of = write(tmp_path / name, pa.table({"logo": logo, "only": only}), rows=4)
    rows, report = listed(of)
    assert report.status == ContainerStatus.COMPLETE
    assert read(of, "0/logo", "1/logo", "3/logo", "1/only", "2/only") == {
        "0/logo": b"logo", "1/logo": "empty cell", "3/logo": b"other", "1/only": b"22", "2/only": "empty cell",
    }  # fmt: skip
    if name != "a.parquet":
        assert [row["size"] for row in rows] == [4, 1, None, 2, 4, None, 5, 1]


@pytest.mark.parametrize("name", ["a.arrow", "a.parquet"])
def test_cells_of_zero_bytes_are_like_empty_files(tmp_path: Path, name: str) -> None:
    """A build refuses them for the same reason, so its record does not depend on the packing."""
    of = write(tmp_path / name, pa.table({"jpg": [b"", b"2"]}))
    assert [row["problem"] for row in listed(of)[0]] == [None, None]
    assert read(of, "0/jpg", "1/jpg") == {"0/jpg": b"", "1/jpg": b"2"}
