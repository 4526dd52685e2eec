"""Recipes for any data: SQL for candidates and strata, required texts, excluded pictures."""

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from indexer.base.errors import RecipeError
from indexer.manifest.sandbox import QueryLimits
from indexer.manifest.store import open_for_writing
from indexer.selection import recipe as recipes
from indexer.selection.by_recipe import select
from indexer.selection.models import Selected
from indexer.selection.recipe_inputs import RecipeInputs, eligible
from tests.support.worlds import Picture, fakes, photographs, world

REALS = 'where = "label = 0"\nstrata = ["origin"]\nper_stratum = 10\nspares = 0\nseed = 1\n'
NO_NEAR = "[duplicates]\nradius = -1\n"


def choose(manifest: Path, text: str, **inputs: pa.Table) -> tuple[Selected, list[tuple[object, ...]]]:
    """Select by a recipe whose SQL runs in the sandbox; return the result and its rows."""
    recipe = recipes.parse(text)
    rows = eligible(manifest, recipe, QueryLimits())
    with open_for_writing(manifest) as store:
        found = select(store, recipe, "x", inputs=RecipeInputs(rows, inputs))
        return found, store.execute("select file_id, split, role, stratum from selection where name = 'x' order by all")


def test_real_images_alone_are_divided_by_an_expression(tmp_path: Path) -> None:
    pictures = [*photographs("coco", 30), *photographs("raise", 20), *fakes("A", "o", 20)]
    world(tmp_path / "m.duckdb", pictures).close()
    found, rows = choose(tmp_path / "m.duckdb", REALS + "[split]\ntrain = 0.8\nvalidation = 0.2\n" + NO_NEAR)
    assert found.counts == (("train", "sampled", 16), ("validation", "sampled", 4))
    assert {(row[0].partition("/")[0], row[3]) for row in rows} == {("coco", "coco"), ("raise", "raise")}
    assert ("rank", "it does not fulfil the recipe's where or require", 20) in found.excluded
    assert ("quotas", "enough images of its generator come before it", 30) in found.excluded


def test_condition_applies_to_fakes_and_real_images(tmp_path: Path) -> None:
    pictures = [
        *fakes("A", "o", 40), *(replace(one, file_id=f"{one.file_id}-large", side=512) for one in fakes("A", "o", 9)),
        *photographs("coco", 40), *photographs("raise", 9, side=512),
    ]  # fmt: skip
    world(tmp_path / "m.duckdb", pictures).close()
    text = 'seed = 1\nper_generator = 5\nwhere = "width >= 512 -- large"\nspares = 0\n' + NO_NEAR
    found, rows = choose(tmp_path / "m.duckdb", text)
    assert found.counts == (("train", "complement", 5), ("train", "sampled", 5))
    assert all(row[0].endswith("-large") or row[0].startswith("raise/") for row in rows)


def test_candidates_are_those_of_a_query(tmp_path: Path) -> None:
    pictures = [*fakes("A", "o", 30), *fakes("B", "o", 30), *photographs("coco", 60)]
    world(tmp_path / "m.duckdb", pictures).close()
    query = """
        select file_id from manifest
        qualify row_number() over (partition by label, generator order by file_id) <= 6;  -- six of each
    """
    text = f"seed = 1\nper_generator = 5\nsql = '''{query}'''\nspares = 0\n[photographs]\nper_fake = 0.5\n{NO_NEAR}"
    found, rows = choose(tmp_path / "m.duckdb", text)
    assert found.counts == (("train", "complement", 5), ("train", "sampled", 10))
    with open_for_writing(tmp_path / "m.duckdb") as store:
        assert {row[0] for row in rows} <= {file_id for (file_id,) in store.execute(query)}


def test_required_texts_are_not_empty(tmp_path: Path) -> None:
    pictures = [*fakes("A", "o", 30), *(replace(one, file_id=f"p{n}", prompt="a cat")
                for n, one in enumerate(fakes("A", "o", 7))), *photographs("coco", 30)]  # fmt: skip
    world(tmp_path / "m.duckdb", pictures).close()
    text = 'seed = 1\nper_generator = 6\nrequire = ["positive_prompt"]\nspares = 0\n' + NO_NEAR
    _, rows = choose(tmp_path / "m.duckdb", text)
    assert {row[0][0] for row in rows} == {"p", "c"}
    assert len(rows) == 12


