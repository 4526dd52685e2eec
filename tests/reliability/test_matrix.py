"""docs/reliability.md has a row per fault; each names a test or a reason."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reliability.md"
FAULTS = {"A": 13, "B": 14, "C": 8, "D": 9, "E": 15, "F": 14, "G": 12, "H": 8}
ROW = re.compile(r"^\| ([A-H]\d+) \|.*\| (.*) \|$", re.MULTILINE)
LINK = re.compile(r"\[test_\w+\]\(\.\./tests/[^)]+\)")


def test_every_fault_has_a_row():
    rows = [number for number, _ in ROW.findall(PAGE.read_text(encoding="utf-8"))]
    assert rows == [f"{letter}{number}" for letter, count in FAULTS.items() for number in range(1, count + 1)]


def test_every_row_names_a_test_or_a_reason():
    for number, proof in ROW.findall(PAGE.read_text(encoding="utf-8")):
        assert LINK.search(proof) or proof.startswith("no test: "), number
