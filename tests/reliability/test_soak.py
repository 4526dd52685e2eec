"""One short storm of `make soak`; the long ones are for nights."""

import random
from collections import Counter

import pytest

from benchmarks import soak
from tests.support.faults import World

pytestmark = pytest.mark.slow


def test_after_a_storm_everything_is_as_if_there_had_been_none(undisturbed: World, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(soak, "DISTURBED", 1)
    ends = Counter[str]()
    assert soak.disturbed(undisturbed, tmp_path / "stormy", random.Random(3), ends) == []
    assert ends.total() == 2
