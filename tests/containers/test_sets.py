"""Volumes are joined by their order, with any names and sizes."""

import random
import shutil
from pathlib import Path

import pytest

from indexer.containers.detect import find_containers
from indexer.containers.logical_path import logical_path
from indexer.containers.models import ContainerStatus
from tests.support.archives import (
    container_in,
    listing,
    plant,
    run,
    seven_zipped,
    split_zipped,
    stored_rar,
    tarred,
    volumes_of,
    zipped,
)
from tests.support.rars import rar5, rar5_volumes


def _cut(archive: Path, names: list[str], sizes: list[int]) -> None:
    """Cut ``archive`` into files; the last one gets the rest."""
    data, start = archive.read_bytes(), 0
    for name, size in zip(names, [*sizes, len(data)], strict=False):
        (archive.parent / name).write_bytes(data[start : start + size])
        start += size
    archive.unlink()


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
    _cut(root / "whole.zip", names, [30_000 + 7 * number for number in range(len(names) - 1)])
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
    _cut(root / "whole.tar.gz", [f"data.part{number}" for number in range(1, 12)], [size] * 10)
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


def test_game_with_the_suffix_of_a_volume_is_no_container(root: Path) -> None:
    plant(root, {"zork.z5": bytes(range(100)), "curses.z5": bytes(range(100))})
    assert find_containers(root, volumes_of(root))[0] == []
    zipped(root, root / "games.zip")
    (games,) = find_containers(root, volumes_of(root))[0]
    assert listing(games).report.status == ContainerStatus.COMPLETE


@pytest.mark.parametrize("name", ["set.zip.pdf", "set.tar.pam", "set.tar.gz.pak"])
def test_suffix_that_begins_with_p_is_no_number(name: str, root: Path) -> None:
    plant(root, {name: bytes(range(100))})
    assert find_containers(root, volumes_of(root))[0] == []
    assert logical_path("a.zip", f"{name}!b.png") == f"a/{name}!b.png"


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


@pytest.mark.parametrize("packed", [("zip", "-q0r", "-s64k", "set.zip"), ("7zz", "a", "-bd", "-v90k", "set.7z")])
def test_volumes_in_several_folders_are_joined(packed: tuple[str, ...], tree: Path, root: Path, tmp_path: Path) -> None:
    run(*packed[:-1], tmp_path / packed[-1], ".", cwd=tree)
    volumes = sorted(tmp_path.glob("set.*"))
    for number, volume in enumerate(volumes):
        plant(root, {f"disc {number // 2}/{volume.name}": volume.read_bytes()})
    found = listing(container_in(root))
    assert (found.report.status, found.codes) == (ContainerStatus.COMPLETE, set())
    assert len(found.container.volumes) == len(volumes) > 2


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
    _cut(root / "set.tar", ["set.tar.001", "set.tar.002"], [50_000])
    plant(root, {"b/set.tar.003": b"x" * 1_000})
    found, _ = find_containers(root, volumes_of(root))
    assert sorted(len(container.volumes) for container in found) == [1, 2]


@pytest.mark.parametrize("extra", ["a/set.zip.001", "b/set.zip.004"])
def test_volumes_in_several_folders_that_are_no_set_remain_apart(extra: str, tree: Path, root: Path) -> None:
    """Volume 1 is there twice, or volume 3 ends the archive, so that volume 4 belongs to another one."""
    zipped(tree, root / "set.zip", "-0")
    _cut(root / "set.zip", ["set.zip.001", "set.zip.002", "set.zip.003"], [100_000, 100_000])
    plant(root, {extra: b"x" * 1_000})
    found, _ = find_containers(root, volumes_of(root))
    assert len(found) == 2
    assert ContainerStatus.COMPLETE in {listing(container).report.status for container in found}


