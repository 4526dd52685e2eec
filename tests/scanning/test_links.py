"""Symbolic links: files inside the root and in a Hugging Face cache are followed, others are findings."""

from pathlib import Path

from indexer.base.workers import Workers
from indexer.scanning.root_listing import RootListing, list_root


def _listed(root: Path) -> tuple[RootListing, list[str]]:
    found = list_root(root, Workers())
    return found, sorted(found.loose["path"].to_pylist())


def _cache(folder: Path) -> Path:
    """Write a cache with one revision, whose picture is a link to a blob."""
    repository = folder / "datasets--me--pets"
    (repository / "blobs").mkdir(parents=True)
    (repository / "snapshots" / "abc" / "train").mkdir(parents=True)
    (repository / "blobs" / "5f3e").write_bytes(b"\xff\xd8\xff\xe0" + bytes(500))
    (repository / "snapshots" / "abc" / "train" / "1.jpg").symlink_to("../../../blobs/5f3e")
    return repository


def test_files_of_a_cache_are_listed_once_by_the_name_of_the_link(tmp_path: Path) -> None:
    _cache(tmp_path)
    found, paths = _listed(tmp_path)
    assert paths == ["datasets--me--pets/snapshots/abc/train/1.jpg"]
    assert found.loose["size"].to_pylist() == [504]
    assert found.findings == ()


def test_snapshot_of_a_cache_is_a_root(tmp_path: Path) -> None:
    assert _listed(_cache(tmp_path) / "snapshots" / "abc")[1] == ["train/1.jpg"]


def test_link_inside_the_root_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.jpg").write_bytes(b"x" * 50)
    (tmp_path / "2.jpg").symlink_to("a/1.jpg")
    found, paths = _listed(tmp_path)
    assert (paths, found.findings) == (["2.jpg", "a/1.jpg"], ())


def test_link_out_of_the_root_reports_where_it_leads(tmp_path: Path) -> None:
    root, other = tmp_path / "root", tmp_path / "other.jpg"
    root.mkdir()
    other.write_bytes(b"x" * 50)
    (root / "out.jpg").symlink_to(other)
    (root / "blobs").symlink_to(tmp_path)
    found, paths = _listed(root)
    assert paths == []
    assert [finding.code for finding in found.findings] == ["link-to-nothing"] * 2
    assert f"out.jpg leads to {other}" in str(found.findings)
