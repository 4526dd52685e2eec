"""Recipes are read and checked, and every problem is reported at once."""

from pathlib import Path

import pytest

from indexer.base import resources
from indexer.base.errors import RecipeError
from indexer.declarations.checking import vocabulary
from indexer.selection import recipe

SMALL = "seed = 7\nper_generator = 100\n[split]\ntrain = 0.8\nvalidation = 0.2\n"


def test_short_recipe_has_defaults() -> None:
    read = recipe.parse(SMALL)
    assert (read.seed, read.per_generator, dict(read.splits)) == ("7", 100, {"train": 0.8, "validation": 0.2})
    assert (read.generators, read.photographs_per_fake, read.when_short) == (None, 1.0, "error")


def test_every_problem_is_reported_with_its_address() -> None:
    text = """
        sed = 7
        per_generator = "many"
        generators = ["ADM", "Glide"]
        when_short = "ignore"
        cap = 99999999999999999999
        [split]
        "../train" = 0.8
        [caps."GenImage/train"]
        Glid = 3
        ADM = -1
        [duplicates]
        radius = 20
        [images]
        min_sides = 3
    """
    with pytest.raises(RecipeError) as caught:
        recipe.parse(text, "mine.toml")
    message = str(caught.value)
    for problem in (
        "mine.toml: 11 problems",
        "unknown key 'sed' (did you mean 'seed'?)",
        "'seed' is missing",
        "'per_generator' must be a whole number from 1 to 1,000,000,000,000, not 'many'",
        "'when_short' must be error or drop, not 'ignore'",
        "'cap' must be a whole number from 0 to 1,000,000,000,000, not 99999999999999999999",
        "split: the parts sum to 0.8",
        "split: '../train' cannot be a folder's name",
        "caps.'GenImage/train': 'ADM' must be a whole number from 0 to 1,000,000,000,000, not -1",
        "unknown generator 'Glid' (did you mean 'Glide'?)",
        "duplicates: 'radius' must be a whole number from -1 to 8, not 20",
        "images: unknown key 'min_sides' (did you mean 'min_side'?)",
    ):
        assert problem in message


def test_empty_list_of_generators_is_an_error() -> None:
    with pytest.raises(RecipeError, match="'generators' is empty: omit it"):
        recipe.parse("seed = 1\nper_generator = 2\ngenerators = []\n")


def test_unreadable_recipe_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="no recipe at nothing: name a TOML file"):
        recipe.find("nothing")
    broken = tmp_path / "broken.toml"
    broken.write_text("seed =")
    with pytest.raises(RecipeError, match="is no TOML"):
        recipe.load(broken)


def test_recipe_of_a_windows_editor_is_read(tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_bytes(b"\xef\xbb\xbfseed = 7\r\nper_generator = 2\r\n")
    assert recipe.load(tmp_path / "recipe.toml").seed == "7"


def test_benchmark_quotas_fit_its_caps() -> None:
    """36 generators of 5,000 images, from origins whose caps allow that many."""
    read = recipe.load(recipe.find("ai_gen_bench_v1"))
    assert len(read.generators) == len(set(read.generators)) == 36
    for generator in read.generators:
        assert sum(caps.get(generator, 0) for caps in read.caps.values()) >= 5000, generator


def test_benchmark_names_occur_in_declarations() -> None:
    """A generator or origin that no declaration spells that way would stay empty."""
    read = recipe.load(recipe.find("ai_gen_bench_v1"))
    assert set(read.generators) <= set(vocabulary())
    declared = "\n".join(path.read_text() for path in resources.sources_folder().glob("*.toml"))
    for origin in {*read.caps, *read.photograph_origins} - set(read.sections):
        assert f'"{origin}"' in declared or f'"{origin.split("/")[0]}/{{' in declared, origin
