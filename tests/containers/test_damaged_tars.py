"""Tars and compressed tars that are cut, damaged or joined: the finding is reported, and intact members are read."""

import random
import tarfile
from pathlib import Path

import pytest

from indexer.containers.models import ContainerStatus
from tests.support.archives import container_in, damage, listing, plant, run, tarred


def test_tar_cut_in_a_member_is_truncated(tree: Path, root: Path) -> None:
    tarred(tree, root / "set.tar")
    data = (root / "set.tar").read_bytes()
    (root / "set.tar").write_bytes(data[: len(data) // 2])
    found = listing(container_in(root))
    assert found.report.status == ContainerStatus.PARTIAL
    assert {"no-end-marker", "truncated"} <= found.codes
    assert found.rows[-1]["problem"] == "truncated"
    assert len(found.sound()) == len(found.rows) - 1


def test_tar_cut_between_members_has_no_end_marker(root: Path, tmp_path: Path) -> None:
    plant(tmp_path / "two", {"a.png": b"a" * 512, "b.png": b"b" * 512})
    run("tar", "-cf", root / "set.tar", "a.png", "b.png", cwd=tmp_path / "two")
    (root / "set.tar").write_bytes((root / "set.tar").read_bytes()[:1_024])
    found = listing(container_in(root))
    assert (found.report.status, found.codes) == (ContainerStatus.PARTIAL, {"no-end-marker"})
    assert found.read() == {"set/a.png": b"a" * 512}


def test_tar_members_after_a_damaged_header_are_listed(root: Path, tmp_path: Path) -> None:
    plant(tmp_path / "three", {f"{name}.png": name.encode() * 512 for name in "abc"})
    run("tar", "-cf", root / "set.tar", "a.png", "b.png", "c.png", cwd=tmp_path / "three")
    damage(root / "set.tar", 1_024, b"\xff" * 100)
    found = listing(container_in(root))
    assert (found.report.status, found.codes) == (ContainerStatus.PARTIAL, {"header-damaged"})
    assert found.read() == {"set/a.png": b"a" * 512, "set/c.png": b"c" * 512}


@pytest.mark.parametrize("form", ["gnu", "pax"])
def test_name_of_a_tar_member_with_a_damaged_header_is_not_given_to_the_next(
    form: str, root: Path, tmp_path: Path
) -> None:
    long = f"fake/{'x' * 120}.png"
    plant(tmp_path / "two", {long: b"a" * 512, "real/b.png": b"b" * 512})
    run("tar", f"--format={form}", "-cf", root / "set.tar", long, "real/b.png", cwd=tmp_path / "two")
    with tarfile.open(root / "set.tar") as tar:
        header = tar.getmember(long).offset_data - 512
    damage(root / "set.tar", header, b"\xff" * 100)
    found = listing(container_in(root))
    assert "header-damaged" in found.codes
    assert found.read() == {"set/real/b.png": b"b" * 512}


@pytest.mark.parametrize("lost", [512, 700])
def test_tar_member_with_missing_bytes_is_not_readable(lost: int, root: Path, tmp_path: Path) -> None:
    files = {f"{number}.png": random.Random(number).randbytes(2_000) for number in range(4)}
    plant(tmp_path / "set", files)
    run("tar", "-cf", root / "set.tar", *files, cwd=tmp_path / "set")
    data = (root / "set.tar").read_bytes()
    (root / "set.tar").write_bytes(data[:4_000] + data[4_000 + lost :])
    found = listing(container_in(root))
    assert (found.report.status, found.codes) == (ContainerStatus.PARTIAL, {"header-damaged", "out-of-place"})
    assert {row["name"] for row in found.rows if row["problem"]} == {"1.png"}
    assert {name: found.sound()[f"set/{name}"] for name in files if name != "1.png"} == {
        name: data for name, data in files.items() if name != "1.png"
    }


def test_tar_members_after_a_zeroed_header_are_listed(root: Path, tmp_path: Path) -> None:
    plant(tmp_path / "three", {f"{name}.png": name.encode() * 512 for name in "abc"})
    run("tar", "-cf", root / "set.tar", "a.png", "b.png", "c.png", cwd=tmp_path / "three")
    damage(root / "set.tar", 1_024, bytes(512))
    found = listing(container_in(root))
    assert (found.report.status, found.codes) == (ContainerStatus.PARTIAL, {"data-after-end"})
    assert found.read() == {"set/a.png": b"a" * 512, "set/c.png": b"c" * 512}


def test_concatenated_tars_are_listed_as_one(tree: Path, root: Path, files: dict[str, bytes]) -> None:
    tarred(tree, root / "set.tar")
    data = (root / "set.tar").read_bytes()
    (root / "set.tar").write_bytes(data + data)
    found = listing(container_in(root))
    assert {"data-after-end", "repeated-name"} <= found.codes
    assert found.report.listed == 2 * len(files)


@pytest.mark.parametrize("suffix", ["gz", "bz2", "xz", "zst"])
def test_flipped_bits_in_a_compressed_tar_are_reported(suffix: str, tree: Path, root: Path) -> None:
    tarred(tree, root / f"set.tar.{suffix}")
    path = root / f"set.tar.{suffix}"
    middle = path.stat().st_size // 2
    damage(path, middle, bytes(byte ^ 0x55 for byte in path.read_bytes()[middle : middle + 4]))
    found = listing(container_in(root))
    assert found.report.status in (ContainerStatus.PARTIAL, ContainerStatus.FAILED)
    assert "damaged-stream" in found.codes


def test_wrong_gzip_checksum_is_reported(tree: Path, root: Path) -> None:
    tarred(tree, root / "set.tar.gz")
    damage(root / "set.tar.gz", -8, b"\0\0\0\0")
    found = listing(container_in(root))
    assert (found.report.status, found.codes) == (ContainerStatus.PARTIAL, {"damaged-stream"})


@pytest.mark.parametrize("suffix", ["gz", "bz2", "xz", "zst"])
def test_truncated_compressed_tar_is_partial(suffix: str, tree: Path, root: Path, files: dict[str, bytes]) -> None:
    tarred(tree, root / f"set.tar.{suffix}")
    path = root / f"set.tar.{suffix}"
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    found = listing(container_in(root))
    assert found.report.status in (ContainerStatus.PARTIAL, ContainerStatus.FAILED)
    assert "damaged-stream" in found.codes
    assert set(found.sound().values()) <= set(files.values())


def test_rest_of_an_unfinished_tar_is_reported(root: Path, tmp_path: Path) -> None:
    files = {f"{number}.png": random.Random(number).randbytes(9_000) for number in range(4)}
    plant(tmp_path / "set", files)
    run("tar", "-cf", root / "set.tar", *files, cwd=tmp_path / "set")
    data = (root / "set.tar").read_bytes()
    (root / "set.tar").write_bytes(data[:15_000] + bytes(len(data) - 15_000))
    found = listing(container_in(root))
    assert (found.report.status, found.codes) == (ContainerStatus.PARTIAL, {"zeros-at-end", "out-of-place"})
    assert {row["name"] for row in found.rows if row["problem"] is None} == {"0.png"}


@pytest.mark.parametrize(("start", "end"), [(15_000, 29_184), (15_000, 25_000), (9_728, 19_456), (12_288, 40_960)])
def test_hole_in_a_tar_costs_the_members_that_it_hits(start: int, end: int, root: Path, tmp_path: Path) -> None:
    files = {f"{number}.png": random.Random(number).randbytes(9_000) for number in range(8)}
    plant(tmp_path / "set", files)
    run("tar", "-cf", root / "set.tar", *files, cwd=tmp_path / "set")
    data = (root / "set.tar").read_bytes()
    (root / "set.tar").write_bytes(data[:start] + bytes(end - start) + data[end:])
    found = listing(container_in(root))
    usable = [row for row in found.rows if row["problem"] is None]
    read = {row["name"]: data for row, data in zip(found.rows, found.read().values(), strict=True) if row in usable}
    assert found.report.status == ContainerStatus.PARTIAL
    assert len(usable) >= 4
    assert read == {row["name"]: files[str(row["name"])] for row in usable}
