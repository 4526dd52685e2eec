"""`indexer audit` prints tables that a person can read."""

import json
from dataclasses import replace
from pathlib import Path

from tests.cli.conftest import Run
from tests.support.worlds import fakes, photographs, world


def test_long_tables_are_cut_for_people_and_whole_in_json(run: Run, tmp_path: Path) -> None:
    pictures = [*fakes("A", "o", 150), *photographs("coco", 150)]
    with world(tmp_path / "m.duckdb", [replace(one, content="black") for one in pictures]):
        pass
    arguments = ("audit", "--manifest-db", tmp_path / "m.duckdb", "--no-tree")
    for form in ("table", "markdown"):
        printed = run(*arguments, "--format", form).stdout
        assert "and 200 more: all are in --format json" in printed
        assert printed.count("equal bytes") == 100 + 1  # one in the table of duplicates
    conflicts = json.loads(run(*arguments, "--format", "json").stdout)["conflicts"]
    assert [row["images"] for row in conflicts] == [150] * 300
