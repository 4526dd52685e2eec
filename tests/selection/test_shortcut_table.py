"""The table of shortcuts per source and generator."""

import json
from pathlib import Path

import pyarrow as pa
import pytest

from indexer.base.errors import ManifestError
from indexer.cli.looking import shortcut_table as printing
from indexer.selection import recipe
from indexer.selection.audit import AuditOptions
from indexer.selection.audit.shortcut_table import shortcut_table
from indexer.selection.by_recipe import select
from tests.support.worlds import fakes, photographs, world

NO_TREE = AuditOptions(tree=False)
PICTURES = [
    *fakes("A", "o", 40, source="one"),
    *fakes("B", "b", 40, source="two", format="JPEG"),
    *photographs("p", 200, source="one"),
    *photographs("q", 200, source="one", format="JPEG"),
]


def scores(found: pa.Table, trait: str) -> dict[str, tuple[float | None, float]]:
    return {
        row["name"]: (row["before"], row["balanced_accuracy"]) for row in found.to_pylist() if row["trait"] == trait
    }


@pytest.mark.slow
def test_each_source_and_generator_is_compared_with_its_real_images(tmp_path: Path) -> None:
    with world(tmp_path / "m.duckdb", PICTURES) as store:
        found = shortcut_table(store, None, NO_TREE)
        select(store, recipe.parse('seed = 1\nper_generator = 40\n[match]\non = ["format"]\n'), "x")
        after = shortcut_table(store, "x", NO_TREE)
    assert {(row["kind"], row["name"], row["fakes"], row["reals"]) for row in found.to_pylist()} == {
        (kind, name, 40, 400)
        for kind, name in [("source", "one"), ("source", "two"), ("generator", "A"), ("generator", "B")]
    }
    assert scores(found, "format") == dict.fromkeys(["one", "two", "A", "B"], (None, 0.75))
    assert scores(after, "format") == dict.fromkeys(["one", "two", "A", "B"], (0.75, 0.5))


@pytest.mark.parametrize("form", printing.FORMATS)
def test_table_is_printed_in_each_format(tmp_path: Path, form: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    with world(tmp_path / "m.duckdb", [*PICTURES, *fakes("<b>&|", "c", 30, source="three")]) as store:
        printing.print_table(shortcut_table(store, None, NO_TREE), form)
    text = capfdbinary.readouterr().out.decode()
    assert "75%" in text or "0.75" in text
    if form == "json":
        assert {row["name"] for row in json.loads(text)} >= {"<b>&|", "A"}
    if form == "html":
        assert "&lt;b&gt;&amp;|" in text
        assert "<b>" not in text


def test_manifest_of_one_label_has_no_table(tmp_path: Path) -> None:
    with (
        world(tmp_path / "m.duckdb", photographs("p", 50)) as store,
        pytest.raises(ManifestError, match="no source or"),
    ):
        shortcut_table(store, None, NO_TREE)
