"""Volumes are joined by their order, with any names and sizes."""

from pathlib import Path

import pytest

from indexer.containers.models import ContainerStatus
from tests.support.archives import container_in, cut_at, listing, run, seven_zipped, split_zipped, tarred, zipped


@pytest.mark.parametrize(
    "names",
    [
        [f"set.zip.part{number}" for number in range(1, 12)],
        [f"set.zip.{number}" for number in range(1, 11)],
        ["set.zip.vol1", "set.zip.vol2", "set.zip.vol3"],
        ["set.ZIP.001", "set.zip.002", "set.zip.003"],
        ["set_part1.zip", "set_part2.zip", "set_part3.zip"],
        ["set-00.zip", "set-01.zip", "set-02.zip"],
        ["set-aa.zip", "set-ab.zip"],
        ["set.zipaa", "set.zipab", "set.zipac"],
        ["set.zip-a", "set.zip-b", "set.zip-c"],
        ["set.zip.001", "set.zip (1).002", "set.zip.003"],
        ["set.z000", "set.z001", "set.z002"],
        ["set.zip.part1of3", "set.zip.part2of3", "set.zip.part3of3"],
        ["set.zip-00000-of-00002", "set.zip-00001-of-00002"],
        ["set-1-of-2.zip", "set-2-of-2.zip"],
        ["set.zip.chunk0", "set.zip.chunk1"],
        ["set.zip.aa.part", "set.zip.ab.part"],
        ["set.zip.001.bin", "set.zip.002.bin"],
        ["set.zip.001", "set.zip.002 (1)"],
        ["set.zip.p1", "set.zip.p2", "set.zip.p3"],
        [f"set.zip.{number:02x}" for number in range(11)],
    ],
)
def test_parts_are_joined_by_number(names: list[str], tree: Path, root: Path, files: dict[str, bytes]) -> None:
    zipped(tree, root / "whole.zip", "-0")
    cut_at(root / "whole.zip", names, [30_000 + 7 * number for number in range(len(names) - 1)])
    found = listing(container_in(root))
    assert (found.report.status, found.codes) == (ContainerStatus.COMPLETE, set())
    assert sorted(found.read().values()) == sorted(files.values())
    assert all(name.endswith(tuple(files)) for name in found.read())


def test_volumes_of_unequal_size_are_complete(tree: Path, root: Path, files: dict[str, bytes]) -> None:
    seven_zipped(tree, root / "set.7z", "-v20k", "-v90k", "-v10k")
    found = listing(container_in(root))
    assert (found.report.status, found.codes) == (ContainerStatus.COMPLETE, set())
    assert len(found.sound()) == len(files)


@pytest.mark.parametrize("program", ["-n5", "-n7"])
def test_parts_of_nearly_equal_size_without_suffix_are_joined(
    program: str, tree: Path, root: Path, files: dict[str, bytes]
) -> None:
    tarred(tree, root / "whole.tar.gz")
    run("split", program, "whole.tar.gz", "x", cwd=root)
    (root / "whole.tar.gz").unlink()
    found = listing(container_in(root))
    assert found.report.status == ContainerStatus.COMPLETE
    assert len(found.sound()) == len(files)


def test_parts_without_suffix_are_joined_in_numeric_order(tree: Path, root: Path, files: dict[str, bytes]) -> None:
    tarred(tree, root / "whole.tar.gz")
    size = -(-(root / "whole.tar.gz").stat().st_size // 11)
    cut_at(root / "whole.tar.gz", [f"data.part{number}" for number in range(1, 12)], [size] * 10)
    found = listing(container_in(root))
    assert found.report.status == ContainerStatus.COMPLETE
    assert len(found.sound()) == len(files)


def test_volumes_of_a_split_zip_may_have_one_digit(tree: Path, root: Path, files: dict[str, bytes]) -> None:
    split_zipped(tree, root / "set.zip")
    for volume in root.glob("set.z0?"):
        volume.rename(root / volume.name.replace(".z0", ".z"))
    found = listing(container_in(root))
    assert (found.report.status, found.codes) == (ContainerStatus.COMPLETE, set())
    assert len(found.sound()) == len(files)


@pytest.mark.parametrize("options", [(), ("--format=posix",), ("-V", "label")])
@pytest.mark.parametrize("name", ["v{}.tar", "set.tar.{}"])
def test_volumes_of_a_tar_over_several_media_are_joined(
    name: str, options: tuple[str, ...], tree: Path, root: Path, files: dict[str, bytes]
) -> None:
    volumes = [word for number in range(1, 12) for word in ("-f", root / name.format(number))]
    run("tar", "-c", "-M", "-L", "60", *options, *volumes, tree.name, cwd=tree.parent)
    found = listing(container_in(root))
    assert (found.report.status, found.codes) == (ContainerStatus.COMPLETE, set())
    assert set(files.values()) <= set(found.read().values())


@pytest.mark.parametrize(
    "names",
    [
        ["Set.Z01", "set.z02", "SET.ZIP"],
        ["x/set.z01", "x/Set.z02", "x/set.Zip"],
        ["u\u0308.z01", "\u00fc.z02", "u\u0308.zip"],
    ],
)
def test_volumes_of_one_set_may_be_spelled_differently(
    names: list[str], tree: Path, root: Path, files: dict[str, bytes]
) -> None:
    split_zipped(tree, root / "a.zip", "110k")
    (root / "x").mkdir()
    for volume, name in zip([*sorted(root.glob("a.z[0-9]*")), root / "a.zip"], names, strict=True):
        volume.rename(root / name)
    found = listing(container_in(root))
    assert (found.report.status, found.codes) == (ContainerStatus.COMPLETE, set())
    assert sorted(found.read().values()) == sorted(files.values())
