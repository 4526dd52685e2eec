"""Repeated scans keep ids, inspections and rows, also when a disk is missing or a limit or a side table changes."""

import os
import shutil
import tarfile
from pathlib import Path

import pyarrow as pa
import pytest

from indexer.containers.models import ArchiveLimits
from indexer.manifest.store import Store
from indexer.scanning.commit import ContainerUpdate, RecordedContainer, complete_loose_files, record_loose_files
from indexer.scanning.loose import LOOSE_SCHEMA, loose_rows
from indexer.scanning.root_listing import RootListing
from tests.scanning.conftest import PICTURES, PROMPTS, Scan, fill, ids, inspect_all, inspected, source, zipped
from tests.support.archives import cut_at, run


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
    recorded = RecordedContainer(number, mark, "complete")
    files = complete_loose_files(manifest, recorded, cut)
    record_loose_files(manifest, ContainerUpdate("mine", cut.folder, mark, recorded), files, cut)
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


def test_unchanged_containers_are_not_read(manifest: Store, root: Path, rescan: Scan) -> None:
    same, other = (zipped(root / name, PICTURES) for name in ("same.zip", "other.zip"))
    rescan()
    before = ids(manifest), manifest.execute("select path, container_id from container order by all")
    times = same.stat().st_atime_ns, same.stat().st_mtime_ns
    same.write_bytes(b"\0" * same.stat().st_size)  # a reader would find no zip
    os.utime(same, ns=times)
    os.utime(other, ns=(1, 1))
    (source_summary,) = rescan().sources
    assert (source_summary.read, source_summary.unchanged) == (1, 1)
    assert (ids(manifest), manifest.execute("select path, container_id from container order by all")) == before


def test_missing_containers_are_dropped_with_their_rows(manifest: Store, root: Path, rescan: Scan) -> None:
    fill(root, {"loose/a.png": b"123", "loose/b.png": b"123", "prompts.csv": b"a\n1\n"})
    zipped(root / "a.zip", PICTURES | {"prompts.csv": b"a\n1\n"})
    rescan(source(PROMPTS))
    inspect_all(manifest)
    (root / "a.zip").unlink()
    (root / "loose" / "b.png").unlink()
    (root / "prompts.csv").unlink()
    (source_summary,) = rescan(source(PROMPTS)).sources
    assert source_summary.dropped == 1
    assert list(ids(manifest)) == ["loose/a.png"]
    assert inspected(manifest) == {"loose/a.png"}
    assert manifest.count("inspection") == 1
    assert manifest.count("side_row") == 0
    assert manifest.execute("select path, listed from container") == [("", 1)]


def test_unchanged_members_keep_their_ids_and_inspections(manifest: Store, root: Path, rescan: Scan) -> None:
    zipped(root / "a.zip", PICTURES)
    rescan()
    inspect_all(manifest)
    before = ids(manifest)
    zipped(root / "a.zip", PICTURES | {"train/0.jpg": b"new", "train/2.jpg": b"xy"})
    rescan()
    after = ids(manifest)
    same = {f"a.zip!train/{number}.jpg" for number in (1, 3, 4, 5)}
    assert {name for name, number in after.items() if before.get(name) == number} == same
    assert len(after) == len(set(after.values())) == 6
    assert inspected(manifest) == {f"train/{number}.jpg" for number in (1, 3, 4, 5)}
    assert manifest.count("inspection") == 4


def test_unchanged_loose_files_keep_their_ids(manifest: Store, root: Path, rescan: Scan) -> None:
    fill(root, {"b.png": b"1", "c.png": b"2", "d.png": b"3"})
    rescan()
    inspect_all(manifest)
    before = ids(manifest)
    fill(root, {"a.png": b"0", "c.png": b"22"})
    rescan()
    after = ids(manifest)
    assert {name for name, number in after.items() if before.get(name) == number} == {"b.png", "d.png"}
    assert inspected(manifest) == {"b.png", "d.png"}
    assert manifest.execute("select path, ordinal from member order by all") == [
        ("a.png", 0), ("b.png", 1), ("c.png", 2), ("d.png", 3)
    ]  # fmt: skip


def test_second_scan_changes_nothing(manifest: Store, root: Path, rescan: Scan) -> None:
    fill(root, {"a.png": b"0", "prompts.csv": b"a\n1\n", "x/prompts.csv": b"a\n1,2\n"})
    zipped(root / "a.zip", PICTURES)
    (root / "link").symlink_to("nowhere")
    tables = ("container", "member", "side_row", "finding")
    rescan(source(PROMPTS))
    before = [manifest.execute(f"from {table} order by all") for table in tables]
    rescan(source(PROMPTS))
    assert [manifest.execute(f"from {table} order by all") for table in tables] == before
    assert len(before[3]) == 2


