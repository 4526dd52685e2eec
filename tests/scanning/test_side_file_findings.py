"""Side files in archives whose names are not UTF-8, and side files with some or many bad lines."""

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indexer.containers.members.rows import FINDINGS_PER_CODE
from indexer.containers.models import ArchiveLimits
from indexer.declarations.models import SideTable
from indexer.manifest.store import Store
from tests.scanning.conftest import PROMPTS, Scan, fill, source, zipped
from tests.support.archives import run


@pytest.mark.parametrize("archiver", [["7zz", "a", "-bd"], ["zip", "-q", "-r"]])
def test_side_file_in_an_archive_whose_name_is_not_utf8(
    manifest: Store, root: Path, rescan: Scan, archiver: list[str]
) -> None:
    tree = fill(root.with_name("tree"), {"prompts.csv": b"a\n1\n", "train/0.jpg": b"x" * 100})
    archive = root.with_name("set.7z" if archiver[0] == "7zz" else "set.zip")
    run(*archiver, archive, ".", cwd=tree)
    archive.rename(root / os.fsdecode(b"caf\xe9" + archive.suffix.encode()))
    rescan(source(PROMPTS))
    assert manifest.execute("select path, record->>'a' from side_row") == [(r"caf\xe9/prompts.csv", "1")]


@pytest.mark.parametrize("suffix", ["arrow", "parquet"])
def test_row_with_text_that_is_not_utf8_is_left_out(manifest: Store, root: Path, rescan: Scan, suffix: str) -> None:
    texts = pa.array([b"one", b"caf\xe9", b"three"]).view(pa.string())
    rows = pa.table({"caption": texts})
    if suffix == "parquet":
        pq.write_table(rows, root / "rows.parquet")
    else:
        with pa.ipc.new_stream(str(root / "rows.arrow"), rows.schema) as stream:
            stream.write_table(rows)
    rescan(source(SideTable("rows", "mine", rf"rows\.{suffix}$", "rows")))
    assert manifest.execute("select line, record->>'caption' from side_row order by line") == [(0, "one"), (2, "three")]
    assert "row 1 cannot be used" in str(manifest.execute("select detail from finding"))


def test_findings_of_bad_side_files_are_limited(manifest: Store, root: Path, rescan: Scan) -> None:
    sidecars = SideTable("sidecars", "mine", r"\.json$", "json")
    fill(root, {f"{number:05d}.json": b"{" for number in range(FINDINGS_PER_CODE + 10)})
    rescan(source(sidecars))
    assert manifest.count("finding") == FINDINGS_PER_CODE + 1


def test_broken_side_file_is_a_finding_with_its_line(manifest: Store, root: Path, rescan: Scan) -> None:
    fill(root, {"x/prompts.csv": b"a,b\n1,2\n1,2,3\n"})
    zipped(root / "a.zip", {"prompts.csv": b"a\nb\n\xff\n"})
    summary = rescan(source(PROMPTS))
    found = manifest.execute("select code, detail from finding order by all")
    assert found == [
        ("side-file", "a/prompts.csv:3: not UTF-8 (byte 0xff): save the file as UTF-8"),
        ("side-file", "x/prompts.csv:3: 3 fields where 2 were expected"),
    ]
    assert [(problem.code, problem.count) for problem in summary.problems] == [("side-file", 2)]
    assert summary.statuses == {"complete": 2}


def test_side_file_over_the_limit_is_a_finding(manifest: Store, root: Path, rescan: Scan) -> None:
    fill(root, {"prompts.csv": b"a\n" + b"1\n" * 100})
    rescan(source(PROMPTS), limits=ArchiveLimits(side_file_size=100))
    assert manifest.count("side_row") == 0
    assert "more than the limit side_file_size" in manifest.execute("select detail from finding")[0][0]
