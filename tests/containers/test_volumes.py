"""Sets with missing, stray or oddly sized volumes: the finding is reported, and intact members are read."""

import random
import shutil
from pathlib import Path

import pytest

from indexer.base.errors import BadData
from indexer.containers.kinds import Kind
from indexer.containers.models import ContainerStatus
from tests.support.archives import (
    container_in,
    cut,
    cut_at,
    listing,
    plant,
    run,
    seven_zipped,
    split_zipped,
    tarred,
    zipped,
)


def _split(tree: Path, root: Path) -> list[Path]:
    split_zipped(tree, root / "set.zip", "64k")
    return [*sorted(root.glob("*.z[0-9]*")), root / "set.zip"]


def test_missing_volume_of_a_split_zip_is_reported(tree: Path, root: Path, files: dict[str, bytes]) -> None:
    volumes = _split(tree, root)
    assert len(volumes) >= 4
    volumes[1].unlink()
    found = listing(container_in(root))
    assert found.report.status == ContainerStatus.PARTIAL
    assert "volume-missing" in found.codes
    assert "volume 2 of" in str(found.report.reason)
    assert found.report.listed == len(files)
    read = found.read()
    sound = {name: data for name, data in read.items() if isinstance(data, bytes)}
    assert 0 < len(sound) < len(files)
    assert set(sound.values()) <= set(files.values())
    assert {str(error.reason) for error in read.values() if isinstance(error, BadData)} == {"volume missing"}


def test_split_zip_with_only_the_last_volume_is_listed(tree: Path, root: Path, files: dict[str, bytes]) -> None:
    for volume in _split(tree, root)[:-1]:
        volume.unlink()
    found = listing(container_in(root))
    assert (found.report.status, found.codes) == (ContainerStatus.PARTIAL, {"volume-missing"})
    assert "only the last is present" in str(found.report.reason)
    assert found.report.declared == found.report.listed == len(files)
    assert {row["problem"] for row in found.rows} == {None, "volume missing"}
    assert found.sound()
    assert set(found.sound().values()) <= set(files.values())


def test_missing_last_volume_of_a_split_zip_is_reported(tree: Path, root: Path, files: dict[str, bytes]) -> None:
    _split(tree, root)[-1].unlink()
    found = listing(container_in(root))
    assert found.report.status == ContainerStatus.PARTIAL
    assert "no-directory" in found.codes
    assert len(found.sound()) >= len(files) // 2


@pytest.mark.parametrize(("number", "size"), [(9, 500), (9, 65_536), (9, 300_000), (0, 65_536)])
def test_stray_volume_is_reported_and_ignored(
    number: int, size: int, tree: Path, root: Path, files: dict[str, bytes]
) -> None:
    volumes = _split(tree, root)
    stray = root / f"set.z{number or len(volumes):02}"
    stray.write_bytes(b"\xa5" * size)
    found = listing(container_in(root))
    assert (found.report.status, found.codes) == (ContainerStatus.COMPLETE, {"volume-stray"})
    assert stray.name in found.report.findings[0].detail
    assert {name.removeprefix("set/"): data for name, data in found.read().items()} == files


def test_stray_volume_of_a_single_zip_is_reported(tree: Path, root: Path, files: dict[str, bytes]) -> None:
    zipped(tree, root / "set.zip")
    (root / "set.z01").write_bytes(b"\xa5" * 65_536)
    found = listing(container_in(root))
    assert (found.report.status, found.codes) == (ContainerStatus.COMPLETE, {"volume-stray"})
    assert {name.removeprefix("set/"): data for name, data in found.read().items()} == files


def test_stray_volume_without_the_others_is_reported(tree: Path, root: Path, files: dict[str, bytes]) -> None:
    for volume in _split(tree, root)[:-1]:
        volume.unlink()
    (root / "set.z77").write_bytes(b"\xa5" * 65_536)
    found = listing(container_in(root))
    assert (found.report.status, found.codes) == (ContainerStatus.PARTIAL, {"volume-missing", "volume-stray"})
    assert found.sound()
    assert set(found.sound().values()) <= set(files.values())


def test_cut_zip_with_names_of_volumes_is_joined(tree: Path, root: Path, files: dict[str, bytes]) -> None:
    """Its end record counts no volumes; they are not strays for that reason."""
    zipped(tree, root / "whole")
    run("split", "-b", "100k", "--numeric-suffixes=1", root / "whole.zip", "set.z", cwd=root)
    (root / "whole.zip").unlink()
    max(root.iterdir()).rename(root / "set.zip")
    found = listing(container_in(root))
    assert (found.report.status, found.codes) == (ContainerStatus.COMPLETE, set())
    assert {name.removeprefix("set/"): data for name, data in found.read().items()} == files


@pytest.mark.parametrize("suffix", ["zip", "7z"])
def test_missing_part_of_a_cut_archive_is_reported(
    suffix: str, tree: Path, root: Path, files: dict[str, bytes]
) -> None:
    seven_zipped(tree, root / f"set.{suffix}", "-mx0", "-v64k")
    (root / f"set.{suffix}.002").unlink()
    found = listing(container_in(root))
    assert found.report.status == ContainerStatus.PARTIAL
    assert "volume-missing" in found.codes
    assert 0 < len(found.sound()) < len(files)


def test_missing_first_part_is_reported(tree: Path, root: Path) -> None:
    seven_zipped(tree, root / "set.7z", "-v64k")
    (root / "set.7z.001").unlink()
    found = listing(container_in(root))
    assert found.container.kind == Kind.SEVEN_ZIP
    assert found.report.status == ContainerStatus.FAILED
    assert "volume-missing" in found.codes


