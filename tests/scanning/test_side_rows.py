"""Side files and tables become side rows, and are read again if they or their declaration change."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from indexer.declarations.models import SideTable
from indexer.manifest.store import Store
from tests.scanning.conftest import PICTURES, PROMPTS, Scan, fill, source, zipped


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
