"""Messages for common mistakes, compared in full: what happened, where, and what to do."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from indexer.manifest import store
from tests.cli.conftest import ROOT, Run
from tests.cli.mistaken_folders import with_folder
from tests.cli.mistakes import MISTAKES, Mistake


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_mistakes_are_one_line_with_advice(run: Run, tmp_path: Path, mistake: Mistake) -> None:
    mistake.prepare(tmp_path)
    program, *arguments = shlex.split(mistake.call)
    done = run(*arguments, program=program)
    assert done.stderr == f"error: {mistake.message.format(folder=tmp_path)}\n"
    assert done.returncode == 2
    assert done.stdout == ""


def test_full_disk_under_standard_output(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "indexer", "stats", "--manifest-db", str(tmp_path / "m.duckdb")]
        with store.open_for_writing(tmp_path / "m.duckdb"):
            pass
        done = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "error: standard output cannot be written: No space left on device\n"


def test_missing_side_file_is_reported(run: Run, tmp_path: Path) -> None:
    with_folder("datasets/synthbuster/glide")(tmp_path)
    Image.new("RGB", (300, 300)).save(tmp_path / "datasets/synthbuster/glide/r000da54ft.png")
    done = run("scan")
    assert done.returncode == 0
    assert (
        "synthbuster: 1 x missing_text, such as glide/r000da54ft.png:"
        " {image|prompts.Prompt}: prompts.Prompt has nothing for r000da54ft\n"
    ) in done.stdout
    assert re.search(r"^not found: .*\baeroblade, .*\bcoco, ", done.stderr, re.MULTILINE)
    assert re.search(r"^synthbuster: .*missing side files: prompts", done.stderr, re.MULTILINE)
