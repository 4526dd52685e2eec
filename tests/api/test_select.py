"""``Manifest.select``: by query, by ids and by recipe; the selection shows itself."""

from pathlib import Path
from typing import Any

import pytest

from indexer import Manifest
from indexer.base.errors import ConfigError, ManifestError, ProjectError, RecipeError
from indexer.sharing.models import HEAD_FILE
from tests.support.worlds import Picture, fakes, photographs, world

HALVES = {"train": 0.5, "validation": 0.5}
FAKES = "select file_id from manifest where source = 'cnn' and label = 1"


def test_a_query_becomes_a_selection_with_splits(manifest: Manifest) -> None:
    made = manifest.select(sql=FAKES, name="half", split=HALVES, seed=3)
    assert (repr(made), len(made)) == ("Selection('half': train 3, validation 3)", 6)
    again = manifest.select(sql=FAKES, name="half", split=HALVES, seed=3, force=True)
    assert again.dataset(split="train").file_ids == made.dataset(split="train").file_ids
    assert len(manifest.dataset(again)) == 6
    assert manifest.inspect(again) == 6
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
        ({"name": "x", "ids": ["Pictures/root.png"]}, "ids: name the split of the file_ids"),
        ({"name": "x", "ids": {"train": []}}, "the lists have no file_id: give at least one"),
        ({"name": "x", "ids": {"train": ["nothing"]}}, "none of the listed ids (1) can be selected, such as 'nothing'"),
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


GROUPED = 'seed = 1\nper_generator = 80\nspares = 0\n[split]\ntrain = 0.5\ntest = 0.5\ngroup_by = ["positive_prompt"]\n'
LARGE = 'seed = 1\nper_generator = 5\nspares = 0\nwhere = "width > 300"\n'


@pytest.fixture
def grouped(tmp_path: Path) -> Manifest:
    """Prompts that four fakes share each, and a few large images."""
    prompted = [Picture(f"o/A/{n}", "o", "A", prompt=f"prompt {n // 4}") for n in range(80)]
    large = [*fakes("B", "o", 5, side=512), *photographs("raise", 5, side=512)]
    world(tmp_path / "m.duckdb", [*prompted, *photographs("coco", 90), *large]).close()
    return Manifest.open(tmp_path / "m.duckdb", jobs=1)


@pytest.mark.slow
def test_the_sql_of_a_recipe_chooses_and_groups(grouped: Manifest, tmp_path: Path) -> None:
    (tmp_path / "large.toml").write_text(LARGE + "[duplicates]\nradius = -1\n")
    (tmp_path / "grouped.toml").write_text(GROUPED.replace("[split]", "quotas = { B = 0 }\n[split]"))
    assert grouped.select(tmp_path / "large.toml", name="large").counts == {"train": 10}
    grouped.select(tmp_path / "grouped.toml", name="grouped")
    query = "select prompt, count(distinct split) from (select positive_prompt as prompt, s.split from selection s"
    rows = grouped.sql(f"{query} join manifest using (file_id) where name = 'grouped' and label = 1) group by prompt")
    assert [splits for _, splits in rows] == [1] * 20


def test_exports_that_a_recipe_excludes_are_read(grouped: Manifest, tmp_path: Path) -> None:
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / HEAD_FILE).write_text("{}")
    (tmp_path / "mine.toml").write_text(f"seed = 1\nper_generator = 2\nexclude = ['{tmp_path / 'export'}']\n")
    with pytest.raises(ManifestError, match="export"):  # it is found, and is not valid
        grouped.select(tmp_path / "mine.toml", name="x")


def test_a_recipe_that_selects_no_image_is_an_error(tmp_path: Path) -> None:
    world(tmp_path / "m.duckdb", photographs("coco", 9)).close()
    (tmp_path / "mine.toml").write_text("seed = 1\nper_generator = 2\n")
    manifest = Manifest.open(tmp_path / "m.duckdb", jobs=1)
    with pytest.raises(RecipeError, match="no image was selected: a recipe selects fake images"):
        manifest.select(tmp_path / "mine.toml", name="x")
    assert not list(manifest.selections())
