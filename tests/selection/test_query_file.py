"""Queries in recipes of their own, the statement that shows a selection, and columns that queries need."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from indexer import Manifest
from indexer.base.errors import QueryError, RecipeError
from indexer.cli.selecting import select_query
from indexer.images.rendition import Rendition
from indexer.manifest import schema
from indexer.selection import query_file
from indexer.selection.query_recipe import QueryRecipe
from indexer.selection.query_rows import rows_of
from indexer.selection.unread_columns import unread_columns
from tests.selection.conftest import HALVES, chosen, select_of
from tests.support.worlds import Picture, photographs, world


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """60 fakes of ten prompts, and 40 real images."""
    pictures = [Picture(f"o/A/{n}", "o", "A", prompt=f"prompt {n % 10}") for n in range(60)]
    world(tmp_path / "m.duckdb", [*pictures, *photographs("coco", 40)]).close()
    return tmp_path / "m.duckdb"


def test_record_is_a_recipe_that_selects_the_same(tmp_path: Path, manifest: Path) -> None:
    (tmp_path / "t.csv").write_text("x\n1\n")
    recipe = QueryRecipe(
        "select file_id from manifest, t where status = 'ok'", seed="s", sample=9, splits=HALVES,
        groups=("origin || file_id",), tables={"t": tmp_path / "t.csv"}, align=Rendition(jpeg=90),
    )  # fmt: skip
    (tmp_path / "recipe.toml").write_text(recipe.text)
    again = query_file.load(tmp_path / "recipe.toml")
    assert again == recipe
    assert again.hash == recipe.hash
    (tmp_path / "t.csv").write_text("x\n2\n")
    with pytest.raises(RecipeError, match=r"tables.t: .*t\.csv is not the file of the record"):
        query_file.load(tmp_path / "recipe.toml")


@pytest.mark.slow
def test_query_in_a_recipe_of_its_own(tmp_path: Path, manifest: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        "sql = \"select file_id from manifest where label = 1 and status = 'ok'\"\nseed = 3\nsample = 20\n"
        '[split]\ntrain = 0.5\nvalidation = 0.5\ngroup_by = ["positive_prompt"]\n'
    )
    found = Manifest.open(manifest, jobs=1).select(tmp_path / "mine.toml", name="mine")
    assert sum(found.counts.values()) == 20
    prompts = chosen(manifest, "split, (select positive_prompt from attributes a where a.file_id = selection.file_id)")
    assert len({prompt for _, prompt in prompts}) == len(set(prompts))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sample = 0", "'sample' must be a whole number"),
        ("sampel = 9", "unknown key 'sampel' .did you mean 'sample'"),
        ("tables = { 'a b' = 'x.csv' }", "'a b' is no name of a table"),
        ("split = { train = 0.5 }", "sum to 0.5"),
        ("align = { jpeg = 101 }", "align: 'jpeg'"),
    ],
)
def test_wrong_recipe_of_a_query_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "mine.toml").write_text(f'sql = "select 1"\n{text}\n')
    with pytest.raises(RecipeError, match=message):
        query_file.load(tmp_path / "mine.toml")


def test_wrong_group_is_named(manifest: Path) -> None:
    with pytest.raises(QueryError, match="group 'colour': Binder Error"):
        rows_of(manifest, QueryRecipe("select file_id from manifest", groups=("file_id", "colour")))
    with pytest.raises(QueryError, match=r"group 'count\(\*\)': Binder Error"):
        rows_of(manifest, QueryRecipe("select file_id from manifest", groups=("count(*)",)))


def test_printed_statement_shows_the_rows_in_duckdb(manifest: Path, capsys: pytest.CaptureFixture[str]) -> None:
    queried = select_of(manifest, "select file_id from manifest where status = 'ok'", sample=30, splits=HALVES)
    select_query._show(queried)
    statement = capsys.readouterr().out.rpartition("shell:")[2].strip()
    with duckdb.connect(str(manifest), read_only=True) as plain:
        shown = plain.sql(statement).fetchall()
    assert shown == [(split, role, file_id) for split, _, file_id, role in chosen(manifest)]
    assert len(shown) == 30


@pytest.mark.slow
def test_shell_of_duckdb_shows_the_rows(manifest: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("duckdb_cli")
    queried = select_of(manifest, "select file_id from manifest where status = 'ok'", sample=30, splits=HALVES)
    select_query._show(queried)
    statement = capsys.readouterr().out.rpartition("shell:")[2].strip()
    views = "".join(f"select count(*) from {name};" for name in schema.definitions()[1])
    command = [
        sys.executable,
        "-m",
        "duckdb_cli",
        "-readonly",
        "-csv",
        "-noheader",
        str(manifest),
        f"{statement}{views}",
    ]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert shown[:30] == [f"{split},{role},{file_id}" for split, _, file_id, role in chosen(manifest)]
    assert all(count.isdigit() for count in shown[30:])


def test_columns_that_no_inspection_filled_are_named(tmp_path: Path) -> None:
    pictures = [*photographs("coco", 5), *(Picture(f"o/A/{n}", "o", "A", inspected=None) for n in range(7))]
    with world(tmp_path / "m.duckdb", pictures) as store:
        texts = ["width > 3 and FORMAT = 'mode'", "label"]
        assert unread_columns(store, texts).startswith("format, width: NULL for 7 images that were not inspected")
        assert unread_columns(store, ["member_id > 1"]) == ""
        assert unread_columns(store, ["label = 1 and file_id like 'width'"]) == ""
