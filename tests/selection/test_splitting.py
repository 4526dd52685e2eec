"""The split: fractions of strata, stability under growth, awkward groups."""

import itertools
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from indexer.base.errors import RecipeError
from indexer.manifest.store import Store
from indexer.selection import recipe
from indexer.selection.balance import Demand, Profiles, assign
from indexer.selection.by_recipe import select
from indexer.selection.rounding import controlled_rounding
from indexer.selection.splitting import split_units
from indexer.selection.working_tables import working_tables
from tests.support.worlds import Picture, fakes, photographs, world

FIFTHS = "[split]\ntrain = 0.8\nvalidation = 0.2\n"
GENERATORS = [f"G{n}" for n in range(4)]


def pictures() -> list[Picture]:
    made = [one for generator in GENERATORS for origin in ("o", "p") for one in fakes(generator, origin, 300)]
    return [*made, *photographs("coco", 900), *photographs("raise", 900)]


def splits_of(store: Store, text: str) -> dict[str, str]:
    """Return the split of each image that the recipe ``text`` selects, without spares."""
    select(store, recipe.parse(f"seed = 1\n{text}"), "x")
    return dict(store.execute("select file_id, split from selection where role <> 'spare'"))


def moved(before: Mapping[str, str], after: Mapping[str, str], split: str = "validation") -> float:
    """Return the fraction of the images of ``split`` that are in another one afterwards."""
    both = [file_id for file_id in before if file_id in after and before[file_id] == split]
    assert both
    return sum(after[file_id] != split for file_id in both) / len(both)


@pytest.mark.slow
def test_growth_moves_few_images_to_another_split(tmp_path: Path) -> None:
    """Measured on the validation set."""
    base = f'per_generator = 100\ngenerators = ["G0", "G1", "G2"]\n{FIFTHS}'
    grown = {
        "quota": base.replace("100", "200"),
        "generators": base.replace('"G2"]', '"G2", "G3"]'),
        "spares": f"spares = 0.2\n{base}",
        "keys": base.replace("train = 0.8\nvalidation = 0.2", "validation = 0.2\ntrain = 0.8"),
    }
    with world(tmp_path / "m.duckdb", pictures()) as store:
        before = splits_of(store, base)
        parts = {name: moved(before, splits_of(store, text)) for name, text in grown.items()}
    with world(tmp_path / "n.duckdb", [*pictures(), *fakes("G0", "q", 300), *photographs("laion", 500)]) as store:
        parts["sources"] = moved(before, splits_of(store, base))
    assert parts["keys"] == 0
    assert max(parts.values()) <= 0.12, parts


