"""Files and folders that the user may not read or change."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT, Done, Run

_DROPPED = "-dac_override,-dac_read_search"  # the rights of root at any file


@pytest.fixture
def spawn_unprivileged(manifest: Path) -> Run:
    """Run ``indexer`` in the manifest's folder without the rights of root; skip if they cannot be dropped."""
    drop = ["setpriv", f"--bounding-set={_DROPPED}", f"--inh-caps={_DROPPED}"] if os.geteuid() == 0 else []
    if drop and not (shutil.which("setpriv") and subprocess.run([*drop, "true"], check=False).returncode == 0):
        pytest.skip("root keeps its rights here")

    def call(*arguments: object) -> Done:
        command = [*drop, sys.executable, "-m", "indexer", *map(str, arguments)]
        settings = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, cwd=manifest.parent, env=settings, capture_output=True, text=True, check=False)
        return Done(done.returncode, done.stdout, done.stderr)

    return call


def test_a_manifest_in_a_read_only_folder_is_read_but_not_changed(spawn_unprivileged: Run, manifest: Path) -> None:
    folder = manifest.parent / "shared"
    folder.mkdir()
    file = manifest.rename(folder / manifest.name)
    folder.chmod(0o555)
    try:
        read = spawn_unprivileged("stats", "first", "--manifest-db", "shared/manifest.duckdb")
        dropped = spawn_unprivileged("drop", "first", "--manifest-db", "shared/manifest.duckdb")
    finally:
        folder.chmod(0o755)
    assert (read.returncode, dropped.returncode) == (0, 2)
    assert dropped.stderr == (
        "error: shared/manifest.duckdb cannot be changed, because shared is read-only: copy it to a folder of your own,"
        " and name the copy with --manifest-db\n"
    )
    assert list(folder.iterdir()) == [file]


def test_a_folder_that_may_not_be_entered_is_named(spawn_unprivileged: Run, manifest: Path) -> None:
    folder = manifest.parent / "theirs"
    folder.mkdir(mode=0)
    try:
        done = spawn_unprivileged("sql", "select 1", "--output", "theirs/x.csv", "--manifest-db", manifest)
    finally:
        folder.chmod(0o755)
    assert (done.returncode, done.stderr) == (
        2, "error: theirs/x.csv cannot be used (Permission denied): correct its permissions, or name another path\n"
    )  # fmt: skip
