"""Sets with missing, stray or oddly sized volumes: the finding is reported, and intact members are read."""

from pathlib import Path

import pytest

from indexer.base.errors import BadData
from indexer.containers.kinds import Kind
from indexer.containers.models import ContainerStatus
from tests.support.archives import (
    container_in,
    cut,
    listing,
    run,
    seven_zipped,
    split_zipped,
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
