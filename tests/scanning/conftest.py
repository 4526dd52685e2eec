"""Folders and manifests to scan."""

import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from indexer.base.workers import Workers
from indexer.declarations.models import Rule, SideTable, Source, SourceInfo
from indexer.manifest import store
from indexer.manifest.store import Store
from indexer.scanning import ScanOptions, ScanSummary, scan
from tests.support.programs import require_program

# The rows of a scan without ids, which two scans of equal files need not share.
MEMBERS = """
    select c.source, c.path as container, m.ordinal, m.path, m.name, m.size, m.crc32, m.access, m."offset", m.problem
    from member m join container c using (container_id) order by all
"""
SIDE_ROWS = "select source, table_name, path, line, record from side_row order by all"
CONTAINERS = "select source, path, kind, status, reason, declared, listed, row_count from container order by all"

PICTURES = {f"train/{number}.jpg": bytes([number]) * number for number in range(1, 6)}
PROMPTS = SideTable("prompts", "mine", r"(?:^|/)prompts\.csv$", "csv")


@pytest.fixture
def manifest(tmp_path: Path) -> Iterator[Store]:
    with store.open_for_writing(tmp_path / "manifest.duckdb") as opened:
        yield opened


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


def fill(folder: Path, files: Mapping[str, bytes]) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


Scan = Callable[..., ScanSummary]


@pytest.fixture
def rescan(manifest: Store, root: Path) -> Scan:
    """Scan ``root`` as the source 'mine' into ``manifest``."""

    def run(sources: tuple[Any, ...] = (), **options: Any) -> ScanSummary:
        return scan(manifest, {"mine": root}, sources, ScanOptions(Workers(jobs=1), **options))

    return run


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


def everything(manifest: Store) -> list[Sequence[Any]]:
    return [manifest.execute(query) for query in (CONTAINERS, MEMBERS, SIDE_ROWS)]
