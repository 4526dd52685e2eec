"""Tables of users in queries: Parquet and text files of any form."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indexer.base.errors import QueryError
from indexer.selection.query_recipe import QueryRecipe
from indexer.selection.query_rows import rows_of
from tests.selection.conftest import chosen, select
from tests.support.worlds import Picture, world


def test_own_parquet_is_a_table(tmp_path: Path, manifest: Path) -> None:
    pq.write_table(pa.table({"id": ["o/A/1", "o/A/2"], "score": [0.5, 0.9]}), tmp_path / "scores.parquet")
    text = "select m.file_id from manifest m join scores s on s.id = m.file_id where score > 0.6"
    select(manifest, QueryRecipe(text, tables={"scores": tmp_path / "scores.parquet"}))
    assert chosen(manifest, "file_id") == [("o/A/2",)]


def test_text_tables_have_any_delimiter_and_keep_ids_as_texts(tmp_path: Path) -> None:
    world(tmp_path / "m.duckdb", [Picture(name, "o", "A") for name in ("007", "08", "9")]).connection.close()
    (tmp_path / "a.csv").write_text('\ufefforder;FILE_ID\r\n"1;5";007\r\n"two\nlines";08\r\n', encoding="utf-8")
    (tmp_path / "b.TSV").write_text("file_id\tscore\n007\t1\n9\t3\n")
    (tmp_path / "c.csv").write_text('file_id,"the\nscore"\n08,2\n')
    text = (
        'select file_id from a where "order" like \'%;5\' union all select file_id from "table" where score = 3'
        ' union all select file_id from c where "the\nscore" = 2;'
    )
    tables = {"a": tmp_path / "a.csv", "table": tmp_path / "b.TSV", "c": tmp_path / "c.csv"}
    rows = rows_of(tmp_path / "m.duckdb", QueryRecipe(text, tables=tables))
    assert sorted(rows["file_id"].to_pylist()) == ["007", "08", "9"]


@pytest.mark.parametrize("name", ["id", "name"])
def test_ids_of_digits_are_texts_in_any_column(tmp_path: Path, name: str) -> None:
    world(tmp_path / "m.duckdb", [Picture(one, "o", "A") for one in ("007", "1", "o/A")]).connection.close()
    (tmp_path / "a.csv").write_text(f"{name} ,text, score\n007,{'x' * 200_000},0.5\n1,,1.5\n")
    text = f"select file_id from manifest join a on a.{name} = file_id where score > 0"
    rows = rows_of(tmp_path / "m.duckdb", QueryRecipe(text, tables={"a": tmp_path / "a.csv"}))
    assert sorted(rows["file_id"].to_pylist()) == ["007", "1"]


def test_number_types_that_duckdb_lacks_are_read_as_floats(tmp_path: Path, manifest: Path) -> None:
    half = pa.float16()
    columns = {"half": pa.array([1, 2], half), "wide": pa.array([1, 2], pa.decimal256(50, 2)),
               "vector": pa.array([[1], [2]], pa.list_(half))}  # fmt: skip
    pq.write_table(pa.table({"file_id": ["o/A/1", "o/A/2"], **columns}), tmp_path / "t.parquet")
    text = "select file_id from t where half > 1 and wide > 1 and vector[1] > 1"
    rows = rows_of(manifest, QueryRecipe(text, tables={"t": tmp_path / "t.parquet"}))
    assert rows["file_id"].to_pylist() == ["o/A/2"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "a.csv cannot be read as a table: .*Empty CSV"),
        ("a.csv", b"file_id,na\xefve\n1,2\n", "a.csv cannot be read as a table: it is not text in UTF-8"),
        ("a.csv", b"a" * 200_000, "a.csv cannot be read as a table: field larger"),
        ("a.csv", b"file_id,x\n1\n", "a.csv cannot be read as a table: CSV parse error: Row #2: Expected 2 columns"),
        ("a.txt", b"file_id\n", "a.txt has no suffix of a known table"),
        ("absent.parquet", None, "absent.parquet cannot be read as a table: there is no such file"),
    ],
)
def test_wrong_table_is_named(tmp_path: Path, manifest: Path, name: str, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(QueryError, match=message) as caught:
        rows_of(manifest, QueryRecipe("select file_id from t", tables={"t": tmp_path / name}))
    assert "\n" not in str(caught.value)
