"""Files that are not what their names promise are named as what they are."""

from pathlib import Path

import pytest

from indexer.containers.models import ContainerStatus
from tests.support.archives import container_in, listing, plant, run, zipped

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
