"""Files that are not what their names promise are named as what they are."""

import random
import re
from pathlib import Path

import pytest

from indexer.containers.detect import find_containers
from indexer.containers.models import ContainerStatus
from tests.support.archives import container_in, listing, plant, run, seven_zipped, tarred, volumes_of, zipped

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize 4831838208\n" % (b"5" * 64)
PAGE = b"\n<!-- saved -->\n<!DOCTYPE html><html><head><title>Quota exceeded</title></head></html>"


@pytest.mark.parametrize("name", ["set.zip", "set.tar.gz", "set.parquet", "set.7z.001", "set.rar", "set.zip.part1"])
@pytest.mark.parametrize(("data", "word"), [(POINTER, "git lfs pull"), (PAGE, "web page")])
def test_placeholder_of_an_archive_is_named(name: str, data: bytes, word: str, root: Path) -> None:
    plant(root, {name: data})
    found = listing(container_in(root))
    assert (found.report.status, found.codes) == (ContainerStatus.FAILED, {"placeholder"})
    assert word in str(found.report.reason)


@pytest.mark.parametrize("suffix", ["part", "crdownload", "incomplete"])
def test_unfinished_download_is_not_complete(suffix: str, tree: Path, root: Path) -> None:
    zipped(tree, root / "set.zip")
    (root / "set.zip").rename(root / f"set.zip.{suffix}")
    found = listing(container_in(root))
    assert found.report.status == ContainerStatus.PARTIAL
    assert "unfinished-download" in found.codes


def test_large_window_of_zstd_is_read(root: Path, tmp_path: Path) -> None:
    plant(tmp_path / "set", {"a.png": b"a" * 9_000})
    run("tar", "-cf", "set.tar", "set", cwd=tmp_path)
    with (root / "set.tar.zst").open("wb") as out:
        run("zstd", "-q", "--long=31", cwd=tmp_path, feed=(tmp_path / "set.tar").read_bytes(), out=out)
    found = listing(container_in(root))
    assert found.report.status == ContainerStatus.COMPLETE
    assert list(found.read().values()) == [b"a" * 9_000]
    cut = (root / "set.tar.zst").read_bytes()[:-9]
    (root / "set.tar.zst").write_bytes(cut)
    assert listing(container_in(root)).report.status != ContainerStatus.COMPLETE


@pytest.mark.parametrize("archive", ["set.zip", "set.tar", "set.tar.gz", "set.7z"])
def test_images_without_suffix_in_archives_are_counted(archive: str, root: Path, tmp_path: Path) -> None:
    names = ["a.jpg", "b.jpg?w=800", "c.jpg.1", "d", "e.jpg_large", "f.image", ".png", "x/.jpg", "notes.xyz", "README"]
    plant(tmp_path / "set", dict.fromkeys(names[:8], b"\xff\xd8\xff\xe0" + b"x" * 900))
    plant(tmp_path / "set", dict.fromkeys(names[8:], b"text " * 200))
    pack = {"zip": zipped, "7z": seven_zipped}.get(archive.rpartition(".")[2], tarred)
    pack(tmp_path / "set", root / archive, *(["-mx0"] if archive == "set.7z" else []))
    found = listing(container_in(root))
    assert found.report.status == "complete"
    [detail] = [finding.detail for finding in found.report.findings]
    assert detail.startswith("7 files begin like images without an image suffix")
    include = detail.rpartition("include = '")[2][:-1]
    assert all(re.search(include, name) for name in names[:8])


@pytest.mark.parametrize("archive", ["set.zip", "set.tar", "set.tar.gz"])
def test_formats_in_archives_that_are_not_read_are_named(archive: str, root: Path, tmp_path: Path) -> None:
    plant(tmp_path / "set", {"a.tar.lzo": b"\x89LZO\0\r\n\x1a\n" + bytes(90), "b.iso": bytes(90), "c.br": b"a note"})
    plant(tmp_path / "set", {"data.mdb": bytes(16) + b"\xde\xc0\xef\xbe" + bytes(90)})
    (zipped if archive == "set.zip" else tarred)(tmp_path / "set", root / archive)
    found = listing(container_in(root))
    assert (found.report.status, found.codes) == ("partial", {"unread-format"})
    assert {finding.detail.partition(" is ")[0].lstrip("./") for finding in found.report.findings} == {
        "a.tar.lzo",
        "b.iso",
    } | (set() if archive == "set.zip" else {"data.mdb"})  # of a zip, only names are known without a read per member


@pytest.mark.parametrize(("archive", "count"), [("set.zip", 1), ("set.tar", 2), ("set.tar.gz", 2)])
def test_placeholder_of_an_image_in_an_archive_is_named(archive: str, count: int, root: Path, tmp_path: Path) -> None:
    plant(tmp_path / "set", {"a.jpg": POINTER, "b.png": PAGE, "c.png": b"c" * 150})
    (zipped if archive == "set.zip" else tarred)(tmp_path / "set", root / archive)
    found = listing(container_in(root))
    assert (found.report.status, found.codes) == (ContainerStatus.PARTIAL, {"placeholder"})
    assert len(found.report.findings) == count
    assert "a.jpg is a Git LFS pointer" in str(found.report.reason)


@pytest.mark.parametrize("archive", ["set.zip", "set.tar", "set.tar.gz"])
def test_placeholder_of_an_archive_in_an_archive_is_named(archive: str, root: Path, tmp_path: Path) -> None:
    plant(tmp_path / "set", {"a.zip": POINTER, "b.png": b"b" * 150})
    (zipped if archive == "set.zip" else tarred)(tmp_path / "set", root / archive)
    found = listing(container_in(root))
    assert (found.report.status, found.codes) == (ContainerStatus.PARTIAL, {"placeholder"})
    assert "a.zip: placeholder: a Git LFS pointer" in str(found.report.reason)


@pytest.mark.parametrize("options", [(), ("--bzip2",), ("--xz",)])
def test_archive_behind_a_script_is_read(options: tuple[str, ...], root: Path, tmp_path: Path) -> None:
    files = {f"set/{number}.png": random.Random(number).randbytes(9_000) for number in range(4)}
    plant(tmp_path, files)
    run("makeself", "--quiet", *options, tmp_path / "set", root / "set.run", "images", "true", cwd=root)
    found = listing(container_in(root))
    assert sorted(found.sound().values()) == sorted(files.values())
    assert found.report.status == ContainerStatus.COMPLETE


def test_script_without_an_archive_is_none(root: Path) -> None:
    text = "#!/bin/sh\nLZIP=lzip\n070707\n" + "caf\u00e9\n" * 300 + "PK\n"
    plant(root, {"install.sh": text.encode()})
    assert find_containers(root, volumes_of(root))[0] == []


def test_coders_that_libarchive_does_not_know_are_named(root: Path, tmp_path: Path) -> None:
    plant(tmp_path / "set", {"a.png": random.Random(0).randbytes(9_000)})
    run("7zz", "a", "-bd", "-m0=bcj2", "-m1=lzma", "-m2=lzma", "-m3=lzma", root / "set.7z", "set", cwd=tmp_path)
    found = listing(container_in(root))
    assert (found.report.status, found.codes) == (ContainerStatus.PARTIAL, {"method"})
