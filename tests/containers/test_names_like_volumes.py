"""Files that are named as volumes and are archives of their own, or no archives."""

import shutil
from pathlib import Path

import pytest

from indexer.containers.detect import find_containers
from indexer.containers.logical_path import logical_path
from indexer.containers.models import ContainerStatus
from tests.support.archives import listing, plant, seven_zipped, split_zipped, tarred, volumes_of, zipped


def _assert_independent(names: list[str], root: Path) -> None:
    """Check that each name is a container of its own with one member."""
    containers, loose = find_containers(root, volumes_of(root))
    assert ([container.path for container in containers], loose) == (names, [])
    for container in containers:
        found = listing(container)
        assert (found.report.status, len(found.sound())) == (ContainerStatus.COMPLETE, 1)


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
    _assert_independent(names, root)


@pytest.mark.parametrize("suffix", ["bk", "br", "ok"])
def test_two_letters_behind_the_name_of_an_archive_are_no_part(suffix: str, tree: Path, root: Path) -> None:
    zipped(tree, root / "set.zip")
    (root / f"set.zip.{suffix}").write_bytes(b"note")
    containers, loose = find_containers(root, volumes_of(root))
    assert [container.path for container in containers] == ["set.zip"]
    assert [file.path for file in loose] == [f"set.zip.{suffix}"]


def test_archives_whose_names_differ_in_case_remain_apart(tree: Path, root: Path) -> None:
    for name in ("set.zip", "SET.ZIP", "set.7z.001", "SET.7Z.001"):
        pack = zipped if name.lower().endswith("zip") else seven_zipped
        pack(tree, root.parent / name.lower().removesuffix(".001"))
        shutil.copy(root.parent / name.lower().removesuffix(".001"), root / name)
    containers, loose = find_containers(root, volumes_of(root))
    assert ([len(container.volumes) for container in containers], loose) == ([1, 1, 1, 1], [])


def test_whole_zips_that_are_named_as_volumes_are_independent(root: Path, tmp_path: Path) -> None:
    names = ["set.z01", "set.z02", "set.zip"]
    for index, name in enumerate(names):
        plant(tmp_path / str(index), {f"{index}.png": bytes([index + 1]) * 9_000})
        zipped(tmp_path / str(index), tmp_path / f"{index}.zip")
        shutil.move(tmp_path / f"{index}.zip", root / name)
    _assert_independent(names, root)


def test_archive_with_the_name_of_a_copy_of_the_last_volume_is_independent(tree: Path, root: Path) -> None:
    split_zipped(tree, root / "set.zip")
    plant(root.parent / "other", {"a.png": b"a" * 900})
    zipped(root.parent / "other", root / "set (1).zip")
    containers, loose = find_containers(root, volumes_of(root))
    assert ([container.path for container in containers], loose) == (["set (1).zip", "set.zip"], [])
    assert [listing(container).report.status for container in containers] == [ContainerStatus.COMPLETE] * 2