def test_locked_pictures_are_excluded_by_bytes_and_nearness(tmp_path: Path) -> None:
    """Every candidate of A but A/5 shows a picture of the locked set, or is near to one."""
    locked = [Picture(f"test/{n}", "locked", content=f"c{n}", phash=n * 0x1111111100000000) for n in range(4)]
    copies = [
        Picture("o/A/0", "o", "A", content="c0"),
        Picture("o/A/1", "o", "A", phash=locked[1].phash),
        Picture("o/A/2", "o", "A", phash=(locked[2].phash or 0) ^ 1),
        Picture("o/A/5", "o", "A", phash=0x00000000FFFFFFFF),
    ]
    world(tmp_path / "m.duckdb", [*locked, *copies, *photographs("coco", 5)]).close()
    with open_for_writing(tmp_path / "m.duckdb") as store:
        store.execute("insert into selection select 'locked', 'test', 0, file_id, 'listed', '', null from manifest"
                      " where file_id like 'test/%'")  # fmt: skip
    text = 'seed = 1\nper_generator = 1\nexclude = ["locked"]\nspares = 0\n[photographs]\nper_fake = 0\n'
    _, rows = choose(tmp_path / "m.duckdb", text)
    assert [row[0] for row in rows] == ["o/A/5"]
    with pytest.raises(RecipeError, match="too few images"):
        choose(tmp_path / "m.duckdb", text.replace("per_generator = 1", "per_generator = 2"))
    with pytest.raises(RecipeError, match="'loked' is no selection, no source and no export: did you mean 'locked'"):
        choose(tmp_path / "m.duckdb", text.replace('["locked"]', '["loked"]'))


def test_pictures_of_a_source_and_of_an_export_are_excluded(tmp_path: Path) -> None:
    pictures = [*fakes("A", "o", 6), *(replace(one, file_id=f"x{n}", source="other", content=f"content of o/A/{n}")
                for n, one in enumerate(fakes("B", "o", 2)))]  # fmt: skip
    world(tmp_path / "m.duckdb", pictures).close()
    exported = pa.table(
        {"file_id": ["elsewhere/1", "o/A/3"], "hash": ["content of o/A/2", "-"], "pixel_hash": ["", ""]}
    )
    text = (
        'seed = 1\nper_stratum = 2\nwhere = "generator = \'A\'"\nexclude = ["other", "shared"]\nspares = 0\n' + NO_NEAR
    )
    _, rows = choose(tmp_path / "m.duckdb", text, shared=exported)
    assert [row[0] for row in rows] == ["o/A/4", "o/A/5"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('seed = 1\nper_stratum = 5\nwhere = "labl = 0"\n', "the recipe's where 'labl = 0': Binder Error: .*labl"),
        ('seed = 1\nper_stratum = 5\nwhere = "1) from manifest; drop table member; --"\n', "the recipe's where"),
        ('seed = 1\nper_stratum = 5\nstrata = ["generator", "clas"]\n', "the recipe's strata 'clas': .*clas"),
        ('seed = 1\nper_stratum = 5\n[split]\ntrain = 1\ngroup_by = ["nix(1)"]\n', "the recipe's group_by .*nix"),
        ('seed = 1\nper_stratum = 5\nsql = "select hash from manifest"\n', "the recipe's sql: the query must return"),
        ('seed = 1\nper_stratum = 5\nsql = "delete from member"\n', "the recipe's sql: give one SELECT"),
        ('seed = 1\nper_stratum = 5\nwhere = "label = 0) or (1 = 1"\n', "the recipe's where .*syntax error"),
        ('seed = 1\nper_stratum = 5\nwhere = "count(*) > 1"\n', "the recipe's where .*must appear in the GROUP BY"),
        ('seed = 1\nper_stratum = 5\nwhere = " "\n', "where: the condition is empty"),
        ('seed = 1\nper_stratum = 5\nstrata = [""]\n', "strata: an expression is empty"),
        ('seed = 1\nper_stratum = 5\n[split]\ntrain = 1\ngroup_by = [""]\n', "group_by: an expression is empty"),
        ('seed = 1\nper_stratum = 5\nwhere = "width > 9999"\n', "no image of .* fulfils .* inspect --all"),
        ('seed = 1\nper_stratum = 5\nper_generator = 5\n', "exclude each other"),
        ('seed = 1\nper_generator = 5\nstrata = ["origin"]\n', "'strata' needs 'per_stratum'"),
        ('seed = 1\nper_stratum = 5\nrequire = ["prompt"]\n', "unknown text 'prompt'"),
        ('seed = 1\nstrata = ["origin"]\nper_stratum = 5\nquotas = { nowhere = 2 }\n', "nowhere: 0 of 2"),
    ],
)  # fmt: skip
def test_wrong_recipes_change_nothing(tmp_path: Path, text: str, message: str) -> None:
    world(tmp_path / "m.duckdb", [*photographs("coco", 8), *fakes("A", "o", 8)]).close()
    with pytest.raises(RecipeError, match=message):
        choose(tmp_path / "m.duckdb", text)
    with open_for_writing(tmp_path / "m.duckdb") as store:
        assert store.count("selection") == store.count("selection_run") == 0


