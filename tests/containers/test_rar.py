"""RAR fields that libarchive does not return: checksums, encryption, links, missing volumes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from indexer.base.errors import BadData
from indexer.containers.models import ContainerStatus
from tests.support.archives import container_in, damage, listing, stored_rar
from tests.support.rars import COPY, ENCRYPTION, locked_rar5, rar5, rar5_volumes

Pack = Callable[[dict[str, bytes]], bytes]
FILES = {"a.png": b"a" * 900, "b.png": b"b" * 900}


@pytest.mark.parametrize("pack", [stored_rar, rar5])
def test_stored_members_have_checksums(pack: Pack, root: Path) -> None:
    (root / "set.rar").write_bytes(pack(FILES))
    found = listing(container_in(root))
    assert (found.report.status, found.codes) == (ContainerStatus.COMPLETE, set())
    assert found.read() == {f"set/{name}": data for name, data in FILES.items()}
    assert all(row["crc32"] for row in found.rows)


@pytest.mark.parametrize("pack", [stored_rar, rar5])
def test_flipped_bit_in_a_stored_member_is_bad_data(pack: Pack, root: Path) -> None:
    data = pack(FILES)
    (root / "set.rar").write_bytes(data)
    damage(root / "set.rar", data.index(b"aaaa") + 100, b"!")
    read = listing(container_in(root)).read()
    assert str(read["set/a.png"]).startswith("checksum differs")
    assert read["set/b.png"] == FILES["b.png"]


def test_encrypted_members_are_bad_data(root: Path) -> None:
    (root / "set.rar").write_bytes(rar5(FILES, {"a.png": ENCRYPTION}))
    found = listing(container_in(root))
    assert (found.report.status, found.codes) == (ContainerStatus.PARTIAL, {"encrypted"})
    assert found.row("a.png")["problem"] == "encrypted"
    assert found.sound() == {"set/b.png": FILES["b.png"]}


def test_rar_with_encrypted_headers_has_failed(root: Path) -> None:
    (root / "set.rar").write_bytes(locked_rar5())
    found = listing(container_in(root))
    assert found.report.status == ContainerStatus.FAILED
    assert "password" in str(found.report.reason)


def test_copy_of_another_member_is_a_link(root: Path) -> None:
    (root / "set.rar").write_bytes(rar5(FILES, {"b.png": COPY}))
    found = listing(container_in(root))
    assert found.row("b.png")["problem"] == "hard link"
    assert found.sound() == {"set/a.png": FILES["a.png"]}


def test_rar_without_its_end_is_partial(root: Path) -> None:
    (root / "set.rar").write_bytes(rar5(FILES, end=False))
    found = listing(container_in(root))
    assert (found.report.status, found.codes) == (ContainerStatus.PARTIAL, {"no-end-marker"})
    assert len(found.sound()) == len(FILES)


def _volumes(root: Path) -> bytes:
    data = bytes(range(256)) * 40
    for number, volume in enumerate(rar5_volumes("a.png", data, 4), 1):
        (root / f"set.part{number}.rar").write_bytes(volume)
    return data


def test_member_in_padded_volumes_is_read(root: Path) -> None:
    data = _volumes(root)
    found = listing(container_in(root))
    assert (found.report.status, found.codes) == (ContainerStatus.COMPLETE, set())
    assert list(found.read().values()) == [data]


@pytest.mark.parametrize("gone", [1, 2, 3, 4])
def test_any_missing_volume_is_reported(gone: int, root: Path) -> None:
    _volumes(root)
    (root / f"set.part{gone}.rar").unlink()
    found = listing(container_in(root))
    assert found.report.status in (ContainerStatus.PARTIAL, ContainerStatus.FAILED)
    assert "volume-missing" in found.codes or gone == 4
    assert all(isinstance(data, BadData) for data in found.read().values())


def test_missing_first_volume_of_old_naming_is_reported(root: Path) -> None:
    for name, volume in zip(("set.r00", "set.r01"), rar5_volumes("a.png", bytes(5_000), 3)[1:], strict=True):
        (root / name).write_bytes(volume)
    assert "volume 1 is missing" in str(listing(container_in(root)).report.reason)
