"""Selections by list: listed images, missing ones and their substitutes."""

import unicodedata
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indexer.base.errors import RecipeError
from indexer.selection.by_list import select_listed
from indexer.selection.id_lists import read_lists
from tests.support.worlds import Picture, fakes, photographs, world


def listed(folder: Path, **splits: list[str]) -> dict[str, list[Path]]:
    """A list on disk for each split."""
    for split, ids in splits.items():
        (folder / f"{split}.txt").write_text("\n".join(ids) + "\n", encoding="utf-8")
    return {split: [folder / f"{split}.txt"] for split in splits}


def test_order_of_lines_has_no_effect(tmp_path: Path) -> None:
    ids = [f"o/A/{n}" for n in range(20)]
    with world(tmp_path / "m.duckdb", [*fakes("A", "o", 30), *photographs("coco", 9)]) as store:
        first = select_listed(store, read_lists(listed(tmp_path, train=ids, validation=["coco/1"])), "x")
        rows = store.execute("select split, position, file_id, role, stratum from selection order by all")
        select_listed(store, read_lists(listed(tmp_path, train=ids[::-1], validation=["coco/1"])), "x")
        assert rows == store.execute("select split, position, file_id, role, stratum from selection order by all")
    assert first.counts == (("train", "listed", 20), ("validation", "listed", 1))
    assert {row[2] for row in rows} == {*ids, "coco/1"}
    assert not first.missing


def test_missing_ids_are_reported_by_origin_and_reason(tmp_path: Path) -> None:
    broken = replace(fakes("A", "o", 1)[0], inspected="truncated")
    refused = Picture("o/A/7", "o", "A", status="unreadable")
    ids = ["o/A/0", "o/A/7", "COCO2017_train/3", "coco/0"]
    with world(tmp_path / "m.duckdb", [broken, refused, *photographs("coco", 1)]) as store:
        found = select_listed(store, read_lists(listed(tmp_path, train=ids)), "x")
        reasons = store.execute("select file_id, step, reason from selection_excluded order by all")
    assert [(gap.origin, gap.reason, gap.images) for gap in found.missing] == [
        ("COCO2017_train", "not in the manifest", 1), ("o", "truncated", 1), ("o", "was unreadable", 1),
    ]  # fmt: skip
    assert reasons[0] == ("COCO2017_train/3", "list", "not in the manifest")


def test_pictures_that_both_labels_have_are_not_taken(tmp_path: Path) -> None:
    pair = [Picture("o/A/1", "o", "A", content="same"), Picture("coco/1", "coco", content="same")]
    twins = [Picture("coco/2", "coco", content="twin"), Picture("coco/3", "coco", content="twin")]
    ids = ["o/A/1", "coco/1", "coco/2", "coco/3", "o/B/0"]
    with world(tmp_path / "m.duckdb", [*pair, *twins, *fakes("B", "o", 1)]) as store:
        found = select_listed(store, read_lists(listed(tmp_path, train=ids[:3], validation=ids[3:])), "x")
        assert store.execute("select file_id from selection order by all") == [("coco/2",), ("coco/3",), ("o/B/0",)]
        store.execute("update inspection set pixel_hash = 'p' where hash in ('twin', 'content of o/B/0')")
        with pytest.raises(RecipeError, match=r"none of the listed ids \(5\) can be selected, such as 'coco/1'"):
            select_listed(store, read_lists(listed(tmp_path, train=[*ids, ids[0]])), "x")
        assert len(store.execute("from selection")) == 3  # of the earlier lists
    assert [(gap.example, gap.reason) for gap in found.missing] == [
        ("coco/1", "same picture under another label"), ("o/A/1", "same picture under another label"),
    ]  # fmt: skip


def laion(source: str, numbers: range) -> list[Picture]:
    return [Picture(f"LAION-400M/{n}", "LAION-400M", source=source) for n in numbers]


def test_substitutes_come_from_the_sources_of_their_split(tmp_path: Path) -> None:
    tied = Picture("o/A/1", "o", "A", paired=("LAION-400M/30",))
    pictures = [*laion("laion_train", range(40)), *laion("laion_validation", range(100, 140)), tied]
    train, validation = [f"LAION-400M/{n}" for n in range(15, 25)], [f"LAION-400M/{n}" for n in range(110, 115)]
    lists = listed(
        tmp_path,
        train=[*train, "LAION-400M/900", "LAION-400M/901"],
        validation=[*validation, "LAION-400M/902", "o/A/1", "RAISE/r1"],
    )
    with world(tmp_path / "m.duckdb", pictures) as store:
        found = select_listed(store, read_lists(lists), "x", "laion")
        rows = store.execute("select split, file_id, substituted_for from selection where substituted_for is not null")
        spares = store.execute("select split, file_id from selection where role = 'spare'")
    assert sorted((split, gone) for split, _, gone in rows) == [
        ("train", "LAION-400M/900"), ("train", "LAION-400M/901"), ("validation", "LAION-400M/902"),
    ]  # fmt: skip
    for split, file_id, *_ in [*rows, *spares]:
        number = int(file_id.split("/")[1])
        assert (number < 40) == (split == "train")
        assert number != 30
        assert file_id not in {*train, *validation}
    assert [(gap.origin, gap.images - gap.substituted) for gap in found.missing if gap.images > gap.substituted] == [
        ("RAISE", 1)
    ]
    assert {split for split, _ in spares} == {"train", "validation"}


