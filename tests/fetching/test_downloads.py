"""Checks of downloads made by hand, and downloads from the hub."""

import hashlib
from pathlib import Path

import pytest

from indexer.base.errors import ConfigError, SourceError
from indexer.declarations.models import Download, Source, SourceInfo
from indexer.fetching import hub
from indexer.fetching.downloads import DownloadState, check_downloads
from tests.support import hub as local_hub


def source(*downloads: Download) -> Source:
    return Source("some", "some", Path("some.toml"), SourceInfo("Some", downloads=downloads), ())


def write(root: Path, **sizes: int) -> None:
    for name, size in sizes.items():
        path = root / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)


@pytest.mark.parametrize(
    ("download", "state", "detail"),
    [
        (Download("a.zip", size=10), DownloadState.COMPLETE, "10 bytes"),
        (Download("a.zip", size=11), DownloadState.WRONG, "10 bytes instead of 11"),
        (Download("a.zip"), DownloadState.PRESENT, "10 bytes"),
        (Download("b.zip", size=5), DownloadState.PRESENT, ""),
        (Download("c.zip"), DownloadState.WRONG, "empty: c.zip"),
        (Download("no.zip"), DownloadState.MISSING, ""),
        (Download("about ten files"), DownloadState.UNKNOWN, ""),
        (Download("both", files=("a.zip", "sub/b.zip"), size=15), DownloadState.COMPLETE, "15 bytes"),
        (Download("both", files=("a.zip", "d.zip")), DownloadState.MISSING, "missing: d.zip"),
        (Download("all", files=("*.zip",)), DownloadState.WRONG, "empty: c.zip"),
        (Download("a.zip", hash=f"sha256:{hashlib.sha256(b'x' * 10).hexdigest()}"), DownloadState.COMPLETE, "10 bytes"),
        (Download("a.zip", hash=f"md5:{hashlib.md5(b'x' * 10).hexdigest()}"), DownloadState.COMPLETE, "10 bytes"),
    ],
)
def test_state_of_a_download(tmp_path, download, state, detail):
    write(tmp_path, a_zip=10, deep__b_zip=5, c_zip=0)
    (check,) = check_downloads(source(download), tmp_path).checks
    assert check.state is (DownloadState.COMPLETE if download.file == "b.zip" else state)
    assert check.detail == (detail or check.detail)


def test_wrong_hash_is_reported(tmp_path):
    write(tmp_path, a_zip=10)
    inventory = check_downloads(source(Download("a.zip", hash="md5:00")), tmp_path)
    assert inventory.checks[0].state is DownloadState.WRONG
    assert inventory.is_wrong


def test_root_may_be_the_archive_itself_or_missing(tmp_path):
    write(tmp_path, a_zip=10)
    assert (
        check_downloads(source(Download("a.zip", size=10)), tmp_path / "a.zip").checks[0].state
        is DownloadState.COMPLETE
    )
    assert (
        check_downloads(source(Download("a.zip", size=10)), tmp_path / "nowhere").checks[0].state
        is DownloadState.MISSING
    )


@pytest.mark.parametrize(
    ("sizes", "gaps"),
    [
        ({"a_z01": 9, "a_z02": 9, "a_zip": 3}, []),
        ({"a_z01": 9, "a_z03": 9, "a_zip": 3}, ["a: volume 2 missing"]),
        ({"a_z01": 9, "a_z02": 9}, ["a: the last volume, .zip, is missing"]),
        ({"a_z01": 9, "a_z02": 0, "a_zip": 3}, ["a: a volume is empty"]),
        ({"a_z01": 200_000, "a_z02": 199_989, "a_zip": 3}, []),  # `zip -s` does not split headers
        ({"a_z01": 200_000, "a_z02": 7, "a_zip": 3}, ["a: volumes are of different sizes: one is cut short"]),
        ({"a_z01": 9, "a_z02": 9, "a_zip": 10}, ["a: volumes are of different sizes: one is cut short"]),
        ({"a_7z_001": 9, "a_7z_002": 7, "a_7z_003": 3}, ["a.7z.: volumes are of different sizes: one is cut short"]),
        ({"a_7z_001": 9, "a_7z_003": 9}, ["a.7z.: volume 2 missing"]),
        ({"a_7z_002": 9, "a_7z_003": 9}, ["a.7z.: volume 1 missing"]),
        ({"a_zip": 9, "b_zip": 3}, []),
    ],
)
def test_problems_of_volume_sets_are_reported(tmp_path, sizes, gaps):
    write(tmp_path, **sizes)
    assert list(check_downloads(source(), tmp_path).gaps) == gaps


def test_only_matching_files_are_downloaded_from_the_hub(server, tmp_path, monkeypatch):
    local_hub.add_to(monkeypatch, {"data/a-1.parquet": b"aaa", "data/b-1.parquet": b"bbb", "README.md": b"hello"})
    some = source(Download("data", files=("data/a-*.parquet", "data/b-*.parquet"), hub="somebody/some"))
    for repository, globs in hub.files_to_download(some, ["data/a-1.parquet"]).items():
        hub.download(repository, globs, tmp_path, server.url)
    assert (tmp_path / "data/a-1.parquet").read_bytes() == b"aaa"
    assert not (tmp_path / "data/b-1.parquet").exists()
    assert not (tmp_path / "README.md").exists()


def test_refusal_of_the_hub_is_reported_for_an_existing_folder(server, tmp_path, monkeypatch):
    local_hub.add_to(monkeypatch, {})
    (tmp_path / "old").write_bytes(b"")
    with pytest.raises(SourceError, match="on request"):
        hub.download(local_hub.GATED, ["*"], tmp_path, server.url)
    with pytest.raises(SourceError, match="cannot be downloaded"):
        hub.download("somebody/some", ["*"], tmp_path, "http://127.0.0.1:1")


def test_source_without_hub_repository_is_reported():
    with pytest.raises(ConfigError, match="not on the Hugging Face hub"):
        hub.files_to_download(source(Download("a.zip")), [])
    with pytest.raises(ConfigError, match="--only b"):
        hub.files_to_download(source(Download("x", files=("a*",), hub="n/m")), ["b"])
