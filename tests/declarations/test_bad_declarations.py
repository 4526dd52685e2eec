"""What is wrong with a declaration is told at once, each problem with its address: tests/bad_declarations/<case>."""

import os
from pathlib import Path

import pytest

from indexer.base.errors import DeclarationError
from indexer.declarations import load

CASES = sorted((Path(__file__).parents[1] / "bad_declarations").iterdir())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_problem_is_told_with_its_address(case):
    with pytest.raises(DeclarationError) as caught:
        load([case])
    told = f"{caught.value}\n"
    if os.environ.get("GOLDEN"):
        (case / "error.txt").write_text(told, encoding="utf-8")
    assert told == (case / "error.txt").read_text(encoding="utf-8"), (
        f"see what changed with: make golden && git diff {case}"
    )
