"""A few damages of every kind, and whatever `make fuzz` has found so far."""

import pytest

from fuzz import targets
from fuzz.judging import Case, judge

FINDS = [("tar", 525), ("tar", 864), ("cpio", 7), ("cpio", 98)]


@pytest.mark.parametrize("target", targets.names())
def test_no_damage_does_harm(target: str) -> None:
    assert judge(tuple(Case(target, seed) for seed in range(40))) == []


@pytest.mark.parametrize(("target", "seed"), FINDS)
def test_what_was_found_stays_mended(target: str, seed: int) -> None:
    assert judge((Case(target, seed),)) == []
