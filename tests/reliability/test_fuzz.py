"""A few damaged files of every kind, and the cases that `make fuzz` has found."""

import pytest

from fuzz import targets
from fuzz.judging import Case, judge

FINDS = [("tar", 525), ("tar", 864), ("cpio", 7), ("cpio", 98), ("damaged-joined", 383), ("damaged-joined", 1_311)]


@pytest.mark.parametrize("target", targets.names())
def test_damaged_files_are_reported(target: str) -> None:
    assert judge(tuple(Case(target, seed) for seed in range(40))) == []


@pytest.mark.slow
@pytest.mark.parametrize("target", targets.ARCHIVES)
def test_many_damaged_archives_are_reported(target: str) -> None:
    """Rows with other bytes than were packed: none; rows lost while all containers are complete: none."""
    assert judge(tuple(Case(target, seed) for seed in range(1_000, 1_400))) == []


@pytest.mark.parametrize(("target", "seed"), FINDS)
def test_found_cases_stay_fixed(target: str, seed: int) -> None:
    assert judge((Case(target, seed),)) == []
