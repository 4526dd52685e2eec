"""First and repeated scans: containers that are read, kept, dropped."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from indexer.base.errors import SourceError
from indexer.base.workers import Workers
from indexer.containers.from_manifest import stored_container, stored_member
from indexer.containers.models import ArchiveLimits
from indexer.containers.reading import read_members
from indexer.declarations.models import Rule, SideTable, Source, SourceInfo
from indexer.manifest.store import Store
from indexer.scanning import ScanOptions, scan
from tests.scanning.conftest import CONTAINERS, MEMBERS, SIDE_ROWS, Scan, fill
from tests.support.archives import run
from tests.support.programs import require_program

PICTURES = {f"train/{number}.jpg": bytes([number]) * number for number in range(1, 6)}
PROMPTS = SideTable("prompts", "mine", r"(?:^|/)prompts\.csv$", "csv")


def source(*tables: SideTable) -> tuple[Source, ...]:
    nothing = Rule(1, "^$", values={}, let={}, ignore="these tests are about raw rows")
    return (Source("mine", "mine", Path("mine.toml"), SourceInfo("Mine"), (nothing,), tables),)


def zipped(archive: Path, files: dict[str, bytes]) -> Path:
    """Write a zip by Info-ZIP, with members in the order of their names."""
    folder = fill(archive.with_suffix(".tree"), files)
    archive.unlink(missing_ok=True)
    subprocess.run([require_program("zip"), "-q", "-X", "-D", archive, *sorted(files)], cwd=folder, check=True)
    shutil.rmtree(folder)
    return archive


def ids(manifest: Store) -> dict[str, int]:
    rows = manifest.execute("select coalesce(path || '!' || name, path), member_id from member")
    return dict(rows)  # type: ignore[arg-type]


def inspect_all(manifest: Store) -> None:
    manifest.execute("insert into inspection by name select member_id, 'ok' as status from member")


def inspected(manifest: Store) -> set[str]:
    rows = manifest.execute("select coalesce(m.name, m.path) from inspection join member m using (member_id)")
    return {row[0] for row in rows}


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


def test_side_files_become_rows(manifest: Store, root: Path, rescan: Scan) -> None:
    fill(root, {"loose/prompts.csv": b'\xef\xbb\xbfname,prompt\na,one\nb,"two\nlines"\n'})
    zipped(root / "packed.zip", PICTURES | {"packed/prompts.csv": b"name,prompt\nc,three\n", "noprompts.csv": b"x"})
    rescan(source(PROMPTS))
    assert manifest.execute("select path, line, record->>'name', record->>'prompt' from side_row order by all") == [
        ("loose/prompts.csv", 0, "a", "one"),
        ("loose/prompts.csv", 1, "b", "two\nlines"),
        ("packed/prompts.csv", 0, "c", "three"),
    ]


def test_unchanged_loose_side_file_is_not_read_again(manifest: Store, root: Path, rescan: Scan) -> None:
    fill(root, {"a/prompts.csv": b"n\n1\n", "b/prompts.csv": b"n\n1\n"})
    rescan(source(PROMPTS))
    same = root / "a" / "prompts.csv"
    times = same.stat().st_atime_ns, same.stat().st_mtime_ns
    same.write_bytes(b"n\n9\n")
    os.utime(same, ns=times)
    fill(root, {"b/prompts.csv": b"n\n2\n3\n", "c/prompts.csv": b"n\n4\n"})
    rescan(source(PROMPTS))
    assert manifest.execute("select path, record->>'n' from side_row order by all") == [
        ("a/prompts.csv", "1"), ("b/prompts.csv", "2"), ("b/prompts.csv", "3"), ("c/prompts.csv", "4")
    ]  # fmt: skip


def test_changed_side_table_reads_side_files_again(manifest: Store, root: Path, rescan: Scan) -> None:
    fill(root, {"prompts.csv": b"n,m\n1,2\n"})
    zipped(root / "a.zip", {"a/prompts.csv": b"n,m\n3,4\n"})
    rescan(source(PROMPTS))
    rescan(source(replace(PROMPTS, columns=("m",))))
    assert manifest.execute("select record::varchar from side_row order by all") == [('{"m":"2"}',), ('{"m":"4"}',)]
    rescan(source())
    assert manifest.count("side_row") == 0


def test_each_sidecar_in_an_archive_becomes_a_row(manifest: Store, root: Path, rescan: Scan) -> None:
    zipped(root / "00000.zip", {f"{n:04d}.json": b'{"url": "u%d", "n": NaN}' % n for n in range(100)} | PICTURES)
    rescan(source(SideTable("sidecar", "mine", r"\.json$", "json", columns=("url",))))
    rows = manifest.execute("select path, line, record->>'url' from side_row order by all")
    assert len(rows) == 100
    assert rows[7] == ("00000/0007.json", 0, "u7")


def test_parquet_columns_become_side_rows(manifest: Store, root: Path, rescan: Scan) -> None:
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    pq.write_table(pa.table({"url": ["u", "v"], "jpg": [b"1", b"2"]}), root / "train-0.parquet")
    rescan(source(SideTable("rows", "mine", r"train-\d+\.parquet$", "rows")))
    assert manifest.execute("select path, line, record::varchar from side_row order by all") == [
        ("train-0.parquet", 0, '{"url":"u"}'), ("train-0.parquet", 1, '{"url":"v"}')
    ]  # fmt: skip
    assert manifest.execute("select row_count, listed from container") == [(2, 2)]


def test_broken_side_file_is_a_finding_with_its_line(manifest: Store, root: Path, rescan: Scan) -> None:
    fill(root, {"x/prompts.csv": b"a,b\n1,2\n1,2,3\n"})
    zipped(root / "a.zip", {"prompts.csv": b"a\nb\n\xff\n"})
    summary = rescan(source(PROMPTS))
    found = manifest.execute("select code, detail from finding order by all")
    assert found == [
        ("side-file", "a/prompts.csv:3: not UTF-8 (byte 0xff)"),
        ("side-file", "x/prompts.csv:3: 3 fields where 2 were expected"),
    ]
    assert [(problem.code, problem.count) for problem in summary.problems] == [("side-file", 2)]
    assert summary.statuses == {"complete": 2}


def test_side_file_over_the_limit_is_a_finding(manifest: Store, root: Path, rescan: Scan) -> None:
    fill(root, {"prompts.csv": b"a\n" + b"1\n" * 100})
    rescan(source(PROMPTS), limits=ArchiveLimits(side_file_size=100))
    assert manifest.count("side_row") == 0
    assert "more than the limit side_file_size" in manifest.execute("select detail from finding")[0][0]


def test_damaged_archive_fails_alone(manifest: Store, root: Path, rescan: Scan) -> None:
    zipped(root / "good.zip", PICTURES)
    zipped(root / "cut.zip", PICTURES)
    os.truncate(root / "cut.zip", 200)
    summary = rescan()
    statuses = dict(manifest.execute("select path, status from container"))  # type: ignore[arg-type]
    assert statuses["good.zip"] == "complete"
    assert statuses["cut.zip"] in ("failed", "partial")
    assert summary.problems


def test_failed_container_is_read_again(manifest: Store, root: Path, rescan: Scan, tmp_path: Path) -> None:
    fill(tmp_path / "pictures", PICTURES)
    run("bsdtar", "--format", "cpio", "-cf", root / "a.cpio", ".", cwd=tmp_path / "pictures")
    assert rescan(limits=ArchiveLimits(seconds=1e-5)).statuses == {"failed": 1}
    assert manifest.execute("select status, reason from container") == [("failed", "took longer than its time limit")]
    assert rescan().statuses == {"complete": 1}
    assert len(ids(manifest)) == 5


def test_missing_root_is_a_warning_or_an_error(manifest: Store, root: Path, rescan: Scan) -> None:
    root.rmdir()
    (source_summary,) = rescan().sources
    assert source_summary.warning == f"mine: {root} does not exist: put the dataset there, or set its path in local.cfg"
    with pytest.raises(SourceError, match="does not exist"):
        rescan(must_exist=True)


def test_rows_of_a_missing_root_are_kept(manifest: Store, root: Path, rescan: Scan) -> None:
    fill(root, {"a.png": b"1"})
    rescan()
    root.rename(root.with_name("unmounted"))
    rescan()
    assert list(ids(manifest)) == ["a.png"]


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


def everything(manifest: Store) -> list[Sequence[Any]]:
    return [manifest.execute(query) for query in (CONTAINERS, MEMBERS, SIDE_ROWS)]
