"""The report and the audit measure the same selection by the same code, so they print the same numbers."""

import json
import re
from pathlib import Path

import pytest

from tests.report.conftest import indexer


@pytest.mark.slow
def test_report_and_audit_print_the_same_numbers(folder: Path, report: Path) -> None:
    done = indexer(folder, "audit", "small", "--format", "json", "--no-tree", "--no-inspect")
    audit = json.loads(done.stdout)
    html = report.read_text(encoding="utf-8")
    duplicates = {(row["kind"], row["groups"], row["over_splits"], row["over_labels"]) for row in audit["duplicates"]}
    cells = "</td><td[^>]*>".join([r"(\d+)"] * 3)
    found = re.findall(rf'<tr><th scope="row">(equal bytes|near duplicates)</th><td>{cells}</td></tr>', html)
    assert {(kind, *map(int, numbers)) for kind, *numbers in found} == duplicates
    assert ("equal bytes", 1, 1, 0) in duplicates
    leaks = {(row["kind"], row["groups"], row["images"]) for row in audit["leaks"]}
    cells = "</td><td[^>]*>".join([r"(\d+)"] * 2)
    found = re.findall(rf'<tr><th scope="row">(real image|prompt)</th><td[^>]*>{cells}</td>', html)
    assert {(kind, *map(int, numbers)) for kind, *numbers in found} == leaks
    assert leaks
    scores = {
        (row["trait"], f"{100 * row['balanced_accuracy']:.1f} %")
        for row in audit["shortcuts"]
        if row["target"] == "label"
    }
    assert set(re.findall(r'<tr><th scope="row">([^<]+)</th><td>([\d.]+ %)</td><td><meter', html)) == scores
    assert len(scores) > 5
