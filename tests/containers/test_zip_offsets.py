"""Zips whose directory is not at the expected place, or does not list all members."""

import io
import os
import random
import re
import struct
import zipfile
from pathlib import Path

import pytest

from indexer.containers.formats.zip import offsets
from tests.support.archives import container_in, listing, plant, run

FILES = {f"set/{number:02}.png": random.Random(number).randbytes(9_000) for number in range(40)}


def zip_bytes(files: dict[str, bytes], comment: bytes = b"") -> bytes:
    """Return a zip of stored members."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.comment = comment
        for name, data in files.items():
            archive.writestr(name, data)
    return target.getvalue()


def _split(folder: Path) -> list[Path]:
    """Return the volumes of a zip of FILES, the last one ``set.zip``."""
    plant(folder, FILES)
    run("zip", "-q0r", "-s", "64k", "set.zip", "set", cwd=folder)
    volumes = sorted(folder.glob("set.z[0-9]*"))
    assert len(volumes) > 3
    return [*volumes, folder / "set.zip"]


def _join(target: Path, parts: list[Path]) -> None:
    target.write_bytes(b"".join(part.read_bytes() for part in parts))


def test_volumes_with_the_last_one_twice_are_read(root: Path, tmp_path: Path) -> None:
    volumes = _split(tmp_path)
    _join(root / "set.zip", [*volumes, volumes[-1]])
    found = listing(container_in(root))
    assert found.sound() == FILES
    assert found.report.status == "partial"
    assert "twice" in "".join(finding.detail for finding in found.report.findings)


def test_volumes_with_the_last_one_first_name_the_order(root: Path, tmp_path: Path) -> None:
    volumes = _split(tmp_path)
    _join(root / "set.zip", [volumes[-1], *volumes[:-1]])
    found = listing(container_in(root))
    sound = found.sound()
    assert len(sound) >= len(FILES) - 2
    assert all(FILES[name] == data for name, data in sound.items())
    assert "last volume first" in "".join(finding.detail for finding in found.report.findings)


def test_volumes_joined_in_order_are_complete(root: Path, tmp_path: Path) -> None:
    _join(root / "set.zip", _split(tmp_path))
    found = listing(container_in(root))
    assert found.sound() == FILES
    assert found.report.status == "complete"


@pytest.mark.parametrize("tool", ["zip", "7zz"])
def test_joined_zips_are_all_listed(tool: str, root: Path, tmp_path: Path) -> None:
    plant(tmp_path, FILES | {"other/a.png": b"a" * 5_000, "third/b.png": b"b" * 900})
    for folder in ("set", "other", "third"):
        run(*([tool, "-qr"] if tool == "zip" else [tool, "a", "-bd"]), f"{folder}.zip", folder, cwd=tmp_path)
    _join(root / "x.zip", [tmp_path / "set.zip", tmp_path / "other.zip", tmp_path / "third.zip"])
    found = listing(container_in(root))
    wanted = FILES | {"other/a.png": b"a" * 5_000, "third/b.png": b"b" * 900}
    assert found.sound() == {f"x/{name}": data for name, data in wanted.items()}
    assert "joined" in found.codes
    assert found.report.status == "partial"


def test_prefix_without_members_is_no_finding(root: Path, tmp_path: Path) -> None:
    plant(tmp_path, FILES)
    run("zip", "-qr", "set.zip", "set", cwd=tmp_path)
    (root / "set.zip").write_bytes(b"#!/bin/sh PK\3\4 \n" * 100 + (tmp_path / "set.zip").read_bytes())
    found = listing(container_in(root))
    assert found.sound() == FILES
    assert found.report.status == "complete"


def test_one_damaged_local_header_keeps_the_directory(root: Path, tmp_path: Path) -> None:
    plant(tmp_path, FILES)
    run("zip", "-q0r", "set.zip", "set", cwd=tmp_path)
    data = (tmp_path / "set.zip").read_bytes()
    first = data.index(b"PK\3\4", 100)
    (root / "set.zip").write_bytes(data[:first] + b"XXXX" + data[first + 4 :])
    found = listing(container_in(root))
    assert len(found.rows) == len(FILES)
    assert len(found.sound()) == len(FILES) - 1


def test_small_zip_before_another_is_found(root: Path, tmp_path: Path) -> None:
    plant(tmp_path, {"one/a.png": b"a" * 40, "two/b.png": b"b" * 40})
    for folder in ("one", "two"):
        run("zip", "-qX", f"{folder}.zip", f"{folder}/{'ab'[folder == 'two']}.png", cwd=tmp_path)
    _join(root / "x.zip", [tmp_path / "one.zip", tmp_path / "two.zip"])
    found = listing(container_in(root))
    assert set(found.sound()) == {"x/one/a.png", "x/two/b.png"}
    assert "joined" in found.codes


def test_all_members_that_a_directory_lost_are_found(root: Path, tmp_path: Path) -> None:
    files = {f"set/{number:03}.png": random.Random(number).randbytes(100) for number in range(200)}
    plant(tmp_path, files)
    run("zip", "-q0rX", "set.zip", "set", cwd=tmp_path)
    data = (tmp_path / "set.zip").read_bytes()
    end = data.rindex(b"PK\5\6")
    (offset,) = struct.unpack_from("<L", data, end + 16)
    headers = [b"PK\1\2" + rest for rest in data[offset:end].split(b"PK\1\2")[1:]]
    kept = headers[::2]
    counts = struct.pack("<2H2L", len(kept), len(kept), sum(map(len, kept)), offset)
    (root / "set.zip").write_bytes(data[:offset] + b"".join(kept) + data[end : end + 8] + counts + bytes(2))
    found = listing(container_in(root))
    assert found.sound() == files
    assert "joined" in found.codes


@pytest.mark.parametrize("zeros", [10, 100_000, 3 << 20])
def test_zeros_behind_a_zip_are_skipped(zeros: int, root: Path, tmp_path: Path) -> None:
    plant(tmp_path, FILES)
    run("zip", "-qr", "set.zip", "set", cwd=tmp_path)
    (root / "set.zip").write_bytes((tmp_path / "set.zip").read_bytes() + bytes(zeros))
    found = listing(container_in(root))
    assert (found.sound(), found.codes) == (FILES, set())


def test_folders_with_backslashes_are_no_gap(root: Path) -> None:
    with zipfile.ZipFile(root / "set.zip", "w") as archive:
        for name, data in (("set\\", b""), ("set\\deep\\folder\\", b""), ("set\\deep\\folder\\a.png", b"a" * 900)):
            info = zipfile.ZipInfo("x")
            info.filename, info.create_system = name, 0
            archive.writestr(info, data)
    found = listing(container_in(root))
    assert (found.sound(), found.codes) == ({"set/deep/folder/a.png": b"a" * 900}, set())


def _inserted(data: bytes, before: int, extra: bytes) -> bytes:
    """Return a zip with ``extra`` before its member number ``before``."""
    place = [match.start() for match in re.finditer(b"PK\3\4", data)][before]
    return data[:place] + extra + data[place:]


def test_members_behind_inserted_bytes_are_found_by_their_headers(root: Path) -> None:
    data = _inserted(_inserted(zip_bytes(FILES), 30, b"y" * 70_000), 10, b"x" * 777)
    (root / "set.zip").write_bytes(data)
    found = listing(container_in(root))
    assert found.sound() == FILES
    assert found.report.status == "partial"
    assert "30 were found elsewhere, 0 not" in (found.report.reason or "")


def test_only_the_member_that_lost_bytes_is_lost(root: Path) -> None:
    data = zip_bytes(FILES)
    place = [match.start() for match in re.finditer(b"PK\3\4", data)][5]
    (root / "set.zip").write_bytes(data[: place - 900] + data[place:])
    found = listing(container_in(root))
    assert found.sound() == {name: data for name, data in FILES.items() if name != "set/04.png"}
    assert len(found.rows) == len(FILES)
    assert found.report.status == "partial"


def test_offsets_that_lead_to_other_members_are_corrected(root: Path) -> None:
    with zipfile.ZipFile(root / "set.zip", "w") as archive:
        for name, data in FILES.items():
            archive.writestr(name, data)
        first, last = archive.filelist[0], archive.filelist[-1]
        first.header_offset, last.header_offset = last.header_offset, first.header_offset
    assert listing(container_in(root)).sound() == FILES


@pytest.mark.parametrize("comment", [b"see " + zip_bytes({}), zip_bytes({"a.png": b"a" * 99}), b"PK\5\6" * 50])
def test_end_record_in_the_comment_does_not_count(comment: bytes, root: Path) -> None:
    (root / "set.zip").write_bytes(zip_bytes(FILES, comment))
    found = listing(container_in(root))
    assert found.sound() == FILES
    assert found.report.status == "complete"


def test_offsets_of_a_zip_over_the_wrap_are_corrected(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offsets, "WRAP", 1 << 17)
    (root / "set.zip").write_bytes(_inserted(zip_bytes(FILES), 10, b"x" * 777))
    found = listing(container_in(root))
    assert found.sound() == FILES
    assert found.codes == {"offset-differs"}
    assert "10 were found elsewhere, 0 not" in (found.report.reason or "")


@pytest.mark.parametrize(("extra", "codes"), [(b"", set()), (b"x" * 777, {"offset-differs"})])
def test_wrapped_offsets_are_corrected(
    extra: bytes, codes: set[str], root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offsets, "WRAP", 1 << 17)
    data = bytearray(zip_bytes(FILES))
    for match in re.finditer(b"PK\1\2", data):
        (offset,) = struct.unpack_from("<L", data, match.start() + 42)
        struct.pack_into("<L", data, match.start() + 42, offset % offsets.WRAP)
    (root / "set.zip").write_bytes(_inserted(bytes(data), 30, extra))
    found = listing(container_in(root))
    assert found.sound() == FILES
    assert found.codes == {"offsets-wrapped"} | codes


@pytest.mark.parametrize("damaged", [1, 17, 38])
def test_damaged_local_header_in_a_small_zip_is_found(damaged: int, root: Path) -> None:
    data = bytearray(zip_bytes(FILES))
    place = [found.start() for found in re.finditer(b"PK\3\4", data)][damaged]
    data[place : place + 30] = b"?" * 30
    (root / "set.zip").write_bytes(data)
    found = listing(container_in(root))
    assert (found.report.status, found.codes) == ("partial", {"offset-differs", "header-damaged"})
    assert len(found.sound()) == len(FILES) - 1


def test_members_renamed_in_the_directory_only_are_complete(root: Path) -> None:
    data = bytearray(zip_bytes(FILES))
    for place in [found.start() for found in re.finditer(b"PK\3\4", data)][3:9]:
        data[place + 30 : place + 33] = b"SET"
    (root / "set.zip").write_bytes(data)
    found = listing(container_in(root))
    assert (found.report.status, found.sound(), found.codes) == ("complete", FILES, {"name-differs"})


def test_damaged_header_in_the_directory_is_named(root: Path) -> None:
    data = bytearray(zip_bytes(FILES))
    place = [found.start() for found in re.finditer(b"PK\1\2", data)][5]
    data[place] = 0
    (root / "set.zip").write_bytes(data)
    found = listing(container_in(root))
    assert found.sound() == FILES
    damage = "header-damaged: only 5 of 40 entries of the directory can be read"
    assert found.report.reason == f"{damage}: 35 members were found by their local headers"


@pytest.mark.parametrize("cut", ["split", "plain"])
def test_volume_of_another_archive_is_found_in_a_large_zip(
    cut: str, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few members of a large zip are checked: those next to each volume are among them."""
    monkeypatch.setattr(offsets, "_SMALL", 0)
    monkeypatch.setattr(offsets, "_CHECKED", 2)
    volumes = _split(tmp_path)
    data = zip_bytes(FILES)
    for number, volume in enumerate(volumes):
        piece = data[number << 16 : number + 1 << 16]
        name = volume.name if cut == "split" else f"set.zip.{number:03}"
        (root / name).write_bytes(volume.read_bytes() if cut == "split" else piece)
    place = sorted(root.iterdir())[2]
    place.write_bytes(random.Random(7).randbytes(place.stat().st_size))
    found = listing(container_in(root))
    assert (found.report.status, found.report.reason.partition(":")[0]) == ("partial", "offset-differs")
    assert len(FILES) - 10 < len(found.sound()) < len(FILES)


def test_hole_in_a_large_zip_is_found(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A download into reserved room has holes where pieces are missing."""
    monkeypatch.setattr(offsets, "_SMALL", 0)
    monkeypatch.setattr(offsets, "_CHECKED", 2)
    data = zip_bytes(FILES)
    with (root / "set.zip").open("wb") as file:
        file.write(data[: 1 << 16])
        file.seek(1 << 17)
        file.write(data[1 << 17 :])
        file.flush()
        if os.lseek(file.fileno(), 0, os.SEEK_HOLE) >= 1 << 17:
            pytest.skip("the file system has no holes")
    found = listing(container_in(root))
    assert (found.report.status, found.report.reason.partition(":")[0]) == ("partial", "offset-differs")
    assert len(FILES) - 10 < len(found.sound()) < len(FILES)
