"""Repeated scans keep ids, inspections and rows when a disk, a side table or a limit changes."""

import shutil
import tarfile
from pathlib import Path

import pyarrow as pa
import pytest

from indexer.containers.models import ArchiveLimits
from indexer.manifest.store import Store
from indexer.scanning.commit import ContainerUpdate, RecordedContainer, record_loose_files
from indexer.scanning.loose import LOOSE_SCHEMA, loose_rows
from indexer.scanning.root_listing import RootListing
from tests.scanning.conftest import Scan, fill
from tests.scanning.test_scan import PICTURES, PROMPTS, inspect_all, source, zipped


def test_members_without_checksums_keep_inspections_of_unchanged_volumes(
    manifest: Store, root: Path, rescan: Scan
) -> None:
    with tarfile.open(root / "a.tar", "w") as tar:
        tar.addfile(tarfile.TarInfo("train/0.jpg"))
        tar.addfile(tarfile.TarInfo("train/0.jpg"))
    rescan()
    inspect_all(manifest)
    before = manifest.execute("select ordinal, member_id from member order by all")
    rescan(source(PROMPTS))
    assert manifest.execute("select ordinal, member_id from member order by all") == before
    assert manifest.count("inspection") == 2
    (root / "a.tar").touch()
    rescan(source(PROMPTS))
    assert manifest.count("inspection") == 0


def test_partly_listed_folder_lists_no_file_twice(manifest: Store, root: Path, rescan: Scan) -> None:
    fill(root, {"x/a.png": b"1", "x/b.png": b"2", "c.png": b"3"})
    rescan()
    ((number, mark),) = manifest.execute("select container_id, fingerprint from container")
    seen = loose_rows(["c.png", "x/a.png"], [1, 1], [5, 5])  # its second file was not reached
    cut = RootListing(root, (), pa.Table.from_batches([seen], LOOSE_SCHEMA), (), ("x/",))
    record_loose_files(
        manifest, ContainerUpdate("mine", cut.folder, mark, RecordedContainer(number, mark, "complete")), cut
    )
    assert manifest.execute("select path from member order by ordinal") == [("c.png",), ("x/a.png",), ("x/b.png",)]


def test_raised_limit_reads_the_container_again(manifest: Store, root: Path, rescan: Scan) -> None:
    zipped(root / "a.zip", PICTURES)
    rescan(limits=ArchiveLimits(members=2))
    assert manifest.execute("select status from container") != [("complete",)]
    rescan()
    assert manifest.execute("select status, listed from container") == [("complete", len(PICTURES))]


def contents(manifest: Store) -> list[object]:
    return [
        manifest.execute(f"from {table} order by all") for table in ("container", "member", "inspection", "finding")
    ]


@pytest.mark.parametrize("leftover", ["nothing", "an empty folder", "empty folders"])
def test_rows_of_an_empty_root_are_kept(manifest: Store, root: Path, rescan: Scan, leftover: str) -> None:
    zipped(root / "a.zip", PICTURES)
    fill(root, {"x/loose.png": b"1"})
    rescan()
    inspect_all(manifest)
    before = contents(manifest)
    disk = root.rename(root.with_name("disk"))
    if leftover != "nothing":
        root.mkdir()
    if leftover == "empty folders":
        (root / "x").mkdir()
    (summary,) = rescan(must_exist=True).sources
    assert (summary.is_absent, summary.dropped, contents(manifest)) == (True, 0, before)
    assert summary.warning is not None
    assert summary.warning.endswith("delete its rows with 'python -m indexer scan --source mine --forget'")
    if root.exists():
        shutil.rmtree(root)
    disk.rename(root)
    (summary,) = rescan().sources
    assert (summary.is_absent, summary.unchanged, contents(manifest)) == (False, 1, before)


def test_forget_deletes_the_rows_of_a_missing_root(manifest: Store, root: Path, rescan: Scan) -> None:
    zipped(root / "a.zip", PICTURES)
    fill(root, {"x/loose.png": b"1"})
    rescan()
    inspect_all(manifest)
    shutil.rmtree(root)
    (summary,) = rescan(forget=True).sources
    assert (summary.is_absent, summary.dropped, contents(manifest)) == (False, 2, [[], [], [], []])


def test_deleted_files_are_dropped_from_an_existing_root(manifest: Store, root: Path, rescan: Scan) -> None:
    zipped(root / "a.zip", PICTURES)
    zipped(root / "x/b.zip", PICTURES)
    fill(root, {"y/loose.png": b"1"})
    rescan()
    (root / "x/b.zip").unlink()
    (root / "y/loose.png").unlink()
    (summary,) = rescan(forget=True).sources
    assert (summary.is_absent, manifest.execute("select path from container where listed > 0")) == (False, [("a.zip",)])
