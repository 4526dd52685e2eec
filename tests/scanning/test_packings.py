"""One tree loose, zipped, split, in a 7z, in a tar.gz: equal logical paths, sizes and side rows."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from indexer.base.workers import Workers
from indexer.manifest import store
from indexer.manifest.store import Store
from indexer.scanning import ScanOptions, scan
from tests.scanning.conftest import PROMPTS, fill, source
from tests.support.programs import require_program

TREE = {
    "data/prompts.csv": b"name,prompt\na,one\n",
    "data/DALL\u00b7E/\U0001f600.png": b"2" * 20,
} | {f"data/train/{number:03d}.jpg": os.urandom(3_000) for number in range(60)}

ROWS = """
    select logical_path(path, name) as logical, size from member
    where name is distinct from 'data.tar' order by all  -- an archive in an archive has a row of its own
"""
SIDE = "select path, line, record::varchar from side_row order by all"


def loose(tree: Path, root: Path) -> None:
    shutil.copytree(tree / "data", root / "data")


def run(*command: str | Path, at: Path) -> None:
    require_program(str(command[0]))
    subprocess.run(command, cwd=at, check=True, stdout=subprocess.DEVNULL)


def zipped(tree: Path, root: Path) -> None:
    run("zip", "-q", "-r", root / "data.zip", "data", at=tree)


def split(tree: Path, root: Path) -> None:
    run("zip", "-q", "-r", "-s", "64k", "-0", root / "data.zip", "data", at=tree)
    assert (root / "data.z01").exists()


def tar_gz(tree: Path, root: Path) -> None:
    run("tar", "-czf", root / "data.tar.gz", "data", at=tree)


def tar(tree: Path, root: Path) -> None:
    run("tar", "-cf", root / "data.tar", "data", at=tree)


def seven_zip(tree: Path, root: Path) -> None:
    run("7zz", "a", "-v64k", "-mx0", root / "data.7z", "data", at=tree)
    assert (root / "data.7z.002").exists()


def tar_in_zip(tree: Path, root: Path) -> None:
    run("tar", "-cf", tree / "data.tar", "data", at=tree)
    run("zip", "-q", "-0", root / "outer.zip", "data.tar", at=tree)
    (tree / "data.tar").unlink()
    (root / "outer.zip").rename(root / "data.zip")


def found(folder: Path, root: Path) -> tuple[list[Any], list[Any]]:
    with store.open_for_writing(folder / "packed.duckdb") as manifest:
        scan(manifest, {"mine": root}, source(PROMPTS), ScanOptions(Workers(jobs=1)))
        assert manifest.execute("select distinct status, reason from container") == [("complete", None)]
        return manifest.execute(ROWS), manifest.execute(SIDE)


@pytest.mark.parametrize("pack", [zipped, split, tar, tar_gz, seven_zip, tar_in_zip])
def test_every_packing_gives_equal_rows(
    tmp_path: Path, root: Path, manifest: Store, pack: Callable[[Path, Path], None]
) -> None:
    tree = fill(tmp_path / "tree", TREE)
    loose(tree, root)
    scan(manifest, {"mine": root}, source(PROMPTS), ScanOptions(Workers(jobs=1)))
    expected = manifest.execute(ROWS), manifest.execute(SIDE)
    packed = tmp_path / "packed"
    packed.mkdir()
    pack(tree, packed)
    assert found(tmp_path, packed) == expected
    assert len(expected[0]) == len(TREE)
    assert len(expected[1]) == 1
