"""One short round of `make soak`."""

import random
from collections import Counter

import pytest

from benchmarks import soak
from tests.support.faults import World

pytestmark = pytest.mark.slow


def test_disturbed_runs_give_the_same_manifest_and_dataset(undisturbed: World, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(soak, "DISTURBED", 1)
    ends = Counter[str]()
    assert soak.disturbed(undisturbed, tmp_path / "disturbed", random.Random(3), ends) == []
    assert ends.total() == 2
