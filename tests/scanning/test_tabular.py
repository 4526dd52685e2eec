"""Arrow and Parquet: image columns, sizes, damage, reading."""

import base64
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indexer.base.errors import SourceError
from indexer.containers.kinds import Kind
from indexer.containers.models import (
    Access,
    ArchiveLimits,
    Container,
    ContainerStatus,
    ListingReport,
    MemberRef,
    Volume,
)
from indexer.containers.tabular import listing
from indexer.containers.tabular.reading import read_cells
from tests.support.programs import require_program

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 2
IMAGE = pa.struct({"bytes": pa.binary(), "path": pa.string()})
TABLE = pa.table(
    {
        "id": pa.array([10, 11, 12]),
        "image_gen0": pa.array([{"bytes": b"a" * 5, "path": "x"}, {"bytes": None, "path": "y"}, None], IMAGE),
        "prompt": ["one", "two", None],
        "image_gen1": pa.array([{"bytes": bytes([n]) * n, "path": None} for n in (1, 2, 3)], IMAGE),
    }
)


def container(file: Path, kind: Kind) -> Container:
    status = file.stat()
    return Container(file.parent, file.name, kind, (Volume(file.name, status.st_size, status.st_mtime_ns),))


def write(file: Path, table: pa.Table, rows: int = 2) -> Container:
    if file.suffix == ".parquet":
        pq.write_table(table, file, row_group_size=rows)
        return container(file, Kind.PARQUET)
    opener = pa.ipc.new_file if file.suffix == ".feather" else pa.ipc.new_stream
    with pa.OSFile(str(file), "wb") as sink, opener(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=rows)
    return container(file, Kind.ARROW)


def listed(of: Container) -> tuple[list[dict[str, Any]], ListingReport]:
    *batches, report = listing.list_cells(of, ArchiveLimits())
    assert isinstance(report, ListingReport)
    return [row for batch in batches for row in batch.to_pylist()], report  # type: ignore[union-attr]


def read(of: Container, *names: str) -> dict[str, bytes | str]:
    members = [MemberRef(key, key, of.path, name, Access.CELL, *[None] * 5) for key, name in enumerate(names)]
    parts = read_cells(of, members, ArchiveLimits())
    return {names[key]: data if isinstance(data, bytes) else data.reason for key, data in parts}


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


@pytest.mark.parametrize("statistics", [True, False])
def test_empty_cells_of_parquet_are_listed_as_empty(tmp_path: Path, statistics: bool) -> None:
    whole = pa.array([{"bytes": b"a", "path": None}] * 2 + [{"bytes": None, "path": "y"}, None] + [None, None], IMAGE)
    table = pa.table({"image": whole, "jpg": pa.array([b"1", None, b"2", b"3", None, None], pa.binary())})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=2, write_statistics=statistics)
    rows, _ = listed(container(tmp_path / "a.parquet", Kind.PARQUET))
    empty = {row["name"] for row in rows if row["problem"] == "empty cell"}
    assert empty == {"3/image", "4/image", "5/image"} | ({"1/jpg", "4/jpg", "5/jpg"} if statistics else set())


def test_listing_parquet_does_not_read_images(tmp_path: Path) -> None:
    cells = pa.array([None, {"bytes": os.urandom(1 << 24), "path": "x"}], IMAGE)
    pq.write_table(pa.table({"image": cells}), tmp_path / "a.parquet")
    with (tmp_path / "a.parquet").open("rb") as opened:
        os.fsync(opened.fileno())
        os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    rows, _ = listed(container(tmp_path / "a.parquet", Kind.PARQUET))
    assert [row["problem"] for row in rows] == ["empty cell", None]
    assert bytes_in_cache(tmp_path / "a.parquet") < 1 << 22


