"""Side files in archives whose own names are odd, and side files of which very many are bad."""

import os
from pathlib import Path

import pytest

from indexer.containers.rows import FINDINGS_PER_CODE
from indexer.declarations.shapes import SideTable
from indexer.store import Store
from tests.scanning.conftest import Scan, fill
from tests.scanning.test_scan import PROMPTS, source
from tests.support.archives import run


@pytest.mark.parametrize("archiver", [["7zz", "a", "-bd"], ["zip", "-q", "-r"]])
def test_an_archive_whose_name_is_not_utf8(manifest: Store, root: Path, rescan: Scan, archiver: list[str]) -> None:
    tree = fill(root.with_name("tree"), {"prompts.csv": b"a\n1\n", "train/0.jpg": b"x" * 100})
    archive = root.with_name("set.7z" if archiver[0] == "7zz" else "set.zip")
    run(*archiver, archive, ".", cwd=tree)
    archive.rename(root / os.fsdecode(b"caf\xe9" + archive.suffix.encode()))
    rescan(source(PROMPTS))
    assert manifest.execute("select path, record->>'a' from side_row") == [(r"caf\xe9/prompts.csv", "1")]


def test_of_very_many_bad_side_files_so_many_are_told(manifest: Store, root: Path, rescan: Scan) -> None:
    sidecars = SideTable("sidecars", "mine", r"\.json$", "json")
    fill(root, {f"{number:05d}.json": b"{" for number in range(FINDINGS_PER_CODE + 10)})
    rescan(source(sidecars))
    assert manifest.count("finding") == FINDINGS_PER_CODE + 1
