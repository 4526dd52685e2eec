"""Nested archives: random access if every layer is stored or plain, otherwise one pass; always the same members."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indexer.base.errors import BadData
from indexer.containers.models import Access, ArchiveLimits, ContainerStatus
from indexer.containers.reading import read_members
from tests.support.archives import (
    container_in,
    listing,
    plant,
    run,
    seven_zipped,
    split_zipped,
    tar_header,
    tarred,
    zipped,
)

Pack = Callable[[Path, Path], None]


def _in(inner: Pack, outer: Pack) -> Pack:
    """Pack the archive of ``inner`` by ``outer``, between two other files."""

    def pack(tree: Path, root: Path) -> None:
        between = root.parent / f"between-{len(list(root.parent.iterdir()))}"
        between.mkdir()
        inner(tree, between)
        (between / "a-first.txt").write_bytes(b"first")
        (between / "z-last.txt").write_bytes(b"last")
        outer(between, root)
        shutil.rmtree(between)

    return pack


def _tar(tree: Path, root: Path) -> None:
    tarred(tree, root / "m.tar")


def _gz(tree: Path, root: Path) -> None:
    tarred(tree, root / "m.tar.gz")


def _zip(tree: Path, root: Path) -> None:
    zipped(tree, root / "m.zip")


def _stored(tree: Path, root: Path) -> None:
    zipped(tree, root / "m.zip", "-0")


def _copy(tree: Path, root: Path) -> None:
    seven_zipped(tree, root / "m.7z", "-mx0", "-v100k")


def _solid(tree: Path, root: Path) -> None:
    seven_zipped(tree, root / "m.7z", "-mx1")


def _split(tree: Path, root: Path) -> None:
    split_zipped(tree, root / "m.zip")


def _split_stored(tree: Path, root: Path) -> None:
    zipped(tree, root / "m.zip", "-0", "-s", "100k")


@pytest.mark.parametrize(
    "pack",
    [
        pytest.param(_in(_tar, _tar), id="tar in tar"),
        pytest.param(_in(_zip, _tar), id="zip in tar"),
        pytest.param(_in(_tar, _stored), id="tar in stored zip"),
        pytest.param(_in(_zip, _stored), id="zip in stored zip"),
        pytest.param(_in(_zip, _copy), id="zip in copied 7z in volumes"),
        pytest.param(_in(_tar, _split_stored), id="tar in stored split zip"),
        pytest.param(_in(_in(_zip, _tar), _copy), id="zip in tar in copied 7z"),
    ],
)
def test_members_of_plain_layers_have_offsets(pack: Pack, tree: Path, root: Path, files: dict[str, bytes]) -> None:
    pack(tree, root)
    found = listing(container_in(root))
    assert found.report.status == ContainerStatus.COMPLETE
    assert found.accesses <= {"slice", "zip"}
    assert set(files.values()) <= set(found.read().values())


@pytest.mark.parametrize(
    "pack",
    [
        pytest.param(_in(_tar, _gz), id="tar in tar.gz"),
        pytest.param(_in(_zip, _gz), id="zip in tar.gz"),
        pytest.param(_in(_gz, _tar), id="tar.gz in tar"),
        pytest.param(_in(_tar, _zip), id="tar in deflated zip"),
        pytest.param(_in(_gz, _split), id="tar.gz in deflated split zip"),
        pytest.param(_in(_zip, _solid), id="zip in solid 7z"),
        pytest.param(_in(_solid, _stored), id="solid 7z in stored zip"),
        pytest.param(_in(_in(_zip, _gz), _zip), id="zip in tar.gz in zip"),
        pytest.param(_in(_in(_tar, _zip), _gz), id="tar in deflated zip in tar.gz"),
    ],
)
def test_members_of_compressed_layers_are_read_in_one_pass(
    pack: Pack, tree: Path, root: Path, files: dict[str, bytes]
) -> None:
    pack(tree, root)
    found = listing(container_in(root))
    assert (found.report.status, found.report.reason) == (ContainerStatus.COMPLETE, None)
    assert "sequential" in found.accesses
    read = found.sound()
    assert set(files.values()) <= set(read.values())
    assert {b"first", b"last"} <= set(read.values())
    assert not any(isinstance(data, BadData) for data in found.read().values())


def test_pass_yields_only_the_requested_members(tree: Path, root: Path, files: dict[str, bytes]) -> None:
    _in(_in(_tar, _zip), _gz)(tree, root)
    found = listing(container_in(root))
    rows = [row for row in found.rows if str(row["name"]).endswith((".csv", "flat_3.jpg"))]
    got = dict(read_members(found.container, found.members(rows), ArchiveLimits()))
    assert sorted(got.values()) == sorted([files["fakes/labels.csv"], files["fakes/ai/flat_3.jpg"]])


def test_names_of_levels_are_joined(tree: Path, root: Path) -> None:
    _in(_tar, _gz)(tree, root)
    found = listing(container_in(root))
    assert found.row("labels.csv")["name"] == "./m.tar!./fakes/labels.csv"
    assert "m/fakes/labels.csv" in found.read()


def test_side_files_with_sequential_access_are_read_while_listing(
    tree: Path, root: Path, files: dict[str, bytes]
) -> None:
    _in(_zip, _gz)(tree, root)
    found = listing(container_in(root), capture=lambda name: name.endswith((".csv", "first.txt")))
    assert {item.name: item.data for item in found.captured} == {
        "./m.zip!fakes/labels.csv": files["fakes/labels.csv"],
        "./a-first.txt": b"first",
    }
    assert {item.ordinal for item in found.captured} <= {row["ordinal"] for row in found.rows}


def test_side_files_with_offsets_are_not_read_while_listing(tree: Path, root: Path) -> None:
    _in(_zip, _tar)(tree, root)
    assert listing(container_in(root), capture=lambda name: name.endswith(".csv")).captured == []


def test_depth_of_nesting_is_limited(tree: Path, root: Path) -> None:
    _in(_in(_zip, _tar), _tar)(tree, root)
    found = listing(container_in(root), ArchiveLimits(depth=1))
    assert found.report.status == ContainerStatus.PARTIAL
    assert "nested-too-deep" in found.codes
    assert not any(str(row["name"]).endswith(".csv") for row in found.rows)


def test_size_of_a_nested_archive_is_limited(tree: Path, root: Path) -> None:
    _in(_tar, _zip)(tree, root)
    found = listing(container_in(root), ArchiveLimits(member_size=100_000))
    assert "limit" in found.codes
    assert found.row("m.tar")["problem"] == "over the size limit"


@pytest.mark.parametrize(
    "pack",
    [
        pytest.param(_in(_gz, _zip), id="tar.gz in deflated zip"),
        pytest.param(_in(_zip, _solid), id="zip in solid 7z"),
    ],
)
def test_total_of_all_levels_is_limited(pack: Pack, tree: Path, root: Path) -> None:
    pack(tree, root)
    whole = listing(container_in(root))
    found = listing(container_in(root), ArchiveLimits(unpacked=150_000))
    assert found.report.status == ContainerStatus.PARTIAL
    assert "over-the-unpacking-limit" in found.codes
    assert len(found.rows) < len(whole.rows)
    passed = whole.members(row for row in whole.rows if row["access"] == Access.SEQUENTIAL)
    read = [data for _, data in read_members(whole.container, passed, ArchiveLimits(unpacked=150_000))]
    assert sum(len(data) for data in read if not isinstance(data, BadData)) <= 150_000
    assert any(isinstance(data, BadData) for data in read)


def test_decompression_bomb_is_stopped(root: Path) -> None:
    """Members of which each may be so large, and 1.3 GB of them out of a file of some hundred KB."""
    part = bytes(1 << 20)
    with pa.CompressedOutputStream(str(root / "m.tar.zst"), "zstd") as stream:
        for number in range(5):
            stream.write(tar_header(b"%d.png" % number, b"%011o\0" % (256 << 20)))
            for _ in range(256):
                stream.write(part)
        stream.write(bytes(1024))
    found = listing(container_in(root))
    assert found.report.status == ContainerStatus.PARTIAL
    assert found.codes >= {"over-the-unpacking-limit"}
    assert found.report.listed == 4


def test_nested_volumes_are_reported(tree: Path, root: Path) -> None:
    _in(_split, _tar)(tree, root)
    found = listing(container_in(root))
    assert found.report.status == ContainerStatus.PARTIAL
    assert "nested-volumes" in found.codes


def test_damaged_nested_archive_loses_its_own_members_only(tree: Path, root: Path) -> None:
    between = root.parent / "damaged"
    between.mkdir()
    zipped(tree, between / "sound.zip")
    zipped(tree, between / "bad.zip")
    data = (between / "bad.zip").read_bytes()
    (between / "bad.zip").write_bytes(data[: len(data) // 2])
    run("tar", "-cf", root / "two.tar", "bad.zip", "sound.zip", cwd=between)
    found = listing(container_in(root))
    assert found.report.status == ContainerStatus.PARTIAL
    assert {finding.ordinal for finding in found.report.findings} == {0}
    sound = [name for name in found.sound() if name.startswith("two/sound/")]
    assert len(sound) == len([path for path in tree.rglob("*") if path.is_file()])


@pytest.mark.parametrize("pack", ["-0", "-9"])
@pytest.mark.parametrize("suffix", ["parquet", "arrow"])
def test_images_of_tables_in_archives_are_reported(suffix: str, pack: str, root: Path, tmp_path: Path) -> None:
    with_images = pa.table({"image": [{"bytes": b"1" * 100, "path": "a"}]})
    for name, table in (("images", with_images), ("labels", pa.table({"label": [1, 2]}))):
        path = tmp_path / f"{name}.{suffix}"
        if suffix == "parquet":
            pq.write_table(table, path)
        else:
            with pa.ipc.new_stream(path, table.schema) as writer:
                writer.write_table(table)
    run("zip", "-q", pack, root / "set.zip", f"images.{suffix}", f"labels.{suffix}", cwd=tmp_path)
    found = listing(container_in(root))
    assert (found.report.status, found.codes) == (ContainerStatus.PARTIAL, {"nested-table"})
    assert [f"images.{suffix}" in finding.detail for finding in found.report.findings] == [True]


@pytest.mark.parametrize("pack", ["zip", "tar"])
@pytest.mark.parametrize("names", [("in.zip.001", "in.zip.002"), ("in.z01", "in.zip"), ("in.7z.part1", "in.7z.part2")])
def test_volumes_in_any_archive_are_reported(names: tuple[str, ...], pack: str, root: Path, tmp_path: Path) -> None:
    plant(tmp_path, dict.fromkeys((*names, "a.png"), b"12345" * 100))
    if pack == "zip":
        run("zip", "-q", root / "set.zip", *names, "a.png", cwd=tmp_path)
    else:
        run("tar", "-cf", root / "set.tar", *names, "a.png", cwd=tmp_path)
    found = listing(container_in(root))
    assert found.report.status == ContainerStatus.PARTIAL
    assert "nested-volumes" in found.codes


@pytest.mark.parametrize("pack", ["-0", "-9"])
@pytest.mark.parametrize("name", ["blob", "blob.data", "blob.cbz"])
@pytest.mark.parametrize("inner", [zipped, tarred, seven_zipped])
def test_archives_without_suffix_in_a_zip_are_walked(
    inner: Pack, name: str, pack: str, root: Path, tmp_path: Path
) -> None:
    plant(tmp_path / "set", {"a.png": b"a" * 3_000, "b.png": b"b" * 700})
    plant(tmp_path / "outer", {"c.png": b"c" * 50, "notes.data": b"none"})
    kind = {zipped: "zip", tarred: "tar", seven_zipped: "7z"}[inner]
    inner(tmp_path / "set", tmp_path / f"in.{kind}")
    shutil.move(tmp_path / f"in.{kind}", tmp_path / "outer" / name)
    zipped(tmp_path / "outer", root / "set.zip", pack)
    found = listing(container_in(root))
    assert found.report.status == ContainerStatus.COMPLETE
    names = [path.rpartition("/")[2].rpartition("!")[2] for path in found.sound()]
    assert sorted(name for name in names if name.endswith(".png")) == ["a.png", "b.png", "c.png"]
