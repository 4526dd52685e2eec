"""Selections by SQL: sample, splits, groups, the record."""

import hashlib
import tomllib
from pathlib import Path

import pytest

from indexer.base.errors import RecipeError
from indexer.manifest.store import open_for_reading, open_for_writing
from indexer.selection.by_query import select_query
from indexer.selection.query_recipe import QueryRecipe
from indexer.selection.query_rows import rows_of
from indexer.selection.storing import drop, require_free
from tests.selection.conftest import FIFTHS, HALVES, chosen, select, select_of


@pytest.mark.slow
def test_sample_and_fractions_are_exact_and_repeatable(manifest: Path) -> None:
    recipe = QueryRecipe("select file_id from manifest where label = 1 and status = 'ok';  -- fakes\n/* all\n */",
                         seed="7", sample=101, splits=FIFTHS)  # fmt: skip
    found = select(manifest, recipe)
    first = chosen(manifest)
    assert found.counts == (("train", "sampled", 81), ("validation", "sampled", 20))
    assert not found.missing
    assert found.usable == 200
    assert [row[1] for row in first if row[0] == "train"] == list(range(81))
    select(manifest, QueryRecipe("from manifest where generator = 'A' and status = 'ok' order by file_id desc",
                                 seed="7", sample=101, splits=FIFTHS))  # fmt: skip
    assert chosen(manifest) == first
    select_of(manifest, recipe.sql.partition(";")[0], seed="8", sample=101, splits=FIFTHS)
    assert chosen(manifest) != first


def test_larger_sample_keeps_the_smaller_one(manifest: Path) -> None:
    sizes = []
    for sample in (20, 60):
        select_of(manifest, "select file_id from manifest where status = 'ok'", sample=sample)
        sizes.append({row[0] for row in chosen(manifest, "file_id")})
    assert sizes[0] < sizes[1]


@pytest.mark.slow
def test_sample_of_a_large_manifest_reads_few_rows(manifest: Path) -> None:
    recipe = QueryRecipe("from manifest where status = 'ok'", seed="it's", sample=20)
    few = rows_of(manifest, recipe, images=20_000)
    assert few.num_rows == 302 - 2
    few = rows_of(manifest, recipe, images=2_000_000)
    assert 24 <= few.num_rows < 100
    with open_for_writing(manifest) as store:
        select_query(store, recipe, few, "mine")
    sample = chosen(manifest)
    select(manifest, recipe)
    assert chosen(manifest) == sample


def test_splits_and_roles_of_the_query_are_kept(manifest: Path) -> None:
    text = """
        select file_id, if(label = 1, 'test', 'train') as Split, if(width = 150, 'spare', 'sampled') as ROLE
        from manifest where status = 'ok' and (width between 140 and 160 or label = 0)
    """
    found = select(manifest, QueryRecipe(text))
    assert found.counts == (("test", "sampled", 20), ("test", "spare", 1), ("train", "sampled", 100))
    assert chosen(manifest)[20][2:] == ("o/A/50", "spare")


def test_images_that_share_a_value_share_a_split(manifest: Path) -> None:
    select(manifest, QueryRecipe("from manifest where status = 'ok'", splits=HALVES, groups=("positive_prompt",)))
    with open_for_reading(manifest) as store:
        by_prompt = store.execute(
            "select positive_prompt, count(distinct split), count(*) from selection join manifest using (file_id)"
            " where label = 1 group by all"
        )
        reals = store.execute("select split, count(*) from selection where file_id like 'coco/%' group by all")
    assert len(by_prompt) == 10
    assert all(splits == 1 and images == 20 for _, splits, images in by_prompt)
    assert len(reals) == 2  # without a prompt, an image is a group of its own


@pytest.mark.slow
def test_several_expressions_join_groups(tmp_path: Path, manifest: Path) -> None:
    """Scenes of the query and a column of the manifest form one chain of all images."""
    (tmp_path / "scenes.csv").write_text("file_id,scene\no/A/0,x\no/A/1,x\no/A/2,y\no/A/11,y\no/A/10,z\no/A/3,\n")
    text = "select file_id, scene from scenes"
    recipe = QueryRecipe(text, splits=HALVES, groups=("SCENE", "positive_prompt"),
                         tables={"scenes": tmp_path / "scenes.csv"})  # fmt: skip
    with pytest.raises(RecipeError, match=r"the group of 'o/A/0' has 5 images, more than the largest split 'train'"):
        select(manifest, recipe)
    assert not chosen(manifest)
    select(manifest, QueryRecipe(text, splits=HALVES, groups=("scene",), tables=recipe.tables))
    split_of = {file_id: split for split, file_id in chosen(manifest, "split, file_id")}
    assert split_of["o/A/0"] == split_of["o/A/1"]
    assert split_of["o/A/2"] == split_of["o/A/11"]