@pytest.mark.parametrize("parts", [{"train": 0.8, "validation": 0.2}, {"a": 0.7, "b": 0.15, "c": 0.15}])
def test_every_stratum_parent_and_total_is_within_one_image(parts: Mapping[str, float]) -> None:
    chance = np.random.default_rng(3)
    sizes, parents = chance.integers(0, 13, 60), [str(n // 4) for n in range(60)]
    exact = np.outer(sizes, list(parts.values()))
    found = controlled_rounding(exact, parents, np.zeros(exact.shape, np.int64))
    demand = Demand(exact, parents)
    off = demand.with_sums(found - exact)
    assert (found.sum(axis=1) == sizes).all()
    assert np.abs(off).max() < 1


@pytest.mark.parametrize(
    ("images", "parts", "expected"),
    [
        (3, {"train": 0.8, "test": 0.2}, [2, 1]),
        (4, {"train": 0.7, "validation": 0.15, "test": 0.15}, [2, 1, 1]),
        (5, {"train": 0.7, "validation": 0.15, "test": 0.15}, [3, 1, 1]),
        (2, {"train": 0.8, "test": 0.2}, [2, 0]),  # an error of the selection
        (9, {"train": 1.0, "test": 0.0}, [9, 0]),
    ],
)
def test_a_split_is_not_empty_if_an_image_more_is_within_its_fraction(
    tmp_path: Path, images: int, parts: Mapping[str, float], expected: list[int]
) -> None:
    units = "select 'g' || range as group_id, 'A' as stratum, 'A' as parent, 1 as images"
    with world(tmp_path / "m.duckdb", []) as store, working_tables(store):
        for seed in "abc":
            store.save_query("work.unit", f"{units} from range({images})")
            split_units(store, seed, parts)
            found = [split for _, split in store.execute("from work.unit_split")]
            assert [found.count(name) for name in parts] == expected


def test_parts_of_an_image_in_many_strata_are_half_an_image(tmp_path: Path) -> None:
    """Ten times 0.05 is less than 0.5 in floating point."""
    with world(tmp_path / "m.duckdb", []) as store, working_tables(store):
        store.save_query(
            "work.unit",
            "select 'g' || range as group_id, 'A' || range as stratum, 'A' as parent, 1 as images from range(10)",
        )
        split_units(store, "a", {"train": 0.9, "validation": 0.05, "test": 0.05})
        found = Counter(split for _, split in store.execute("from work.unit_split"))
    assert found == {"train": 8, "validation": 1, "test": 1}


def test_small_quotas_reach_every_split(tmp_path: Path) -> None:
    with world(tmp_path / "m.duckdb", pictures()) as store:
        thirds = "per_generator = 4\nspares = 0\n[split]\ntrain = 0.7\nvalidation = 0.15\ntest = 0.15\n"
        found = list(splits_of(store, thirds).values())
    assert {name: found.count(name) for name in ("train", "validation", "test")} in (
        {"train": 22, "validation": 6, "test": 4}, {"train": 22, "validation": 4, "test": 6},
        {"train": 24, "validation": 4, "test": 4}, {"train": 20, "validation": 6, "test": 6},
    )  # fmt: skip


def test_an_assignment_of_awkward_groups_is_found() -> None:
    """Wherever an exhaustive search finds one within one image of every fraction."""
    chance = np.random.default_rng(5)
    for _ in range(40):
        strata = int(chance.integers(1, 4))
        images = np.unique(chance.integers(0, 5, (5, strata)), axis=0)
        images = images[images.sum(axis=1) > 0]
        groups = chance.integers(1, 3, len(images))
        demand = Demand(np.outer(images.T @ groups, [0.8, 0.2]), [str(n) for n in range(strata)])
        hashed = np.array([chance.multinomial(count, [0.8, 0.2]) for count in groups])
        found = assign(Profiles.of([dict(enumerate(map(int, row))) for row in images], hashed, demand), demand)
        assert (found.sum(axis=1) == groups).all()
        if not _is_near(images, found, demand):
            options = itertools.product(*[range(count + 1) for count in groups])
            others = (np.array([(n, count - n) for n, count in zip(way, groups, strict=True)]) for way in options)
            assert not any(_is_near(images, other, demand) for other in others)


def _is_near(images: np.ndarray, found: np.ndarray, demand: Demand) -> bool:
    off = demand.with_sums(images.T @ found - demand.exact)
    return bool(np.abs(off).max() <= 1 + 1e-6)


def test_a_split_of_fraction_0_after_the_others_takes_no_group(tmp_path: Path) -> None:
    with world(tmp_path / "m.duckdb", []) as store, working_tables(store):
        store.save_query(
            "work.unit",
            "select 'group ' || i as group_id, '' as parent, '' as stratum, 1 + i % 2 as images from range(60) t(i)",
        )
        assert split_units(store, "7", {"test": 0.5, "train": 0.5, "val": 0.0}) == ()
        found = store.execute("select split, count(*) from work.unit_split group by all order by all")
    assert [split for split, _ in found] == ["test", "train"]
    assert sum(count for _, count in found) == 60


def test_the_split_of_a_group_follows_from_its_name_alone(tmp_path: Path) -> None:
    """Only groups whose hashes are next to the border move for exact fractions."""
    halves = {"a": 0.5, "b": 0.5}
    with world(tmp_path / "m.duckdb", []) as store, working_tables(store):
        sides = []
        for count in (400, 4_000):
            store.save_query(
                "work.unit",
                f"select 'group ' || i as group_id, '' as parent, '' as stratum, 1 as images from range({count}) t(i)",
            )
            assert split_units(store, "7", halves) == ()
            sides.append(dict(store.execute("from work.unit_split")))
    assert list(sides[0].values()).count("a") == 200
    assert sum(sides[1][group] != side for group, side in sides[0].items()) <= 30


@pytest.mark.slow
def test_images_of_an_extended_selection_keep_their_splits(tmp_path: Path) -> None:
    small = "per_generator = 50\ngenerators = ['G0', 'G1']\n[split]\ntrain = 0.8\nvalidation = 0.2\n"
    large = "per_generator = 150\n[split]\ntrain = 0.7\nvalidation = 0.3\n"
    with world(tmp_path / "m.duckdb", pictures()) as store:
        select(store, recipe.parse(f"seed = 1\n{small}"), "v1")
        before = dict(store.execute("select file_id, split from selection where name = 'v1'"))
        select(store, replace(recipe.parse(f"seed = 2\n{large}"), extend="v1"), "v2")
        after = dict(store.execute("select file_id, split from selection where name = 'v2' and role <> 'spare'"))
        counts = dict(
            store.execute("select split, count(*) from selection where name = 'v2' and role <> 'spare' group by 1")
        )
        runs = store.execute("select extends, algorithm from selection_run order by name")
    both = before.keys() & after.keys()
    assert len(both) > 50
    assert all(before[file_id] == after[file_id] for file_id in both)
    assert abs(counts["validation"] - 0.3 * 1200) <= 2
    assert runs == [(None, "4"), ("v1", "4")]


def test_image_whose_group_changed_sides_is_left_out(tmp_path: Path) -> None:
    """Two images of different splits are declared to be one group."""
    made = fakes("A", "o", 40)
    split = "[split]\ntrain = 0.5\nvalidation = 0.5\n"
    text = f"seed = 1\nper_generator = 40\nspares = 0\n{split}[photographs]\nper_fake = 0\n"
    with world(tmp_path / "m.duckdb", made) as store:
        select(store, recipe.parse(text), "v1")
        before = dict(store.execute("select file_id, split from selection where name = 'v1'"))
        train, validation = (
            next(one for one in sorted(before) if before[one] == split) for split in ("train", "validation")
        )
        store.execute(
            "update attributes set group_id = 'g' where file_id in ($one, $other)", {"one": train, "other": validation}
        )
        select(store, replace(recipe.parse(text), extend="v1"), "v2")
        after = dict(store.execute("select file_id, split from selection where name = 'v2'"))
        reasons = store.execute("select file_id, step from selection_excluded where name = 'v2'")
    assert reasons == [(validation, "extend")]
    assert after == {one: split for one, split in before.items() if one != validation}


def test_extended_selection_must_have_the_splits(tmp_path: Path) -> None:
    with world(tmp_path / "m.duckdb", pictures()) as store:
        select(store, recipe.parse(f"seed = 1\nper_generator = 20\n{FIFTHS}"), "v1")
        other = recipe.parse("seed = 1\nper_generator = 20\n[split]\ntrain = 0.8\ntest = 0.2\n")
        with pytest.raises(RecipeError, match="has the split 'validation', the new one has train, test"):
            select(store, replace(other, extend="v1"), "v2")
        with pytest.raises(RecipeError, match="no selection 'v0'"):
            select(store, replace(other, extend="v0"), "v2")


def test_recipes_whose_splits_follow_from_dates_do_not_extend(tmp_path: Path) -> None:
    with world(tmp_path / "m.duckdb", pictures()) as store:
        store.execute(
            "update attributes set generator_released = '2024-01-01'::date + member_id::integer where label = 1"
        )
        text = recipe.parse("seed = 1\nper_generator = 20\n[windows]\nsize = 1\n")
        with pytest.raises(RecipeError, match=r"--extend v1: a recipe with \[windows\].*: remove the table"):
            select(store, replace(text, extend="v1"), "v2")