def test_failed_container_is_read_again(manifest: Store, root: Path, rescan: Scan, tmp_path: Path) -> None:
    fill(tmp_path / "pictures", PICTURES)
    run("bsdtar", "--format", "cpio", "-cf", root / "a.cpio", ".", cwd=tmp_path / "pictures")
    assert rescan(limits=ArchiveLimits(seconds=1e-5)).statuses == {"failed": 1}
    assert manifest.execute("select status, reason from container") == [("failed", "took longer than its time limit")]
    assert rescan().statuses == {"complete": 1}
    assert len(ids(manifest)) == 5


def test_rows_of_a_missing_root_are_kept(manifest: Store, root: Path, rescan: Scan) -> None:
    fill(root, {"a.png": b"1"})
    rescan()
    root.rename(root.with_name("unmounted"))
    rescan()
    assert list(ids(manifest)) == ["a.png"]


def test_unchanged_loose_files_are_not_written_again(manifest: Store, root: Path, rescan: Scan) -> None:
    fill(root, {"a.png": b"1", "x/prompts.csv": b"a\n1\n", "y/prompts.csv": b"a,b\n1\n", "z/prompts.csv": b"\xff\n"})
    (root / "link.png").symlink_to("nowhere")
    log = manifest.path.with_name(f"{manifest.path.name}.wal")
    rescan(source(PROMPTS))
    before, written = contents(manifest), log.stat().st_size
    (summary,) = rescan(source(PROMPTS)).sources
    assert (summary.read, contents(manifest), log.stat().st_size) == (0, before, written)


def test_changed_findings_of_loose_files_are_recorded(manifest: Store, root: Path, rescan: Scan) -> None:
    fill(root, {"a.png": b"1", "prompts.csv": b"a,b\n1\n"})
    rescan(source(PROMPTS))
    (root / "link.png").symlink_to("nowhere")
    rescan(source(PROMPTS))
    codes = "select code from finding order by all"
    assert manifest.execute(codes) == [("link-to-nothing",), ("side-file",)]
    (root / "link.png").unlink()
    fill(root, {"prompts.csv": b"a,b\n1,2\n"})
    rescan(source(PROMPTS))
    assert (manifest.execute(codes), manifest.count("side_row")) == ([], 1)


def test_loose_side_file_that_cannot_be_read_is_read_by_the_next_scan(
    manifest: Store, root: Path, rescan: Scan
) -> None:
    fill(root, {"prompts.csv": b"a\n1\n"})
    rescan(source(PROMPTS), limits=ArchiveLimits(member_size=1))
    assert manifest.execute("select code from finding") == [("unreadable",)]
    (summary,) = rescan(source(PROMPTS), limits=ArchiveLimits(member_size=1)).sources
    assert summary.read == 1


def test_member_ids_are_unique_and_never_used_again(manifest: Store, root: Path, rescan: Scan) -> None:
    known: dict[int, tuple[object, ...]] = {}
    trees = [{"a.png": b"1", "b.png": b"2"}, {"b.png": b"2", "c.png": b"3"}, {"b.png": b"22", "d.png": b"4"}]
    for number, tree in enumerate(trees):
        shutil.rmtree(root)
        root.mkdir()
        fill(root, tree)
        os.utime(root / "b.png", ns=(0, 0))
        zipped(root / "one.zip", {f"{name}": b"x" * (number + 1) for name in ("x.png", "y.png")})
        zipped(root / f"new{number}.zip", PICTURES)
        rescan()
        rows = manifest.execute("select member_id, path, name, size from member")
        assert len({row[0] for row in rows}) == len(rows) == len(tree) + 2 + len(PICTURES)
        for member_id, *file in rows:
            assert known.setdefault(member_id, tuple(file)) == tuple(file)


def test_hint_at_missing_volumes_is_renewed(manifest: Store, root: Path, rescan: Scan) -> None:
    archive = zipped(root / "set.zip", {name: data * 500 for name, data in PICTURES.items()})
    cut_at(archive, [f"set.zip.00{number}" for number in range(1, 5)], [300, 300, 300])
    for number in range(1, 5):
        fill(root / f"disc {number}", {f"set.zip.00{number}": (root / f"set.zip.00{number}").read_bytes()})
        (root / f"set.zip.00{number}").unlink()
    (root / "disc 2").rename(root.parent / "lost")
    (root / "disc 3").rename(root.parent / "found")
    rescan()
    assert "has number 2, 3:" in reasons(manifest)
    (root.parent / "found").rename(root / "disc 3")
    rescan()
    assert "has number 2:" in reasons(manifest)


def reasons(manifest: Store) -> str:
    [(found,)] = manifest.execute("select distinct reason from container")
    return str(found)
