"""Recipes with windows of generators by release date, and the recipes of this project on a small world."""

from pathlib import Path

import pytest

from indexer.base.errors import RecipeError
from indexer.manifest.store import Store
from indexer.selection import recipe
from indexer.selection.by_recipe import select
from indexer.selection.models import Selected
from tests.support.worlds import Picture, fakes, photographs, world

YEARS = {"A": 2018, "B": 2019, "C": 2020, "D": 2021, "E": 2022, "F": 2023, "G": 2024, "undated": None}
BASE = "seed = 1\nper_generator = 6\nspares = 0.1\n[windows]\nsize = 2\n"


def dated(path: Path, pictures: list[Picture]) -> Store:
    store = world(path, pictures)
    for generator, year in YEARS.items():
        if year:
            store.execute(
                f"update attributes set generator_released = date '{year}-05-01' where generator = '{generator}'"
            )
    return store


@pytest.fixture
def store(tmp_path: Path):
    pictures = [one for name in YEARS for one in fakes(name, "o", 10)]
    with dated(tmp_path / "m.duckdb", [*pictures, *photographs("coco", 80), *photographs("raise", 80)]) as opened:
        yield opened


def chosen(store: Store, text: str) -> tuple[Selected, dict[str, dict[str, int]]]:
    """Return the result, and the number of images of each split by generator, without spares."""
    result = select(store, recipe.parse(text), "x")
    rows = store.execute(
        "select split, generator, count(*) from selection join attributes using (file_id) where role <> 'spare'"
        " group by all order by all"
    )
    counts: dict[str, dict[str, int]] = {}
    for split, generator, images in rows:
        counts.setdefault(split, {})[generator] = images
    return result, counts


def test_last_window_is_next_and_all_before_it_are_past(store):
    result, counts = chosen(store, BASE)
    assert counts == {"next": {"": 6, "G": 6}, "past": {"": 36, **dict.fromkeys("ABCDEF", 6)}}
    assert result.undated == ("undated",)
    assert [(one.generator, one.window) for one in result.windows] == list(
        zip("ABCDEFG", (1, 1, 2, 2, 3, 3, 4), strict=True)
    )


def test_window_and_length_of_the_past_can_be_given(store):
    counts = chosen(store, BASE + "next = 3\npast = 1\n")[1]
    assert counts == {"next": {"": 12, "E": 6, "F": 6}, "past": {"": 12, "C": 6, "D": 6}}


def test_windows_are_of_the_named_generators(store):
    text = BASE.replace("size = 2", "size = 1").replace("spares", 'generators = ["B", "G", "undated"]\nspares')
    counts = chosen(store, text)[1]
    assert {split: sorted(found) for split, found in counts.items()} == {"next": ["", "G"], "past": ["", "B"]}


def test_real_images_related_to_both_splits_are_past(tmp_path):
    shared = [f"coco/{n}" for n in range(4)]
    pictures = [
        *(Picture(f"o/A/{n}", "o", "A", paired=(shared[n % 4],)) for n in range(8)),
        *(Picture(f"o/B/{n}", "o", "B", paired=(shared[n % 4],)) for n in range(8)),
        *photographs("coco", 40),
    ]
    text = "seed = 1\nper_generator = 8\nspares = 0\n[windows]\nsize = 1\n"
    with dated(tmp_path / "m.duckdb", pictures) as store:
        counts = chosen(store, text)[1]
        assert counts == {"next": {"": 8, "B": 8}, "past": {"": 8, "A": 8}}
        paired = store.execute(
            "select distinct split from selection where list_contains($ids, file_id)", {"ids": shared}
        )
    assert paired == [("past",)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BASE + "next = 9\n", r"7 generators with a release date make \d windows of 2, and window 9 is needed"),
        (BASE.replace("size = 2", "size = 7"), "make 1 windows of 7, and window 2 is needed"),
        (BASE + "[split]\ntrain = 1\n", r"omit the fractions of \[split\]"),
        (BASE.replace("size = 2", "next = 2"), "'size' is missing"),
        (BASE.replace("per_generator", "per_stratum"), r"add a table \[photographs\]"),
        (BASE.replace("per_generator = 6", "per_generator = 60"), "too few images"),
    ],
)
def test_windows_that_cannot_be_made_are_errors(store, text, message):
    with pytest.raises(RecipeError, match=message):
        chosen(store, text)
