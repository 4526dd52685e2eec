"""Builds of sources on object storage have the same bytes as builds of the same files on disk."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from indexer.base.workers import Workers
from indexer.manifest.store import Store
from indexer.scanning import ScanOptions, scan
from tests.cli.conftest import ROOT
from tests.cli.test_demo import data  # noqa: F401
from tests.remote.test_ranges import SMALL, stored, zipped
from tests.support.storage import Storage, Web, upload

SOURCES = {"genimage": "datasets/GenImage", "synthbuster": "datasets/synthbuster", "wheels": "wheels"}


def run(folder: Path, *arguments: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def built(data: Path, roots: Mapping[str, object], folder: Path) -> dict[str, bytes]:  # noqa: F811
    """Return the shards that the demo's commands write in ``folder``, with sources at ``roots``."""
    config = re.sub(r"(?m)^wheels = .*\n", "", (data / "local.cfg").read_text(encoding="utf-8"))
    config = config.replace("= datasets", f"= {data}/datasets")
    places = "".join(f"{key} = {root}\n" for key, root in roots.items())
    (folder / "local.cfg").write_text(config + places, encoding="utf-8")
    run(folder, "indexer", "scan", "--jobs", "2")
    run(folder, "indexer", "select", "demo", "--jobs", "2")
    run(folder, "materializer", "build", "--selection", "demo", "--output", "built/demo", "--jobs", "2")
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.arrow"))}


@pytest.fixture(scope="module")
def from_disk(data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:  # noqa: F811
    roots = {key: data / folder for key, folder in SOURCES.items()}
    return built(data, roots, tmp_path_factory.mktemp("disk"))


@pytest.mark.slow
def test_remote_sources_give_the_same_shards_as_a_disk(
    data: Path,  # noqa: F811
    from_disk: dict[str, bytes],
    storage: Storage,
    tmp_path: Path,
) -> None:
    roots = {key: upload(storage, data / folder, f"demo/{key}") for key, folder in SOURCES.items()}
    assert built(data, roots, tmp_path) == from_disk
    assert len(from_disk) >= 2


def test_second_scan_requests_only_lists(storage: Storage, manifest: Store, tmp_path: Path) -> None:
    container = stored(storage, tmp_path, zipped, SMALL)
    options = ScanOptions(Workers(jobs=1, backend="threading"))
    first = scan(manifest, {"mine": container.root}, (), options)
    storage.put(f"{tmp_path.name}/{container.path}.txt", b"another file")
    second = scan(manifest, {"mine": container.root}, (), options)
    assert [(found.read, found.unchanged) for summary in (first, second) for found in summary.sources] == [
        (1, 0),
        (0, 1),
    ]


def test_unavailable_container_is_read_by_the_next_scan(
    web: Web, manifest: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.base.remote.storage.PAUSES", (0.0,))
    container = stored(web, tmp_path, zipped, SMALL)
    monkeypatch.setattr("indexer.scanning.plan.list_root", lambda *_: _failing(web, container))
    options = ScanOptions(Workers(jobs=1, backend="threading"))
    scan(manifest, {"mine": container.root}, (), options)
    assert manifest.execute("select status, listed from container") == [("failed", 0)]
    assert manifest.execute("select count(*) from member") == [(0,)]
    monkeypatch.undo()
    web.traffic.fail(0)
    scan(manifest, {"mine": container.root}, (), options)
    assert manifest.execute("select status, listed from container") == [("complete", len(SMALL))]


def _failing(web: Web, container: object) -> object:
    """List the root; then let the server fail."""
    from indexer.scanning.root_listing import list_root  # noqa: PLC0415

    found = list_root(container.root, Workers(jobs=1))  # type: ignore[attr-defined]
    web.traffic.fail(1_000)
    return found
