"""Planted shortcuts are found, and removed by matching and by the removal of metadata."""

from pathlib import Path

import pytest

from benchmarks.bench_shortcuts import TRAITS, measure


@pytest.mark.slow
def test_planted_shortcuts_are_found_and_removed(tmp_path: Path) -> None:
    (_, before, images), (_, _, matched), (_, after, built) = measure(tmp_path, 2_000)
    assert images == 2_000
    assert min(before[trait] for trait in TRAITS) >= 0.95
    assert matched == built
    assert built >= 100
    assert max(after.values()) <= 0.62  # 0.55 of 1,600 images (benchmarks/bench_shortcuts.py); here chance differs more
