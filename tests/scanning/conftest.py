"""Folders and manifests to scan."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from indexer.base.workers import Workers
from indexer.manifest import store
from indexer.manifest.store import Store
from indexer.scanning import ScanOptions, ScanSummary, scan

# The rows of a scan without ids, which two scans of equal files need not share.
MEMBERS = """
    select c.source, c.path as container, m.ordinal, m.path, m.name, m.size, m.crc32, m.access, m."offset", m.problem
    from member m join container c using (container_id) order by all
"""
SIDE_ROWS = "select source, table_name, path, line, record from side_row order by all"
CONTAINERS = "select source, path, kind, status, reason, declared, listed, row_count from container order by all"


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