def test_empty_volume_is_reported(tree: Path, root: Path, files: dict[str, bytes]) -> None:
    _split(tree, root)[1].write_bytes(b"")
    found = listing(container_in(root))
    assert "volume-empty" in found.codes
    assert 0 < len(found.sound()) < len(files)


def test_oddly_sized_volume_is_reported(tree: Path, root: Path, files: dict[str, bytes]) -> None:
    volume = _split(tree, root)[1]
    volume.write_bytes(volume.read_bytes()[:20_000])
    found = listing(container_in(root))
    assert "volume-size" in found.codes
    sound = found.sound()
    assert 0 < len(sound) < len(files)
    assert set(sound.values()) <= set(files.values())


def test_missing_volumes_before_an_empty_one_cost_nothing(tree: Path, root: Path, files: dict[str, bytes]) -> None:
    zipped(tree, root / "set.zip")
    cut(root / "set.zip", "-d")
    (root / "set.zip.19").touch()
    found = listing(container_in(root))
    assert sorted(found.sound().values()) == sorted(files.values())
    assert (found.report.status, found.codes) == ("complete", {"volume-stray"})


@pytest.mark.parametrize("name", ["set.part2.rar", "set.part02.rar", "set.zip.002", "set.z02", "set.tar.gz.ab"])
def test_single_later_volume_shows_that_the_first_is_missing(name: str, root: Path) -> None:
    plant(root, {name: random.Random(1).randbytes(9_000)})
    found = listing(container_in(root))
    assert (found.report.status, str(found.report.reason).partition(":")[0]) == ("failed", "volume-missing")


@pytest.mark.parametrize("method", [("-mx0",), ("-mx1",), ("-mx1", "-ms=4f", "-m0=LZMA")])
def test_volumes_of_a_7z_in_a_wrong_order_are_named(method: tuple[str, ...], root: Path, tmp_path: Path) -> None:
    plant(
        tmp_path / "set", {f"{n:02}.png": b"\x89PNG\r\n\x1a\n" + random.Random(n).randbytes(9_000) for n in range(40)}
    )
    plant(tmp_path / "set", {f"._{n:02}.png": b"\0\5\x16\7" + random.Random(n).randbytes(4_000) for n in range(40)})
    seven_zipped(tmp_path / "set", root / "set.7z", "-v64k", *method)
    assert listing(container_in(root)).report.status == ContainerStatus.COMPLETE
    second, third = root / "set.7z.002", root / "set.7z.003"
    data = second.read_bytes()
    second.write_bytes(third.read_bytes())
    third.write_bytes(data)
    found = listing(container_in(root))
    assert (found.report.status, found.codes) == (ContainerStatus.PARTIAL, {"volume-order"})


def test_second_copy_of_a_volume_costs_nothing(tree: Path, root: Path, files: dict[str, bytes]) -> None:
    seven_zipped(tree, root / "set.7z", "-v64k")
    shutil.copy(root / "set.7z.002", root / "set.7z (1).002")
    found = listing(container_in(root))
    assert (found.report.status, found.codes) == (ContainerStatus.COMPLETE, {"volume-stray"})
    assert len(found.sound()) == len(files)


@pytest.mark.parametrize("missing", ["set.zip.part1", "set.zip.part2"])
def test_missing_part_is_named(missing: str, tree: Path, root: Path) -> None:
    zipped(tree, root / "whole.zip", "-0")
    cut_at(root / "whole.zip", [f"set.zip.part{number}" for number in range(1, 5)], [50_000, 40_000, 30_000])
    (root / missing).unlink()
    found = listing(container_in(root))
    assert found.report.status != ContainerStatus.COMPLETE
    assert f"volume {missing[-1]} of 4 is missing" in str(found.report.findings)


@pytest.mark.parametrize("size", [0, 7_000])
def test_copy_takes_the_place_of_a_volume_that_was_cut_short(
    size: int, tree: Path, root: Path, files: dict[str, bytes]
) -> None:
    seven_zipped(tree, root / "set.7z", "-v64k")
    shutil.copy(root / "set.7z.002", root / "set.7z (1).002")
    (root / "set.7z.002").write_bytes((root / "set.7z.002").read_bytes()[:size])
    found = listing(container_in(root))
    assert (found.report.status, found.codes) == (ContainerStatus.COMPLETE, {"volume-stray"})
    assert len(found.sound()) == len(files)
    assert "set.7z.002 is a second copy" in str(found.report.findings)


def test_unfinished_copy_of_a_volume_costs_nothing(tree: Path, root: Path, files: dict[str, bytes]) -> None:
    seven_zipped(tree, root / "set.7z", "-v64k")
    (root / "set.7z (1).002").write_bytes((root / "set.7z.002").read_bytes()[:7_000])
    found = listing(container_in(root))
    assert (found.report.status, found.codes) == (ContainerStatus.COMPLETE, {"volume-stray"})
    assert len(found.sound()) == len(files)


@pytest.mark.parametrize("options", [(), ("-d", "-a3")])
@pytest.mark.parametrize("missing", [1, 2])
def test_missing_part_without_suffix_is_named(
    missing: int, options: tuple[str, ...], tree: Path, root: Path, files: dict[str, bytes]
) -> None:
    tarred(tree, root / "whole.tar")
    run("split", "-b", "64k", *options, "whole.tar", "x", cwd=root)
    (root / "whole.tar").unlink()
    sorted(root.iterdir())[missing].unlink()
    found = listing(container_in(root))
    assert found.report.status == ContainerStatus.PARTIAL
    assert f"volume {missing + 1} of" in str(found.report.reason)
    sound = found.sound()
    assert len(sound) > len(files) / 2
    assert set(sound.values()) <= set(files.values())
