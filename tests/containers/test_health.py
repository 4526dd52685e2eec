"""One damaged archive for each finding: the finding is reported, and intact members are read."""

import random
import zipfile
from pathlib import Path

import pytest

from indexer.base.errors import BadData
from indexer.containers.kinds import Kind
from indexer.containers.models import Container, ContainerStatus
from tests.support.archives import (
    container_in,
    damage,
    listing,
    plant,
    seven_zipped,
    stored_rar,
    tarred,
    volumes_of,
    zipped,
)


def test_zip_without_its_end_is_listed_by_local_headers(tree: Path, root: Path, files: dict[str, bytes]) -> None:
    zipped(tree, root / "set.zip")
    data = (root / "set.zip").read_bytes()
    (root / "set.zip").write_bytes(data[:-200])
    found = listing(container_in(root))
    assert found.report.status == ContainerStatus.PARTIAL
    assert "no-directory" in found.codes
    assert {name.removeprefix("set/"): data for name, data in found.read().items()} == files


def test_zip_cut_in_the_middle_is_truncated(tree: Path, root: Path, files: dict[str, bytes]) -> None:
    zipped(tree, root / "set.zip")
    data = (root / "set.zip").read_bytes()
    (root / "set.zip").write_bytes(data[: len(data) // 2])
    found = listing(container_in(root))
    assert {"no-directory", "truncated"} <= found.codes
    assert [row["problem"] for row in found.rows].count("truncated") == 1
    assert len(found.sound()) == len(found.rows) - 1
    assert set(found.sound().values()) <= set(files.values())


def test_overlapping_members_are_reported(root: Path) -> None:
    """One member's bytes, listed three times: as zip bombs do."""
    with zipfile.ZipFile(root / "set.zip", "w") as archive:
        archive.writestr("a.png", b"a" * 1_000)
        first = archive.filelist[0]
        for name in ("b.png", "c.png"):
            twin = zipfile.ZipInfo(name)
            twin.header_offset, twin.CRC = first.header_offset, first.CRC
            twin.file_size, twin.compress_size = first.file_size, first.compress_size
            archive.filelist.append(twin)
    found = listing(container_in(root))
    assert found.report.status == ContainerStatus.PARTIAL
    assert [f.ordinal for f in found.report.findings if f.code == "overlap"] == [1, 2]


def test_image_without_bytes_is_reported(root: Path, tmp_path: Path) -> None:
    plant(tmp_path / "set", {"a.png": b"", "b.png": b"b", "__init__.py": b""})
    for name, pack in {"set.zip": zipped, "set.tar": tarred, "set.7z": seven_zipped}.items():
        pack(tmp_path / "set", root / name)
        found = listing(container_in(root))
        assert (found.report.status, found.codes) == (ContainerStatus.COMPLETE, {"empty"})
        assert found.row("a.png")["problem"] == "no data"
        assert found.row("__init__.py")["problem"] is None
        (root / name).unlink()


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_repeated_names_are_reported(root: Path) -> None:
    with zipfile.ZipFile(root / "set.zip", "w") as archive:
        for data in (b"one", b"two", b"three"):
            archive.writestr("same.png", data)
    found = listing(container_in(root))
    assert (found.report.status, found.codes) == (ContainerStatus.COMPLETE, {"repeated-name"})
    got = [row["ordinal"] for row in found.rows]
    assert got == [0, 1, 2]
    assert [f.ordinal for f in found.report.findings] == [1, 2]


@pytest.mark.parametrize("name", ["set.zip", "set.7z"])
def test_encrypted_members_are_reported(name: str, tree: Path, root: Path) -> None:
    seven_zipped(tree, root / name, "-psecret")
    found = listing(container_in(root))
    assert (found.report.status, found.codes) == (ContainerStatus.PARTIAL, {"encrypted"})
    assert {row["problem"] for row in found.rows} == {"encrypted"}
    assert {str(error) for error in found.read().values()} == {"encrypted"}


def test_rar_with_encrypted_names_has_failed(root: Path) -> None:
    (root / "set.rar").write_bytes(stored_rar({"a.png": b"data"}, flags=0x80))
    found = listing(container_in(root))
    assert found.report.status == ContainerStatus.FAILED
    assert found.codes == {"encrypted", "no-members"}
    assert found.report.reason.startswith("encrypted: ")


def test_seven_zip_with_encrypted_names_has_failed(tree: Path, root: Path) -> None:
    seven_zipped(tree, root / "set.7z", "-psecret", "-mhe")
    found = listing(container_in(root))
    assert found.report.status == ContainerStatus.FAILED
    assert "encrypted" in found.codes
    assert "password" in str(found.report.reason)


@pytest.mark.parametrize("name", ["set.zip", "set.7z"])
def test_member_with_wrong_checksum_is_bad_data(name: str, root: Path, tmp_path: Path) -> None:
    plant(tmp_path / "set", {"a.png": b"a" * 5_000, "b.png": b"b" * 5_000})
    seven_zipped(tmp_path / "set", root / name, "-mx0")
    damage(root / name, 1_000, b"!")
    read = listing(container_in(root)).read()
    assert str(read["set/a.png"]).startswith("checksum differs")
    assert read["set/b.png"] == b"b" * 5_000


@pytest.mark.parametrize("method", ["LZMA2", "PPMd"])
def test_flipped_bits_in_a_solid_7z_are_bad_data(method: str, tree: Path, root: Path) -> None:
    seven_zipped(tree, root / "set.7z", f"-m0={method}")
    damage(root / "set.7z", (root / "set.7z").stat().st_size // 2, b"\x55\xaa\x55\xaa")
    found = listing(container_in(root))
    read = found.read()
    assert found.report.status == ContainerStatus.COMPLETE
    assert any(isinstance(data, BadData) for data in read.values())
    assert all(tree.joinpath(name[4:]).read_bytes() == data for name, data in found.sound().items())


def test_unsupported_method_is_reported(tree: Path, root: Path) -> None:
    for name, options in {"set.zip": ("-mm=PPMd",), "set.7z": ("-m0=Swap4", "-m1=LZMA2")}.items():
        seven_zipped(tree, root / name, *options)
        found = listing(container_in(root))
        assert (found.report.status, found.codes) == (ContainerStatus.PARTIAL, {"method"})
        assert found.row("flat_0.jpg")["problem"] == "method not supported"
        (root / name).unlink()


def test_suffix_of_another_kind_is_reported(tree: Path, root: Path) -> None:
    tarred(tree, root / "set.tar")
    (root / "set.tar").rename(root / "set.zip")
    found = listing(container_in(root))
    assert (found.container.kind, found.report.status) == (Kind.TAR, ContainerStatus.COMPLETE)
    assert found.codes == {"extension"}


def test_wrong_declared_count_is_reported(root: Path) -> None:
    with zipfile.ZipFile(root / "set.zip", "w") as archive:
        archive.writestr("a.png", b"a")
        archive.writestr("b.png", b"b")
    damage(root / "set.zip", -14, b"\x05\0\x05\0")
    found = listing(container_in(root))
    assert (found.report.status, found.codes) == (ContainerStatus.PARTIAL, {"count-differs"})
    assert (found.report.declared, found.report.listed) == (5, 2)


def test_bytes_after_the_end_are_reported(tree: Path, root: Path, files: dict[str, bytes]) -> None:
    zipped(tree, root / "set.zip")
    with (root / "set.zip").open("ab") as file:
        file.write(b"appended by a careless download")
    found = listing(container_in(root))
    assert found.codes == {"trailing-data"}
    assert len(found.sound()) == len(files)


@pytest.mark.parametrize("name", ["set.zip", "set.7z", "set.tar", "set.tar.gz", "set.rar", "set.zip.001"])
@pytest.mark.parametrize(
    "content", [b"", b"<html>No such file</html>" * 40, bytes(10_000)], ids=["empty", "page", "zeros"]
)
def test_file_that_is_not_an_archive_has_failed(name: str, content: bytes, root: Path) -> None:
    (root / name).write_bytes(content)
    found = listing(container_in(root))
    assert found.report.status == ContainerStatus.FAILED
    assert found.codes & {"no-members", "placeholder"}
    assert found.report.reason


@pytest.mark.parametrize("name", ["set.7z", "set.tar.gz", "set.zip", "set.tar"])
def test_parts_joined_in_a_wrong_order_are_named(name: str, root: Path) -> None:
    (root / name).write_bytes(random.Random(1).randbytes(9_000))
    found = listing(container_in(root))
    assert found.report.status == ContainerStatus.FAILED
    assert str(found.report.reason).startswith(f"not-an-archive: {name} does not begin as an archive")


@pytest.mark.slow
def test_terabyte_of_zeros_fails_quickly(root: Path) -> None:
    with (root / "set.zip").open("wb") as file:
        file.truncate(1 << 40)
    assert listing(container_in(root)).report.status == ContainerStatus.FAILED


def test_missing_container_has_failed(tree: Path, root: Path) -> None:
    zipped(tree, root / "set.zip")
    container = Container(root, "gone.zip", Kind.ZIP, tuple(volumes_of(root)))
    (root / "set.zip").unlink()
    found = listing(container)
    assert found.report.status == ContainerStatus.FAILED
    assert "unreadable" in found.codes


def _packed(suffix: str, files: dict[str, bytes], folder: Path) -> bytes:
    if suffix == "rar":
        return stored_rar(files)
    plant(folder / "set", files)
    seven_zipped(folder / "set", folder / "set.7z")
    return (folder / "set.7z").read_bytes()


@pytest.mark.parametrize("suffix", ["7z", "rar"])
def test_archive_behind_another_is_reported(suffix: str, root: Path, tmp_path: Path) -> None:
    files = {"a.png": b"a" * 900, "b.png": b"b" * 900}
    data = _packed(suffix, files, tmp_path)
    (root / f"set.{suffix}").write_bytes(data + bytes(100))
    found = listing(container_in(root))
    assert (found.report.status, len(found.sound())) == (ContainerStatus.COMPLETE, 2)
    (root / f"set.{suffix}").write_bytes(data + data)
    found = listing(container_in(root))
    assert (found.report.status, found.codes) == (ContainerStatus.PARTIAL, {"trailing-data"})


@pytest.mark.parametrize("suffix", ["7z", "rar"])
def test_archive_behind_a_program_is_read(suffix: str, root: Path, tmp_path: Path) -> None:
    files = {"a.png": b"a" * 900, "b.png": b"b" * 900}
    data = _packed(suffix, files, tmp_path)
    (root / "set.exe").write_bytes(b"MZ" + bytes(5_000) + b"Rar!\x1a\x07 7z\xbc\xaf\x27\x1c" + bytes(5_000) + data)
    found = listing(container_in(root))
    assert (found.report.status, found.codes) == (ContainerStatus.COMPLETE, {"extension"})
    assert found.sound() == {f"set.exe/{name}": data for name, data in files.items()}