def test_empty_lists_group_nothing(manifest: Path) -> None:
    select_of(manifest, "select file_id, ['[]', ''] as groups from manifest where label = 0", splits=HALVES)
    assert len(chosen(manifest)) == 100


def test_missing_images_are_counted_by_reason(manifest: Path) -> None:
    found = select(
        manifest, QueryRecipe("select unnest(['o/A/1', 'o/A/1', 'o/A/bad', 'o/A/cut', 'new/1', null]) as file_id")
    )
    assert found.counts == (("train", "listed", 1),)
    assert [(group.origin, group.reason, group.images) for group in found.missing] == [
        ("", "not in the manifest", 1), ("new", "not in the manifest", 1), ("o", "truncated", 1),
        ("o", "was unreadable", 1),
    ]  # fmt: skip


def test_record_is_the_query_as_toml(tmp_path: Path, manifest: Path) -> None:
    (tmp_path / "t.csv").write_text("x\n1\n")
    text = "select file_id  -- \"quoted\" and 'quoted'\nfrom manifest where status = 'ok' and width < 110"
    recipe = QueryRecipe(text, seed="a \"seed\"", sample=9, splits=HALVES, groups=("origin || file_id",),
                         tables={"t": tmp_path / "t.csv"})  # fmt: skip
    select(manifest, recipe)
    with open_for_reading(manifest) as store:
        [(record, digest, seed, made_from, known)] = store.execute(
            "select recipe, recipe_hash, seed, made_from, made_at is not null from selection_run"
        )
    assert tomllib.loads(record) == {
        "sql": text, "seed": 'a "seed"', "sample": 9, "groups": ["origin || file_id"], "split": HALVES,
        "tables": {"t": {"file": "t.csv", "sha256": hashlib.sha256(b"x\n1\n").hexdigest()}},
    }  # fmt: skip
    assert (digest, seed, made_from, known) == (recipe.hash, 'a "seed"', "query", True)


def test_empty_split_is_refused_unless_its_fraction_is_0(manifest: Path) -> None:
    text = "select file_id from manifest where file_id in ('o/A/1', 'o/A/2')"
    with pytest.raises(RecipeError, match="the split 'validation' stays empty: 2 images in 2 groups"):
        select_of(manifest, text, splits=FIFTHS)
    found = select_of(manifest, text, splits={"train": 1.0, "validation": 0.0})
    assert found.counts == (("train", "listed", 2),)


def test_a_name_is_free_once(manifest: Path) -> None:
    select_of(manifest, "select file_id from manifest where width = 120")
    with open_for_writing(manifest) as store:
        require_free(store, "other")
        require_free(store, "mine", force=True)
        with pytest.raises(RecipeError, match=r"there is a selection 'mine' .*--force"):
            require_free(store, "mine")
        drop(store, "mine")
        require_free(store, "mine")
        with pytest.raises(RecipeError, match="no selection 'mine'"):
            drop(store, "mine")


def test_images_of_an_extended_selection_keep_their_splits(manifest: Path) -> None:
    query = "select file_id from manifest where status = 'ok'"
    select_of(manifest, query, sample=100, splits=FIFTHS)
    before = {str(file_id): split for file_id, split in chosen(manifest, "file_id, split")}
    select_of(manifest, query, sample=250, splits=HALVES, seed="9", extend="mine")
    after = {str(file_id): split for file_id, split in chosen(manifest, "file_id, split")}
    assert len(before.keys() & after.keys()) > 60
    assert all(before[file_id] == after[file_id] for file_id in before.keys() & after.keys())
    assert abs(list(after.values()).count("validation") - 125) <= 1


def test_splits_of_an_extended_selection_need_a_fraction(manifest: Path) -> None:
    query = "select file_id from manifest where status = 'ok'"
    select_of(manifest, query, sample=100, splits={"train": 0.8, "test": 0.2})
    with pytest.raises(RecipeError, match="has the split 'test', the new one has train: give the same splits"):
        select_of(manifest, query, sample=200, splits={"train": 1, "test": 0}, extend="mine")
