"""Detection: which files are containers, which volumes form a set, which files are opened."""

import shutil
from pathlib import Path

import pytest

from indexer.containers.detect import find_containers
from indexer.containers.kinds import Kind
from indexer.containers.models import Container, ContainerStatus
from tests.support.archives import listing, plant, run, split_zipped, tarred, volumes_of, zipped


def _containers(root: Path) -> dict[str, Container]:
    return {container.path: container for container in find_containers(root, volumes_of(root))[0]}


@pytest.fixture
def archive(tree: Path, tmp_path: Path) -> Path:
    """A small zip outside the root."""
    zipped(tree, tmp_path / "any.zip")
    return tmp_path / "any.zip"


@pytest.mark.parametrize("name", ["set", "set.png", "set.dat", "set.zip.part", "deep/er/set.JPEG", "1"])
def test_archive_with_wrong_suffix_or_none_is_found(name: str, archive: Path, root: Path) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(archive, root / name)
    assert _containers(root)[name].kind == Kind.ZIP


def test_only_large_outliers_of_many_images_are_opened(archive: Path, root: Path, tmp_path: Path) -> None:
    plant(root, {f"{number:04}.png": b"PK\3\4 is how this image begins" for number in range(200)})
    plant(tmp_path / "big", {"noise.bin": bytes(range(256)) * 8_000})
    zipped(tmp_path / "big", tmp_path / "big.zip", "-0")
    shutil.copy(tmp_path / "big.zip", root / "0200.png")
    assert list(_containers(root)) == ["0200.png"]


def test_documents_and_models_are_not_containers(archive: Path, root: Path) -> None:
    for name in ("weights.pt", "table.xlsx", "arrays.npz"):
        shutil.copy(archive, root / name)
    assert _containers(root) == {}


def test_loose_files_keep_the_given_order(root: Path) -> None:
    plant(root, {"b.png": b"b" * 50, "a.png": b"a" * 50, "notes.txt": b"n" * 50, "xaa": b"x" * 50, "xab": b"x" * 50})
    files = list(reversed(volumes_of(root)))
    assert find_containers(root, files) == ([], files)


def test_sets_in_one_folder_are_separate(tree: Path, root: Path) -> None:
    split_zipped(tree, root / "a.zip")
    split_zipped(tree, root / "b.zip")
    zipped(tree, root / "c.zip")
    tarred(tree, root / "d.tar")
    run("split", "-b", "100k", "-d", "-a3", "c.zip", "e.zip.", cwd=root)
    found = _containers(root)
    assert list(found) == sorted(found)
    assert {path: len(container.volumes) > 1 for path, container in found.items()} == {
        "a.zip": True, "b.zip": True, "c.zip": False, "d.tar": False, next(p for p in found if p[0] == "e"): True,
    }  # fmt: skip


def test_sets_with_equal_names_in_two_folders_are_separate(tree: Path, root: Path) -> None:
    for folder in ("one", "two"):
        (root / folder).mkdir()
        split_zipped(tree, root / folder / "set.zip")
        tarred(tree, root / folder / "set.tar")
        run("split", "-b", "100k", "set.tar", cwd=root / folder)
    found = _containers(root)
    assert len(found) == 6
    assert all(len({Path(v.path).parent for v in container.volumes}) == 1 for container in found.values())


@pytest.mark.parametrize("name", ["set.7z.99999999999", "set.z99999999999"])
def test_huge_volume_numbers_make_no_room_for_missing_volumes(name: str, archive: Path, root: Path) -> None:
    archive.rename(root / name)
    (found,), _ = find_containers(root, volumes_of(root))
    assert [volume.path for volume in found.volumes] == [name]
    assert listing(found).report.status == ContainerStatus.COMPLETE


def test_numbered_files_that_are_not_volumes_are_loose(root: Path) -> None:
    plant(root, {f"scan.{number:03}": b"s" * 500 for number in range(5)})
    assert _containers(root) == {}


def test_kind_is_detected_by_first_bytes(tree: Path, root: Path) -> None:
    zipped(tree, root / "a")
    (root / "a.zip").rename(root / "a")
    for name in ("b.tar", "c.tar.gz", "d.tar.xz"):
        tarred(tree, root / name)
        (root / name).rename(root / name[0])
    assert {path: str(container.kind) for path, container in _containers(root).items()} == {
        "a": "zip", "b": "tar", "c": "stream", "d": "stream",
    }  # fmt: skip


def test_pixels_that_add_up_to_nothing_are_no_checksum_of_a_tar(root: Path) -> None:
    """The field of the checksum is empty, and the other bytes, taken as signed ones, are its negated sum."""
    field = b"\0\xf0\xf1\xf2\xf3\xf4\xf5\xf6"
    record = bytearray(b"II*\0" + bytes(144) + field + bytes(356))
    missing = 256 * sum(byte > 127 for byte in record) - sum(record) + sum(field) - 256
    least, more = divmod(missing, 300)
    record[200:500] = bytes([least + 1] * more + [least] * (300 - more))
    plant(root, {"scan.tiff": bytes(record) + b"x" * 2000})
    assert _containers(root) == {}


def test_tar_with_a_checksum_of_signed_bytes_is_found(root: Path, tmp_path: Path) -> None:
    plant(tmp_path / "set", {"é.png": b"a" * 900})
    run("tar", "--format=v7", "-cf", root / "old", "set", cwd=tmp_path)
    record = bytearray((root / "old").read_bytes()[512:1024])  # the header of the file
    assert record.startswith("set/é.png".encode())
    signed = int(record[148:154], 8) - 256 * sum(byte > 127 for byte in record)
    record[148:154] = b"%06o" % signed
    (root / "old").write_bytes(bytes(record) + (root / "old").read_bytes()[1024:])
    assert _containers(root)["old"].kind == Kind.TAR


def test_order_of_files_does_not_matter(tree: Path, root: Path) -> None:
    split_zipped(tree, root / "a.zip")
    tarred(tree, root / "b.tar")
    files = volumes_of(root)
    assert find_containers(root, files) == find_containers(root, list(reversed(files)))


def test_file_that_cannot_be_opened_is_loose(root: Path) -> None:
    plant(root, {"there.dat": b"x" * 100, "gone.dat": b"x" * 100})
    files = volumes_of(root)
    (root / "gone.dat").unlink()
    containers, loose = find_containers(root, files)
    assert (containers, loose) == ([], files)
