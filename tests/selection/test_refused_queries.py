"""Queries and choices that select nothing: the reason is one line, and nothing is stored."""

from pathlib import Path

import pytest

from indexer.base.errors import ManifestError, QueryError, RecipeError
from indexer.manifest.sandbox import QueryLimits
from indexer.manifest.store import Store, open_for_reading, open_for_writing
from indexer.selection.query_recipe import QueryRecipe
from indexer.selection.query_rows import rows_of
from indexer.selection.storing import require_free
from tests.selection.conftest import select_of


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("select file_id, 'a' as split, 'b' as Split from manifest", "2 columns named split"),
        ("select * from manifest m join manifest n on m.file_id = n.file_id", "2 columns named file_id"),
        ("select *, 'x' as generator from manifest", "2 columns named generator"),
    ],
)
def test_two_columns_of_one_name_are_refused(manifest: Path, query: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        rows_of(manifest, QueryRecipe(query, groups=("Generator",)))


def test_query_without_a_usable_image_names_one(manifest: Path) -> None:
    with pytest.raises(RecipeError, match=r"2 unknown or unusable images, such as '.+' \(.+\): nothing"):
        select_of(manifest, "select unnest(['x', 'x', 'o/A/bad']) as file_id")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("select origin, label from manifest", "must return a column file_id; it returns origin, label"),
        ("delete from manifest", "give one SELECT"),
        ("select file_id from manifest; drop table member", "give one SELECT"),
        ("select file_id from read_csv('/etc/passwd')", r"read_csv\(\) is not available"),
        ("select file_id from nothing", "nothing does not exist"),
        ("  ", "the query is empty"),
    ],
)
def test_wrong_query_is_one_line(manifest: Path, text: str, message: str) -> None:
    with pytest.raises((QueryError, RecipeError), match=message) as caught:
        rows_of(manifest, QueryRecipe(text))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("select file_id, 'a/b' as split from manifest", "'a/b' is no name of a split"),
        ("select file_id, case when label = 1 then 'train' end as split from manifest", "NULL is no name of a split"),
        ("select file_id, 'boss' as role from manifest", "a role 'boss': there are listed"),
        ("select file_id, unnest(['a', 'b']) as split from manifest", "with the splits a and b"),
        ("select file_id from manifest where width > 9999", "returns no row: nothing is selected"),
    ],
)
def test_wrong_rows_change_nothing(manifest: Path, text: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message) as caught:
        select_of(manifest, text)
    assert "\n" not in str(caught.value)
    with open_for_reading(manifest) as store:
        assert not store.count("selection")
        assert not store.count("selection_run")


def test_endless_and_huge_queries_end(manifest: Path) -> None:
    endless = "with recursive t(n) as (select 1 union all select n + 1 from t) select n::varchar as file_id from t"
    with pytest.raises(QueryError, match="ended after 1 seconds"):
        rows_of(manifest, QueryRecipe(endless, limits=QueryLimits(seconds=1)))
    huge = "select string_agg(i::varchar || repeat('x', 1000), '') as file_id from range(10_000_000) r(i)"
    with pytest.raises(QueryError, match=r"(?i)memory"):
        rows_of(manifest, QueryRecipe(huge, limits=QueryLimits(memory=64)))


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"splits": {"train": 0.8, "validation": 0.1}}, "sum to 0.9, not 1"),
        ({"splits": {"train": -0.5, "validation": 1.5}}, "is no fraction"),
        ({"splits": {"a/b": 1.0}}, "'a/b' is no name of a split"),
        ({"sample": 0}, "a sample of 0 images"),
        ({"groups": ("label", " ")}, "a group is empty"),
    ],
)
def test_wrong_choices_are_refused(choices: dict[str, object], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        QueryRecipe("select 1", **choices)  # type: ignore[arg-type]


def test_manifest_without_images_is_refused(tmp_path: Path) -> None:
    store: Store
    with open_for_writing(tmp_path / "m.duckdb") as store, pytest.raises(ManifestError, match="scan"):
        require_free(store, "mine")