def test_id_in_two_splits_is_an_error(tmp_path: Path) -> None:
    with (
        world(tmp_path / "m.duckdb", fakes("A", "o", 3)) as store,
        pytest.raises(RecipeError, match="'o/A/1' is listed for train and for validation"),
    ):
        select_listed(store, read_lists(listed(tmp_path, train=["o/A/1"], validation=["o/A/1"])), "x")


def test_unreadable_list_is_an_error(tmp_path: Path) -> None:
    with world(tmp_path / "m.duckdb", []) as store, pytest.raises(RecipeError, match="cannot be read as a list"):
        select_listed(store, read_lists({"train": [tmp_path / "absent.txt"]}), "x")


def test_headers_spaces_and_repeated_ids_are_no_ids(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("\ufeffFile_ID\no/A/0\n o/A/1\t\no/A/0\n\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text('row;FILE_ID\n1;o/A/2;\n;\n\n2;"o/A/3, large"\n')
    pq.write_table(pa.table({"File_Id": pa.array(["o/A/4"]).dictionary_encode(), "x": [1]}), tmp_path / "c.parquet")
    pictures = [*fakes("A", "o", 5), Picture("o/A/3, large", "o", "A"), Picture(" spaced ", "o", "A")]
    (tmp_path / "d.txt").write_text(" spaced \n")
    with world(tmp_path / "m.duckdb", pictures) as store:
        files = {
            "train": [tmp_path / "a.txt", tmp_path / "b.csv"],
            "test": [tmp_path / "c.parquet", tmp_path / "d.txt"],
        }
        found = select_listed(store, read_lists(files), "x")
        ids = {file_id for (file_id,) in store.execute("select file_id from selection")}
    assert ids == {"o/A/0", "o/A/1", "o/A/2", "o/A/3, large", "o/A/4", " spaced "}
    assert not found.missing
    assert [(note.split, note.note, note.images, note.example) for note in found.notes] == [
        ("train", "listed more than once", 1, "o/A/0"),
        ("train", "read without the white space around them", 1, "o/A/1"),
    ]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", b"file_id\n \n", "has no file id"),
        ("a.csv", b"o/A/1\no/A/2\n", "has no column file_id: its columns are o/A/1"),
        ("a.csv", b"", "has no column file_id"),
        ("a.parquet", b"PAR1", "cannot be read as a list"),
        ("a.txt", b"\xff\xfe", "cannot be read as a list"),
    ],
)
def test_list_without_ids_is_refused(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(RecipeError, match=message):
        read_lists({"train": [tmp_path / name]})


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "a.csv",
            "label,file_id\n1,o/A/1\n\n1\n1,o/A/2\n",
            "a.csv, line 4: the row has no file_id; the columns are label, file_id",
        ),
        ("a.csv", "label,file_id\n1;o/A/1\n1,o/A/2\n", "a.csv, line 2: the row has no file_id"),
        ("a.csv", "label,file_id\n1,\n1,o/A/2\n", "a.csv, line 2: the row has no file_id"),
        ("a.csv", "label,file_id\n1,o/A/3, large\n", "a.csv, line 2: the row has more values than columns"),
        ("a.tsv", 'label\tfile_id\n"1\n2"\to/A/1\n3\n', "a.tsv, line 4: the row has no file_id"),
    ],
)
def test_rows_without_an_id_are_refused(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(RecipeError, match=message):
        read_lists({"train": [tmp_path / name]})


@pytest.mark.parametrize("gap", [None, "", " "])
def test_rows_of_a_table_without_an_id_are_refused(tmp_path: Path, gap: str | None) -> None:
    pq.write_table(pa.table({"file_id": ["o/A/4", gap]}), tmp_path / "c.parquet")
    with pytest.raises(RecipeError, match=r"c\.parquet, row 2: the file_id is null or empty"):
        read_lists({"train": [tmp_path / "c.parquet"]})


def test_ids_in_nfd_are_found(tmp_path: Path) -> None:
    composed = unicodedata.normalize("NFC", "o/caf\u00e9/1")
    lists = listed(tmp_path, train=[unicodedata.normalize("NFD", composed)])
    with world(tmp_path / "m.duckdb", [Picture(composed, "o", "A")]) as store:
        found = select_listed(store, read_lists(lists), "x")
        assert store.execute("select file_id from selection") == [(composed,)]
    assert not found.missing
    assert not found.notes
