"""Images damaged at random: verdicts are those of a full decode, all stored images open with `datasets`, and damaged
metadata cost no image.
"""

import pytest

from benchmarks.soak_images import run
from benchmarks.verdicts.__main__ import damaged_images


def faults(count: int, seed: int) -> list[str]:
    return [end for end in run(count, seed) if end.startswith("FAULT")]


def false_verdicts(count: int, seed: int) -> list[str]:
    return [f"{name}: {one}" for name, found in damaged_images(count, seed) for one in found if one.startswith("FAULT")]


@pytest.mark.filterwarnings("ignore")
def test_damaged_images_open_or_are_refused() -> None:
    assert faults(150, seed=1) == []


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_five_thousand_damaged_images_open_or_are_refused() -> None:
    assert faults(5_000, seed=2) == []


@pytest.mark.filterwarnings("ignore")
def test_verdicts_are_those_of_a_full_decode() -> None:
    assert false_verdicts(300, seed=4) == []


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_verdicts_on_five_thousand_damaged_images_are_those_of_a_full_decode() -> None:
    assert false_verdicts(5_000, seed=5) == []
