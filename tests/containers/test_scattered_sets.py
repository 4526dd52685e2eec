"""Volumes in several folders are joined only if they are one set."""

import random
from pathlib import Path

import pytest

from indexer.containers.detect import find_containers
from indexer.containers.models import ContainerStatus
from tests.support.archives import container_in, cut_at, listing, plant, run, stored_rar, tarred, volumes_of, zipped
from tests.support.rars import rar5, rar5_volumes


@pytest.mark.parametrize("packed", [("zip", "-q0r", "-s64k", "set.zip"), ("7zz", "a", "-bd", "-v90k", "set.7z")])
def test_volumes_in_several_folders_are_joined(packed: tuple[str, ...], tree: Path, root: Path, tmp_path: Path) -> None:
    run(*packed[:-1], tmp_path / packed[-1], ".", cwd=tree)
    volumes = sorted(tmp_path.glob("set.*"))
    for number, volume in enumerate(volumes):
        plant(root, {f"disc {number // 2}/{volume.name}": volume.read_bytes()})
    found = listing(container_in(root))
    assert (found.report.status, found.codes) == (ContainerStatus.COMPLETE, set())
    assert len(found.container.volumes) == len(volumes) > 2


@pytest.mark.parametrize("packed", [("zip", "-q0r", "-s64k", "set.zip"), ("7zz", "a", "-bd", "-v64k", "set.7z")])
@pytest.mark.parametrize("missing", [0, 1, -2])
def test_volume_that_is_in_no_folder_is_named(
    packed: tuple[str, ...], missing: int, tree: Path, root: Path, tmp_path: Path
) -> None:
    run(*packed[:-1], tmp_path / packed[-1], ".", cwd=tree)
    volumes = sorted(tmp_path.glob("set.*"))
    lost = volumes[missing]
    for number, volume in enumerate(volumes):
        if volume != lost:
            plant(root, {f"disc {number % 2}/{volume.name}": volume.read_bytes()})
    found, _ = find_containers(root, volumes_of(root))
    reasons = {str(listing(container).report.reason) for container in found}
    name = next(volume.name for volume in volumes if volume != lost)
    assert reasons == {
        f"volume-missing: 2 folders have volumes such as {name}, none has number {volumes.index(lost) + 1}:"
        " copy what is missing, then scan again"
    }


@pytest.mark.parametrize(
    "names", [("set.rar", "set.r00", "set.r01"), ("set.part1.rar", "set.part2.rar", "set.part3.rar")]
)
def test_volumes_of_a_rar_in_several_folders_are_joined(names: tuple[str, ...], root: Path) -> None:
    data = random.Random(1).randbytes(9_000)
    volumes = dict(zip(names, rar5_volumes("a.png", data, 3), strict=True))
    plant(root, {f"disc {number}/{name}": volumes[name] for number, name in enumerate(names)})
    found = listing(container_in(root))
    assert (found.report.status, list(found.read().values())) == (ContainerStatus.COMPLETE, [data])


@pytest.mark.parametrize("packed", [stored_rar({"a.png": b"a" * 900}), rar5({"a.png": b"a" * 900})], ids=["4", "5"])
def test_whole_rar_is_not_joined_with_a_volume_in_another_folder(packed: bytes, root: Path) -> None:
    plant(root, {"a/set.rar": packed, "b/set.r00": rar5_volumes("b.png", bytes(900), 2)[1]})
    found, _ = find_containers(root, volumes_of(root))
    assert [listing(container).report.status for container in found] == ["complete", "failed"]


def test_whole_tar_is_not_joined_with_a_volume_in_another_folder(tree: Path, root: Path) -> None:
    tarred(tree, root / "set.tar")
    cut_at(root / "set.tar", ["set.tar.001", "set.tar.002"], [50_000])
    plant(root, {"b/set.tar.003": b"x" * 1_000})
    found, _ = find_containers(root, volumes_of(root))
    assert sorted(len(container.volumes) for container in found) == [1, 2]


@pytest.mark.parametrize("extra", ["a/set.zip.001", "b/set.zip.004"])
def test_volumes_in_several_folders_that_are_no_set_remain_apart(extra: str, tree: Path, root: Path) -> None:
    """Volume 1 is there twice, or volume 3 ends the archive, so that volume 4 belongs to another one."""
    zipped(tree, root / "set.zip", "-0")
    cut_at(root / "set.zip", ["set.zip.001", "set.zip.002", "set.zip.003"], [100_000, 100_000])
    plant(root, {extra: b"x" * 1_000})
    found, _ = find_containers(root, volumes_of(root))
    assert len(found) == 2
    assert ContainerStatus.COMPLETE in {listing(container).report.status for container in found}
