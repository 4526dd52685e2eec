"""Invalid declarations in tests/bad_declarations/<case> and the expected message in error.txt."""

import os
from pathlib import Path

import pytest

from indexer.base.errors import DeclarationError
from indexer.declarations import load

CASES = sorted((Path(__file__).parents[1] / "bad_declarations").iterdir())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_message_lists_every_problem_with_its_address(case):
    with pytest.raises(DeclarationError) as caught:
        load([case])
    message = f"{caught.value}\n"
    if os.environ.get("GOLDEN"):
        (case / "error.txt").write_text(message, encoding="utf-8")
    assert message == (case / "error.txt").read_text(encoding="utf-8"), (
        f"show the difference with: make golden && git diff {case}"
    )