def test_groups_of_a_recipe_share_a_split(tmp_path: Path) -> None:
    pictures = [
        *(Picture(f"o/A/{n}", "o", "A", prompt=f"prompt {n // 4}") for n in range(80)),
        *photographs("coco", 90),
    ]
    with world(tmp_path / "m.duckdb", pictures) as store:
        store.execute("update attributes set group_id = 'scene' where file_id in ('o/A/0', 'o/A/79', 'coco/0')")
    text = (
        'seed = 1\nper_generator = 80\nspares = 0\n[split]\ntrain = 0.5\ntest = 0.5\ngroup_by = ["positive_prompt"]\n'
    )
    _, rows = choose(tmp_path / "m.duckdb", text + NO_NEAR)
    split_of = {str(file_id): split for file_id, split, *_ in rows}
    for first in range(0, 80, 4):
        assert len({split_of[f"o/A/{n}"] for n in range(first, first + 4)}) == 1
    assert split_of["o/A/0"] == split_of["o/A/79"]
    assert split_of.get("coco/0", split_of["o/A/0"]) == split_of["o/A/0"]
    assert set(split_of.values()) == {"train", "test"}


def test_large_groups_and_empty_splits_are_refused(tmp_path: Path) -> None:
    world(tmp_path / "m.duckdb", [*fakes("A", "o", 20, prompt="one"), *photographs("coco", 20)]).close()
    text = "seed = 1\nspares = 0\n[split]\ntrain = 0.8\nvalidation = 0.2\n"
    with pytest.raises(
        RecipeError, match=r"the group of 'o/A/\d+' has 20 images, more than .* 'train' may have \(16\)"
    ):
        choose(tmp_path / "m.duckdb", f"per_generator = 20\n{text}group_by = ['positive_prompt']\n{NO_NEAR}")
    with pytest.raises(RecipeError, match="the split 'validation' stays empty: 2 images"):
        choose(tmp_path / "m.duckdb", f"per_generator = 1\n{text}{NO_NEAR}")
    found, _ = choose(
        tmp_path / "m.duckdb", f"per_generator = 1\n{text}{NO_NEAR}".replace("0.8", "1").replace("0.2", "0")
    )
    assert found.counts == (("train", "complement", 1), ("train", "sampled", 1))


def test_a_recipe_with_sql_is_never_run_without_its_result(tmp_path: Path) -> None:
    with world(tmp_path / "m.duckdb", [*fakes("A", "o", 20), *photographs("coco", 20)]) as store:
        for text in ('where = "label = 1"\n', '[split]\ntrain = 1.0\ngroup_by = ["positive_prompt"]\n'):
            with pytest.raises(ValueError, match="the recipe has SQL"):
                select(store, recipes.parse(f"seed = 1\nper_generator = 5\n{text}"), "x")
