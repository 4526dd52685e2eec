"""First scans: folders and archives become raw rows; missing, empty and damaged ones are reported."""

import os
from pathlib import Path

import pytest

from indexer.base.errors import SourceError
from indexer.base.workers import Workers
from indexer.containers.from_manifest import stored_container, stored_member
from indexer.containers.models import ArchiveLimits
from indexer.containers.reading import read_members
from indexer.manifest.store import Store
from indexer.scanning import ScanOptions, scan
from tests.scanning.conftest import PICTURES, PROMPTS, Scan, fill, ids, source, zipped


def test_folders_and_zips_become_raw_rows(manifest: Store, root: Path, rescan: Scan) -> None:
    fill(root, {"loose/a.png": b"123", "loose/b.jpg": b""})
    zipped(root / "a.zip", PICTURES)
    summary = rescan()
    assert summary.statuses == {"complete": 2}
    (source_summary,) = summary.sources
    assert (source_summary.containers, source_summary.read, source_summary.members) == (2, 1, 7)
    rows = manifest.execute("select path, name, size, access from member order by path, name")
    assert rows[:3] == [
        ("a.zip", "train/1.jpg", 1, "zip"),
        ("a.zip", "train/2.jpg", 2, "zip"),
        ("a.zip", "train/3.jpg", 3, "zip"),
    ]
    assert rows[-2:] == [("loose/a.png", None, 3, "file"), ("loose/b.jpg", None, 0, "file")]


def test_damaged_archive_fails_alone(manifest: Store, root: Path, rescan: Scan) -> None:
    zipped(root / "good.zip", PICTURES)
    zipped(root / "cut.zip", PICTURES)
    os.truncate(root / "cut.zip", 200)
    summary = rescan()
    statuses = dict(manifest.execute("select path, status from container"))  # type: ignore[arg-type]
    assert statuses["good.zip"] == "complete"
    assert statuses["cut.zip"] in ("failed", "partial")
    assert summary.problems


def test_missing_root_is_a_warning_or_an_error(manifest: Store, root: Path, rescan: Scan) -> None:
    root.rmdir()
    (source_summary,) = rescan().sources
    assert source_summary.warning == f"mine: {root} does not exist: put the dataset there, or set its path in local.cfg"
    with pytest.raises(SourceError, match="does not exist"):
        rescan(must_exist=True)


def test_empty_root_is_a_warning(root: Path, rescan: Scan) -> None:
    (source_summary,) = rescan().sources
    assert source_summary.warning == f"{root} contains no files"


def test_root_may_be_one_archive(manifest: Store, root: Path) -> None:
    archive = zipped(root / "mine.zip", PICTURES)
    fill(root, {"other.jpg": b"1"})
    scan(manifest, {"mine": archive}, (), ScanOptions(Workers(jobs=1)))
    assert manifest.execute("select path, kind, listed from container") == [("mine.zip", "zip", 5)]
    with pytest.raises(SourceError, match="neither a folder nor an archive"):
        scan(manifest, {"mine": root / "other.jpg"}, (), ScanOptions(Workers(jobs=1), must_exist=True))


def test_names_that_are_not_utf8_are_kept_as_bytes(manifest: Store, root: Path, rescan: Scan) -> None:
    (root / "caf\udce9.jpg").write_bytes(b"1")
    zipped(root / "a.zip", PICTURES).rename(root / "n\udcff.zip")
    fill(root, {"d\udce9/prompts.csv": b"a\n1\n"})
    rescan(source(PROMPTS))
    assert manifest.execute("select path, path_bytes, status from container order by path") == [
        ("", None, "complete"), (r"n\xff.zip", b"n\xff.zip", "complete")
    ]  # fmt: skip
    loose = manifest.execute("select path, name_bytes from member where name is null order by path")
    assert loose == [(r"caf\xe9.jpg", b"caf\xe9.jpg"), (r"d\xe9/prompts.csv", b"d\xe9/prompts.csv")]
    assert manifest.execute("select path, record::varchar from side_row") == [(r"d\xe9/prompts.csv", '{"a":"1"}')]
    (source_summary,) = rescan(source(PROMPTS)).sources
    assert (source_summary.read, source_summary.unchanged) == (0, 1)


def test_recorded_members_can_be_read(manifest: Store, root: Path, rescan: Scan) -> None:
    zipped(root / "a.zip", PICTURES).rename(root / "n\udcff.zip")
    fill(root, {"d\udce9/x.jpg": b"1"})
    rescan()
    rows = manifest.connection.sql("select * from container order by path").to_arrow_table().to_pylist()
    members = manifest.connection.sql("select * from member order by path, ordinal").to_arrow_table().to_pylist()
    for row in rows:
        own = [
            stored_member(member, member["ordinal"])
            for member in members
            if member["container_id"] == row["container_id"]
        ]
        parts = list(read_members(stored_container(root, row), own, ArchiveLimits()))
        assert [len(data) for _, data in parts if isinstance(data, bytes)] == [member.size for member in own]


def test_container_of_an_archive_root_has_its_folder_as_root(manifest: Store, root: Path) -> None:
    archive = zipped(root / "mine.zip", PICTURES)
    row = {"source": "mine", "path": "mine.zip", "path_bytes": None, "kind": "zip", "volumes": []}
    assert stored_container(archive, row).root == root


def test_sources_are_independent(manifest: Store, root: Path, tmp_path: Path, rescan: Scan) -> None:
    fill(root, {"a.png": b"1", "c.png": b"1"})
    fill(tmp_path / "second", {"b.png": b"1"})
    scan(manifest, {"mine": root, "second": tmp_path / "second"}, (), ScanOptions(Workers(jobs=1)))
    (root / "a.png").unlink()
    rescan()
    assert list(ids(manifest)) == ["b.png", "c.png"]