@pytest.mark.parametrize(
    "names",
    [
        ["set.tar.gz-part-aa", "set.tar.gz-part-ab"],
        ["set-001.tar.gz", "set-002.tar.gz"],
        ["set.tar.gz.1", "set.tar.gz.2"],
        ["set-001.zip", "set-002.zip"],
        ["set.zip.001", "set.zip.002"],
        ["set1.tar", "set2.tar"],
        ["set.tar.aa", "set.tar.ab"],
    ],
)
def test_volumes_that_begin_an_archive_are_independent(names: list[str], root: Path, tmp_path: Path) -> None:
    suffix = next(suffix for suffix in (".tar.gz", ".tar", ".zip") if suffix in names[0])
    for index, name in enumerate(names):
        plant(tmp_path / str(index) / "set", {f"{index}.png": bytes([index + 1]) * 9_000})
        pack = zipped if suffix == ".zip" else tarred
        pack(tmp_path / str(index) / "set", tmp_path / f"{index}{suffix}")
        shutil.move(tmp_path / f"{index}{suffix}", root / name)
    containers, loose = find_containers(root, volumes_of(root))
    assert ([container.path for container in containers], loose) == (names, [])
    for container in containers:
        found = listing(container)
        assert (found.report.status, len(found.sound())) == (ContainerStatus.COMPLETE, 1)


@pytest.mark.parametrize("suffix", ["bk", "br", "ok"])
def test_two_letters_behind_the_name_of_an_archive_are_no_part(suffix: str, tree: Path, root: Path) -> None:
    zipped(tree, root / "set.zip")
    (root / f"set.zip.{suffix}").write_bytes(b"note")
    containers, loose = find_containers(root, volumes_of(root))
    assert [container.path for container in containers] == ["set.zip"]
    assert [file.path for file in loose] == [f"set.zip.{suffix}"]


def test_second_copy_of_a_volume_costs_nothing(tree: Path, root: Path, files: dict[str, bytes]) -> None:
    seven_zipped(tree, root / "set.7z", "-v64k")
    shutil.copy(root / "set.7z.002", root / "set.7z (1).002")
    found = listing(container_in(root))
    assert (found.report.status, found.codes) == (ContainerStatus.COMPLETE, {"volume-stray"})
    assert len(found.sound()) == len(files)


@pytest.mark.parametrize("missing", ["set.zip.part1", "set.zip.part2"])
def test_missing_part_is_named(missing: str, tree: Path, root: Path) -> None:
    zipped(tree, root / "whole.zip", "-0")
    _cut(root / "whole.zip", [f"set.zip.part{number}" for number in range(1, 5)], [50_000, 40_000, 30_000])
    (root / missing).unlink()
    found = listing(container_in(root))
    assert found.report.status != ContainerStatus.COMPLETE
    assert f"volume {missing[-1]} of 4 is missing" in str(found.report.findings)


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


def test_archives_whose_names_differ_in_case_remain_apart(tree: Path, root: Path) -> None:
    for name in ("set.zip", "SET.ZIP", "set.7z.001", "SET.7Z.001"):
        pack = zipped if name.lower().endswith("zip") else seven_zipped
        pack(tree, root.parent / name.lower().removesuffix(".001"))
        shutil.copy(root.parent / name.lower().removesuffix(".001"), root / name)
    containers, loose = find_containers(root, volumes_of(root))
    assert ([len(container.volumes) for container in containers], loose) == ([1, 1, 1, 1], [])


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


def test_whole_zips_that_are_named_as_volumes_are_independent(root: Path, tmp_path: Path) -> None:
    names = ["set.z01", "set.z02", "set.zip"]
    for index, name in enumerate(names):
        plant(tmp_path / str(index), {f"{index}.png": bytes([index + 1]) * 9_000})
        zipped(tmp_path / str(index), tmp_path / f"{index}.zip")
        shutil.move(tmp_path / f"{index}.zip", root / name)
    containers, loose = find_containers(root, volumes_of(root))
    assert ([container.path for container in containers], loose) == (names, [])
    for container in containers:
        found = listing(container)
        assert (found.report.status, len(found.sound())) == (ContainerStatus.COMPLETE, 1)


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


def test_archive_with_the_name_of_a_copy_of_the_last_volume_is_independent(tree: Path, root: Path) -> None:
    split_zipped(tree, root / "set.zip")
    plant(root.parent / "other", {"a.png": b"a" * 900})
    zipped(root.parent / "other", root / "set (1).zip")
    containers, loose = find_containers(root, volumes_of(root))
    assert ([container.path for container in containers], loose) == (["set (1).zip", "set.zip"], [])
    assert [listing(container).report.status for container in containers] == [ContainerStatus.COMPLETE] * 2
