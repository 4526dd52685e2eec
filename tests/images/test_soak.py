"""Images damaged at random: all stored images open with `datasets`, and damaged metadata cost no image."""

import pytest

from benchmarks.soak_images import run


def faults(count: int, seed: int) -> list[str]:
    return [end for end in run(count, seed) if end.startswith("FAULT")]


@pytest.mark.filterwarnings("ignore")
def test_damaged_images_open_or_are_refused() -> None:
    assert faults(150, seed=1) == []


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_five_thousand_damaged_images_open_or_are_refused() -> None:
    assert faults(5_000, seed=2) == []
