"""Folders of images that share the bytes of loose sources."""

import os
import subprocess
from pathlib import Path

import pytest

from indexer.base.errors import ConfigError, SourceError
from indexer.base.workers import Workers
from materializer.cli.options import request
from materializer.dataset.verify import verify
from materializer.models import Link
from materializer.shards.formats.linking import link_file
from materializer.shards.transform import LooseFile
from tests.materializer.conftest import tree
from tests.support.programs import require_program

FOLDER = {"format": "imagefolder", "feature": "standard"}


def differences(site, name="out"):
    return [found.what for found in verify(site.folder / name, None, Workers(1, "threading")).differences]


def links_of(folder):
    """Return the number of names of each image."""
    return {path.name: path.stat().st_nlink for path in folder.rglob("*") if path.suffix in (".jpg", ".png")}


@pytest.mark.slow
def test_linked_images_have_the_bytes_of_copied_ones(site, images):
    site.lay_out(images).build("copied", **FOLDER)
    site.build("linked", link=Link.HARD, **FOLDER)
    assert tree(site.folder / "linked") == tree(site.folder / "copied")
    names = links_of(site.folder / "linked")
    converted = {name for name in names if name.endswith(".png")}
    assert {count for name, count in names.items() if name not in converted} == {2}
    assert {names[name] for name in converted} == {1}
    assert set(links_of(site.folder / "copied").values()) == {1}


@pytest.mark.slow
def test_linked_build_continues_without_remains(site, images):
    site.lay_out(images).build(link=Link.HARD, **FOLDER)
    first = tree(site.folder / "out")
    (site.folder / "out/record/images/train-00001-of-00004.csv").unlink()
    site.build(link=Link.HARD, **FOLDER)
    assert tree(site.folder / "out") == first


def test_change_of_a_hard_linked_source_is_reported(site, images):
    site.lay_out(images).build(link=Link.HARD, **FOLDER)
    assert differences(site) == []
    with (site.root / images[1].name).open("r+b") as file:
        file.write(b"changed")
    assert [what.partition(" (")[0] for what in differences(site)] == ["is not the stored image"]


def test_members_of_archives_are_copied(site, images):
    site.lay_out(images, "stored").build(link=Link.HARD, **FOLDER)
    assert set(links_of(site.folder / "out").values()) == {1}
    assert differences(site) == []


def test_file_that_changed_after_reading_is_not_linked(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"new")
    with pytest.raises(SourceError, match="has changed since it was scanned"):
        link_file(LooseFile(str(tmp_path / "a.jpg"), 3, 1), tmp_path / "b.jpg", Link.HARD)
    assert not (tmp_path / "b.jpg").exists()


@pytest.fixture
def btrfs(tmp_path):
    """A file system with reflinks."""
    require_program("mkfs.btrfs")
    disk, folder = tmp_path / "disk", tmp_path / "mounted"
    with disk.open("wb") as file:
        file.truncate(128 << 20)
    folder.mkdir()
    subprocess.run(["mkfs.btrfs", "-q", disk], check=True)
    if subprocess.run(["mount", "-o", "loop", disk, folder], capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a file system")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.slow
def test_reflink_is_a_file_of_its_own(btrfs):
    source, target = btrfs / "a.jpg", btrfs / "b.jpg"
    source.write_bytes(b"x" * 100_000)
    stat = source.stat()
    assert link_file(LooseFile(str(source), stat.st_size, stat.st_mtime_ns), target, Link.REFLINK)
    assert (target.read_bytes(), target.stat().st_nlink) == (source.read_bytes(), 1)
    target.write_bytes(b"changed")
    assert source.read_bytes() == b"x" * 100_000


def test_file_of_a_symbolic_link_is_linked(tmp_path):
    file, source, target = (tmp_path / name for name in ("a.jpg", "b.jpg", "c.jpg"))
    file.write_bytes(b"new")
    source.symlink_to(file.name)
    assert link_file(LooseFile(str(source), 3, file.stat().st_mtime_ns), target, Link.HARD)
    assert not target.is_symlink()
    assert target.read_bytes() == b"new"


def test_other_file_systems_are_copied(tmp_path):
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK) or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("needs two file systems")
    (tmp_path / "a.jpg").write_bytes(b"new")
    source = LooseFile(str(tmp_path / "a.jpg"), 3, (tmp_path / "a.jpg").stat().st_mtime_ns)
    target = memory / f"{tmp_path.name}-{os.getpid()}.jpg"
    assert not link_file(source, target, Link.HARD)
    assert not target.exists()


def test_other_formats_have_no_links():
    given = {
        "format_": "arrow",
        "feature": None,
        "pixels": "rgb",
        "quality": 95,
        "check": "decode",
        "order": "shuffled",
    }
    given |= {"shard_size": 1, "strip_metadata": False, "layout": "", "columns": "", "variants": "", "link": "hard"}
    with pytest.raises(ConfigError, match="--link is an option of --format imagefolder"):
        request(None, Path("out"), given)
