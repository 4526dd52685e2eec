"""Recipes: read, checked, every problem told at once."""

from pathlib import Path

import pytest

from indexer.errors import RecipeError
from indexer.selection import recipe

SMALL = "seed = 7\nper_generator = 100\n[split]\ntrain = 0.8\nvalidation = 0.2\n"


def test_a_few_lines_are_a_recipe() -> None:
    read = recipe.parse(SMALL)
    assert (read.seed, read.per_generator, dict(read.splits)) == ("7", 100, {"train": 0.8, "validation": 0.2})
    assert (read.generators, read.photographs_per_fake, read.when_short) == (None, 1.0, "error")


def test_every_problem_is_told_with_its_address() -> None:
    text = """
        sed = 7
        per_generator = "many"
        generators = ["ADM", "Glide"]
        when_short = "ignore"
        [split]
        train = 0.8
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
    for told in (
        "mine.toml: 9 problem(s)",
        "'sed' is unknown (did you mean 'seed'?)",
        "seed is missing",
        "per_generator is 'many'",
        "when_short is 'ignore'",
        "split: the parts sum to 0.8",
        "caps.'GenImage/train'.ADM is -1",
        "generator 'Glid' is unknown (did you mean 'Glide'?)",
        "duplicates.radius is 20",
        "images: 'min_sides' is unknown (did you mean 'min_side'?)",
    ):
        assert told in message


def test_what_is_no_recipe(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="no recipe at nothing: name a TOML file"):
        recipe.find("nothing")
    broken = tmp_path / "broken.toml"
    broken.write_text("seed =")
    with pytest.raises(RecipeError, match="is no TOML"):
        recipe.load(broken)
