"""Each promise of docs/selection.md names tests that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_test_of_each_promise_exists() -> None:
    page = (ROOT / "docs" / "selection.md").read_text(encoding="utf-8")
    table = page.partition("## Promises\n\n")[2].partition("\n\n")[0]
    promises = table.splitlines()[2:]
    assert len(promises) > 10
    for line in promises:
        named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", line)
        assert named, line
        for file, test in named:
            assert f"def {test}(" in (ROOT / "tests" / "selection" / file).read_text(encoding="utf-8"), test
