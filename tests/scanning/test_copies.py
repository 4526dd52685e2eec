"""Several copies of one image: the last member of a name counts in an archive, a sound copy between containers."""

import io
import os
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from indexer.base.workers import Workers
from indexer.declarations import load
from indexer.manifest.store import Store
from indexer.scanning import ScanOptions, scan
from indexer.selection.inspecting import Inspector
from indexer.selection.working_tables import working_tables
from tests.scanning.conftest import fill
from tests.support.archives import run

RULE = "[[rule]]\npath = '(?P<name>train/[^/]+)'\nfile_id = '{name}'\n"
IMAGES = {f"train/{number}.jpg": b"%d" % number * 500 for number in range(3)}


def scanned(manifest: Store, root: Path, head: str = "") -> dict[str, tuple[str, int]]:
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
    found = scanned(manifest, root)
    assert found == {"train/0": ("slice", 500), "train/1": ("slice", 3), "train/2": ("slice", 500)}
    assert manifest.execute("select code from derivation_error") == [("superseded",)]


@pytest.mark.parametrize("size", [0, 200])
def test_checked_copy_precedes_a_cut_off_one(size: int, manifest: Store, root: Path) -> None:
    fill(root / "a", IMAGES)
    run("zip", "-q0r", "../a.zip", "train", cwd=root / "a")
    (root / "a/train/1.jpg").write_bytes(b"1" * size)
    found = scanned(manifest, root)
    assert found == {f"train/{number}": ("zip", 500) for number in range(3)}


def test_larger_of_two_unchecked_copies_counts(manifest: Store, root: Path) -> None:
    fill(root / "a", IMAGES)
    run("tar", "-cf", "../a.tar", "train", cwd=root / "a")
    (root / "a/train/1.jpg").write_bytes(b"1" * 200)
    found = scanned(manifest, root)
    assert found == {"train/0": ("file", 500), "train/1": ("slice", 500), "train/2": ("file", 500)}
    details = {detail for (detail,) in manifest.execute("select detail from derivation_error")}
    assert "train/1 is a/train/1.jpg already (sizes differ)" in details


def test_declared_encoding_decodes_names(manifest: Store, root: Path) -> None:
    with zipfile.ZipFile(root / "a.zip", "w") as archive:
        archive.writestr("train/xxxx.jpg", b"1")
    data = (root / "a.zip").read_bytes()
    (root / "a.zip").write_bytes(data.replace(b"xxxx", "\u732b\u72d7".encode("gbk")))
    assert "train/\u732b\u72d7" not in scanned(manifest, root)
    assert manifest.execute("select code from finding") == [("name-encoding",)]
    assert "train/\u732b\u72d7" in scanned(manifest, root, "encoding = 'gbk'\n")
    assert not manifest.execute("select code from finding")


def test_declared_encoding_decodes_names_of_loose_files(manifest: Store, root: Path) -> None:
    (root / "train").mkdir()
    path = os.fsencode(root / "train") + b"/" + "\u732b\u72d7.jpg".encode("gbk")
    Path(os.fsdecode(path)).write_bytes(b"1")
    assert "train/\u732b\u72d7" not in scanned(manifest, root)
    assert manifest.execute("select code from finding") == [("name-encoding",)]
    assert "train/\u732b\u72d7" in scanned(manifest, root, "encoding = 'gbk'\n")
    assert not manifest.execute("select code from finding")
    [location] = manifest.execute("select path, name_bytes from member")
    assert location == ("train/\u732b\u72d7.jpg", path[len(os.fsencode(root)) + 1 :])


def test_declared_encoding_precedes_accidental_utf8(manifest: Store, root: Path) -> None:
    with zipfile.ZipFile(root / "a.zip", "w") as archive:
        archive.writestr("train/xx.jpg", b"1")
    data = (root / "a.zip").read_bytes()
    (root / "a.zip").write_bytes(data.replace(b"xx", "\u732b".encode("gbk")))
    assert "train/\u00e8" in scanned(manifest, root)
    assert "train/\u732b" in scanned(manifest, root, "encoding = 'gbk'\n")


def test_copy_takes_the_place_of_an_image_that_is_found_bad(manifest: Store, root: Path) -> None:
    for folder, damage in (("a", b"1"), ("b", b"2"), ("c", None)):
        picture = io.BytesIO()
        Image.new("RGB", (90, 60), "red").save(picture, "PNG")
        data = picture.getvalue()
        fill(root / folder, {"train/0.png": data if damage is None else data[:60] + damage * 20 + data[80:]})
    scanned(manifest, root)
    assert manifest.execute("select path from manifest") == [("a/train/0.png",)]
    for _ in range(2):  # the second scan derives the same from the inspections
        with working_tables(manifest):
            manifest.save_query("work.pool", "select member_id from attributes")
            Inspector({"mine": root}, Workers(jobs=1))(manifest)
        [(path, status, reason)] = manifest.execute("select path, status, reason from manifest")
        assert (path, status) == ("c/train/0.png", "ok")
        assert reason.startswith("instead of a copy: ")
        assert manifest.execute("select count(*), count(distinct code) from derivation_error") == [(2, 1)]
        scanned(manifest, root)
