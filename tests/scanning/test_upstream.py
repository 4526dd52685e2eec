"""Upstream revisions and published hashes of downloads of the hub, and what changed between two scans."""

import zipfile
from pathlib import Path

import pytest

from indexer.base.workers import Workers
from indexer.manifest import store as stores
from indexer.scanning import ScanOptions, scan
from indexer.scanning.upstream import Upstream, upstream_of
from indexer.sharing.scan_difference import scan_difference
from tests.scanning.conftest import PROMPTS, source
from tests.support.manifests import encoded

A, B = "a" * 40, "b" * 40
ONE, TWO = "1" * 64, "2" * 64


def cached(repository: Path, revision: str, name: str, blob: str, data: bytes) -> Path:
    """Store a file as huggingface_hub caches it."""
    (repository / "blobs").mkdir(parents=True, exist_ok=True)
    (repository / "blobs" / blob).write_bytes(data)
    link = repository / "snapshots" / revision / name
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(repository / "blobs" / blob)
    return link


def zip_of(folder: Path, seed: int) -> bytes:
    with zipfile.ZipFile(folder / "made.zip", "w") as archive:
        archive.writestr("data/a.png", encoded(seed))
    return (folder / "made.zip").read_bytes()


@pytest.mark.parametrize("below", ["", "snapshots", f"snapshots/{A}"])
def test_cache_of_the_hub_has_revision_and_hash(tmp_path: Path, below: str) -> None:
    link = cached(tmp_path, A, "data/x.zip", ONE, b"x")
    root = tmp_path / below
    assert upstream_of(root, link.relative_to(root).as_posix()) == Upstream(A, f"sha256:{ONE}")


@pytest.mark.parametrize("root", ["", "data", "data/deep"])
def test_local_folder_of_the_hub_has_revision_and_hash(tmp_path: Path, root: str) -> None:
    file = tmp_path / "data" / "deep" / "x.zip"
    record = tmp_path / ".cache/huggingface/download/data/deep/x.zip.metadata"
    for path, text in ((file, "x"), (record, f"{A}\n{B}\n1700000000.5\n")):
        path.parent.mkdir(parents=True)
        path.write_text(text)
    found = upstream_of(tmp_path / root, file.relative_to(tmp_path / root).as_posix())
    assert found == (Upstream(A, f"git:{B}") if root != "data/deep" else Upstream())


def test_other_files_have_no_revision(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"x")
    (tmp_path / "link.zip").symlink_to("x.zip")
    for name in ("x.zip", "link.zip", "missing.zip"):
        assert upstream_of(tmp_path, name) == Upstream()


def test_scans_of_two_revisions_differ_by_the_changed_file(tmp_path: Path) -> None:
    manifests = []
    for revision, blob, seed in ((A, ONE, 1), (B, TWO, 2)):
        repository = tmp_path / revision[:1]
        cached(repository, revision, "same.zip", "3" * 64, zip_of(tmp_path, 3))
        cached(repository, revision, "data.zip", blob, zip_of(tmp_path, seed))
        if revision == B:
            cached(repository, revision, "new.zip", "4" * 64, zip_of(tmp_path, 4))
        manifests.append(tmp_path / f"{revision[:1]}.duckdb")
        with stores.open_for_writing(manifests[-1]) as manifest:
            scan(manifest, {"mine": repository}, source(PROMPTS), ScanOptions(Workers(jobs=1)))
    changes = {(change, path): detail for change, _, path, detail in scan_difference(*manifests)}
    assert list(changes) == [("changed", "/data.zip"), ("added", "/new.zip")]
    assert f"revision {A} -> {B}, published hash sha256:{ONE} -> sha256:{TWO}" in changes["changed", "/data.zip"]
    assert list(scan_difference(manifests[0], manifests[0])) == []
