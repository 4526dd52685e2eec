"""Several copies of one image: the last member of a name counts in an archive, a sound copy between containers."""

import zipfile
from pathlib import Path

import pytest

from indexer.declarations.loading import load
from indexer.manifest.store import Store
from indexer.scanning import ScanOptions, scan
from tests.scanning.conftest import fill
from tests.support.archives import run

RULE = "[[rule]]\npath = '(?P<name>train/[^/]+)'\nfile_id = '{name}'\n"
IMAGES = {f"train/{number}.jpg": b"%d" % number * 500 for number in range(3)}


def _scanned(manifest: Store, root: Path, head: str = "") -> dict[str, tuple[str, int]]:
    """Scan ``root`` and return access and size of each usable image by file_id."""
    (root.parent / "declarations").mkdir(exist_ok=True)
    (root.parent / "declarations/mine.toml").write_text(head + RULE)
    scan(manifest, {"mine": root}, load([root.parent / "declarations"]), ScanOptions())
    rows = manifest.execute("select file_id, access, size from manifest where status = 'ok'")
    return {file_id: (access, size) for file_id, access, size in rows}


def test_last_member_of_a_name_counts(manifest: Store, root: Path) -> None:
    fill(root.parent, IMAGES)
    run("tar", "-cf", root / "a.tar", "train", cwd=root.parent)
    (root.parent / "train/1.jpg").write_bytes(b"new")
    run("tar", "-rf", root / "a.tar", "train/1.jpg", cwd=root.parent)
    found = _scanned(manifest, root)
    assert found == {"train/0": ("slice", 500), "train/1": ("slice", 3), "train/2": ("slice", 500)}
    assert manifest.execute("select code from derivation_error") == [("superseded",)]


@pytest.mark.parametrize("size", [0, 200])
def test_checked_copy_precedes_a_cut_off_one(size: int, manifest: Store, root: Path) -> None:
    fill(root / "a", IMAGES)
    run("zip", "-q0r", "../a.zip", "train", cwd=root / "a")
    (root / "a/train/1.jpg").write_bytes(b"1" * size)
    found = _scanned(manifest, root)
    assert found == {f"train/{number}": ("zip", 500) for number in range(3)}


def test_larger_of_two_unchecked_copies_counts(manifest: Store, root: Path) -> None:
    fill(root / "a", IMAGES)
    run("tar", "-cf", "../a.tar", "train", cwd=root / "a")
    (root / "a/train/1.jpg").write_bytes(b"1" * 200)
    found = _scanned(manifest, root)
    assert found == {"train/0": ("file", 500), "train/1": ("slice", 500), "train/2": ("file", 500)}
    details = {detail for (detail,) in manifest.execute("select detail from derivation_error")}
    assert "train/1 is a/train/1.jpg already (sizes differ)" in details


def test_declared_encoding_decodes_names(manifest: Store, root: Path) -> None:
    with zipfile.ZipFile(root / "a.zip", "w") as archive:
        archive.writestr("train/xxxx.jpg", b"1")
    data = (root / "a.zip").read_bytes()
    (root / "a.zip").write_bytes(data.replace(b"xxxx", "\u732b\u72d7".encode("gbk")))
    assert "train/\u732b\u72d7" not in _scanned(manifest, root)
    assert manifest.execute("select code from finding") == [("name-encoding",)]
    assert "train/\u732b\u72d7" in _scanned(manifest, root, "encoding = 'gbk'\n")
    assert not manifest.execute("select code from finding")