def test_pages_of_parquet_with_wrong_checksums_are_bad_data(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    table = pa.table({"jpg": [b"first" * 9, b"other" * 9]})
    pq.write_table(table, file, row_group_size=1, compression="none", use_dictionary=False, write_page_checksum=True)
    file.write_bytes(file.read_bytes().replace(b"therother", b"therOther"))
    assert read(container(file, Kind.PARQUET), "0/jpg", "1/jpg") == {"0/jpg": b"first" * 9, "1/jpg": "damaged"}


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


def test_scalar_columns_of_all_rows(tmp_path: Path) -> None:
    for name in ("a.arrow", "a.parquet"):
        of = write(tmp_path / name, TABLE)
        rows = [row for batch in listing.scalar_rows(of, None) for row in batch.to_pylist()]
        assert rows[0] == {"id": 10, "prompt": "one"}
        assert len(rows) == 3
        assert [row for batch in listing.scalar_rows(of, ["prompt"]) for row in batch.to_pylist()][1] == {
            "prompt": "two"
        }


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
    of = container(file, Kind.PARQUET)
    found = read(of, *(f"{row}/jpg" for row in range(4)))
    assert found == {"0/jpg": "damaged", "1/jpg": "damaged", "2/jpg": bytes([2]) * 99, "3/jpg": bytes([3]) * 99}


def test_replaced_file_has_changed(tmp_path: Path) -> None:
    of = write(tmp_path / "a.parquet", TABLE)
    write(tmp_path / "a.parquet", TABLE.slice(1))
    with pytest.raises(SourceError, match="changed since"):
        read(of, "0/image_gen0")


def test_listing_arrow_does_not_read_images(tmp_path: Path) -> None:
    file = tmp_path / "a.arrow"
    of = write(file, pa.table({"jpg": pa.array([b"x" * (1 << 24)] * 4, pa.large_binary())}), rows=1)
    with file.open("rb") as opened:
        os.fsync(opened.fileno())
        os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    assert [row["size"] for row in listed(of)[0]] == [1 << 24] * 4
    assert bytes_in_cache(file) < 1 << 20


def bytes_in_cache(file: Path) -> int:
    tool = [require_program("fincore"), "--bytes", "--noheadings", "--output", "RES", str(file)]
    return int(subprocess.run(tool, capture_output=True, check=True).stdout)


@pytest.mark.parametrize("name", ["a.arrow", "a.parquet"])
def test_class_labels_are_read_by_name(tmp_path: Path, name: str) -> None:
    """The numbers of one dataset differ between versions; the names in its metadata do not."""
    found = []
    for order in (["full_synthetic", "real", "tampered"], ["real", "tampered", "full_synthetic"]):
        info = {"info": {"features": {"label": {"_type": "ClassLabel", "names": order}}}}
        numbers = pa.array([order.index("real"), order.index("tampered"), -1, 7, None], pa.int64())
        schema = pa.schema([("label", pa.int64()), ("plain", pa.int64())], {"huggingface": json.dumps(info)})
        of = write(tmp_path / name, pa.table([numbers, pa.array([4, 3, 2, 1, 0])], schema))
        found.append([row for batch in listing.scalar_rows(of, None) for row in batch.to_pylist()])
    assert found[0] == found[1]
    assert [row["label"] for row in found[0]] == ["real", "tampered", None, None, None]
    assert [row["plain"] for row in found[0]] == [4, 3, 2, 1, 0]


@pytest.mark.parametrize("names", [None, "real", [0, 1], []])
def test_class_label_without_names_keeps_its_numbers(tmp_path: Path, names: Any) -> None:
    info = {"info": {"features": {"label": {"_type": "ClassLabel", "names": names}}}}
    schema = pa.schema([("label", pa.int8())], {"huggingface": json.dumps(info)})
    of = write(tmp_path / "a.parquet", pa.table([pa.array([0, 1], pa.int8())], schema))
    assert [row for batch in listing.scalar_rows(of, None) for row in batch.to_pylist()] == [{"label": 0}, {"label": 1}]


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
        of = container(tmp_path / name, Kind.PARQUET)
    rows, _ = listed(of)
    problems = {row["name"]: row["problem"] for row in rows if row["problem"]}
    path, empty = "only a path, no bytes", "empty cell"
    assert problems == {
        "1/a": path, "2/a": empty, "3/a": empty, "1/b": empty, "3/b": empty, "0/c": empty, "2/c": empty
    } or (name == "a.parquet" and not statistics)  # fmt: skip
    assert read(of, *problems) == problems


@pytest.mark.parametrize("name", ["a.arrow", "a.parquet"])
def test_cells_of_zero_bytes_are_like_empty_files(tmp_path: Path, name: str) -> None:
    """A build refuses them for the same reason, so its record does not depend on the packing."""
    of = write(tmp_path / name, pa.table({"jpg": [b"", b"2"]}))
    assert [row["problem"] for row in listed(of)[0]] == [None, None]
    assert read(of, "0/jpg", "1/jpg") == {"0/jpg": b"", "1/jpg": b"2"}
