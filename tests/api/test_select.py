"""``Manifest.select``: by query, by ids and by recipe; the selection shows itself."""

from pathlib import Path
from typing import Any

import pytest

from indexer import Manifest
from indexer.base.errors import ConfigError, ProjectError

HALVES = {"train": 0.5, "validation": 0.5}
FAKES = "select file_id from manifest where source = 'cnn' and label = 1"


def test_a_query_becomes_a_selection_with_splits(manifest: Manifest) -> None:
    made = manifest.select(sql=FAKES, name="half", split=HALVES, seed=3)
    assert (repr(made), len(made)) == ("Selection('half': train 3, validation 3)", 6)
    again = manifest.select(sql=FAKES, name="half", split=HALVES, seed=3, force=True)
    assert again.dataset(split="train").file_ids == made.dataset(split="train").file_ids
    names = [row[0] for row in manifest.selections()]
    assert "half" in names


def test_ids_become_a_selection(manifest: Manifest, tmp_path: Path) -> None:
    ids = [row[0] for row in manifest.sql(FAKES)]
    (tmp_path / "validation.txt").write_text("Pictures/root.png\n")
    made = manifest.select(ids={"train": ids[:2], "validation": tmp_path / "validation.txt"}, name="listed")
    assert made.counts == {"train": 2, "validation": 1}
    assert sorted(made.dataset(split="train").file_ids) == sorted(ids[:2])


def test_a_selection_shows_thumbnails_and_reasons(manifest: Manifest) -> None:
    shown = manifest.selection("torn")._repr_html_()
    assert shown.count('src="data:image/webp;base64,') == 3
    assert ">truncated<" in shown
    assert 'title="Pictures/2024/ä b.png"' in shown


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "x"}, "give one of recipe, sql=... and ids=..."),
        ({"name": "../x", "sql": FAKES}, "name='../x' is empty, or has a slash"),
        ({"name": "cnn", "sql": FAKES}, "there is a selection 'cnn'"),
        ({"name": "x", "sql": "select label from manifest"}, "the query must return a column file_id"),
        ({"name": "x", "sql": FAKES, "split": {"train": 0.8, "test": 0.1}}, "the fractions of the splits sum to 0.9"),
        ({"name": "x", "sql": FAKES, "sample": 0}, "a sample of 0 images is empty"),
        ({"name": "x", "recipe": "dmo"}, "no recipe at dmo: did you mean 'demo'?"),
        ({"name": "x", "sql": FAKES, "split": "train"}, "split='train': give fractions by name"),
        ({"name": "x", "ids": {"a/b": []}}, "'a/b' is no name of a split"),
    ],
)
def test_wrong_selections_are_one_line(manifest: Manifest, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ProjectError) as caught:
        manifest.select(**options)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_selection_is_an_error(manifest: Manifest) -> None:
    with pytest.raises(ProjectError, match="no selection 'hal'"):
        manifest.selection("hal")
    assert issubclass(ConfigError, ProjectError)
