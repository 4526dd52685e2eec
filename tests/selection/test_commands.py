"""The commands select, audit and inspect: output and exit status."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Run, run  # noqa: F401 - a fixture
from tests.support.worlds import fakes, photographs, world

RECIPE = "seed = 1\nper_generator = 20\n[split]\ntrain = 0.8\nvalidation = 0.2\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a manifest, a recipe and lists."""
    pictures = [*fakes("A", "o", 30), *photographs("coco", 60, format="JPEG", jpeg_quality=75)]
    world(tmp_path / "m.duckdb", pictures).close()
    (tmp_path / "mine.toml").write_text(RECIPE)
    (tmp_path / "train.txt").write_text("o/A/1\no/A/2\nLAION-400M/7\n")
    return tmp_path


@pytest.fixture
def indexer(run: Run, tmp_path: Path) -> Run:  # noqa: F811
    """Run a command on the manifest, in this process."""
    return lambda *arguments: run(*arguments, "--manifest-db", tmp_path / "m.duckdb", "--quiet")


@pytest.mark.slow
def test_short_recipe_is_selected_and_audited(folder: Path, indexer: Run) -> None:
    selected = indexer("select", str(folder / "mine.toml"), "--no-inspect")
    assert (selected.returncode, selected.stderr) == (0, "")
    assert "Selection 'mine'" in selected.stdout
    assert "enough images of its generator come before it" in selected.stdout
    audited = indexer("audit", "mine", "--no-inspect", "--no-tree", "--format", "json", "--threshold", "0.9")
    assert audited.returncode == 1
    assert "metadata predict the label at 100%, above 90%" in audited.stderr
    assert json.loads(audited.stdout)["worst"] == 1.0
    page = indexer("audit", "mine", "--no-inspect", "--no-tree", "--format", "markdown")
    assert page.returncode == 0
    assert "| label | format | 40 | 1.0 |" in page.stdout


def test_empty_selection_is_reported(tmp_path: Path, indexer: Run) -> None:
    world(tmp_path / "m.duckdb", photographs("coco", 60)).close()
    (tmp_path / "mine.toml").write_text(RECIPE)
    done = indexer("select", str(tmp_path / "mine.toml"), "--no-inspect")
    assert done.returncode == 2
    assert done.stderr.startswith("error: no image was selected: a recipe selects fake images")
    assert "mine" not in indexer("selections").stdout


@pytest.mark.slow
def test_audit_without_scikit_learn_fits_no_tree(folder: Path, indexer: Run) -> None:
    indexer("select", str(folder / "mine.toml"), "--no-inspect")
    (folder / "hidden").mkdir()
    (folder / "hidden" / "sitecustomize.py").write_text(
        "import importlib.util as util\n"
        "find = util.find_spec\n"
        "util.find_spec = lambda name, package=None: None if name == 'sklearn' else find(name, package)\n"
    )
    command = [sys.executable, "-m", "indexer", "audit", "mine", "--no-inspect", "--manifest-db", folder / "m.duckdb"]
    settings = {**os.environ, "PYTHONPATH": f"{folder / 'hidden'}:{Path.cwd()}"}
    done = subprocess.run(command, env=settings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "it requires scikit-learn" in done.stderr
    assert "decision tree of all" not in done.stdout


def test_missing_listed_images_exit_with_1(folder: Path, indexer: Run) -> None:
    listed = indexer("select", "--ids", f"train={folder / 'train.txt'}", "--name", "published")
    assert listed.returncode == 1
    assert "LAION-400M" in listed.stdout
    assert "1 listed images are missing and have no substitute" in listed.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["select"], "name a recipe, a query with --sql, or lists with --ids"),
        (["inspect"], "name a selection, or use --all, --sql or --again"),
        (["select", "--ids", "train=a.txt"], "--ids needs --name for the selection"),
        (["select", "--ids", "a.txt", "--name", "x"], "write it as SPLIT=FILE"),
        (["select", "nothing.toml"], "no recipe at nothing.toml"),
        (["select", "from manifest", "--name", "x"], "a query is selected with --sql, as in 'select --sql \"from mani"),
        (["audit", "nothing", "--no-inspect", "--no-tree"], "no selection 'nothing'"),
        (["export", "mine", "."], ". exists: name another folder"),  # before anything is read
    ],
)
def test_usage_error_is_one_line(folder: Path, indexer: Run, arguments: list[str], message: str) -> None:
    result = indexer(*arguments)
    assert result.returncode == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr
