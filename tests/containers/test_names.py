"""Names are kept in any encoding, locale and length."""

import os
import struct
import subprocess
import sys
import tarfile
import zipfile
import zlib
from pathlib import Path

import pytest

from tests.support.archives import container_in, listing, plant, run, seven_zipped, tarred


def _zip(path: Path, raw: bytes, flagged: bool) -> None:
    """A zip of one member with the name ``raw``, and the UTF-8 flag or not."""
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("n" * len(raw))
        archive.writestr(info, b"data")
    data = path.read_bytes().replace(b"n" * len(raw), raw)
    path.write_bytes(_with_flag(data) if flagged else data)


def _with_flag(data: bytes) -> bytes:
    for signature, distance in ((b"PK\3\4", 7), (b"PK\1\2", 9)):
        place = data.index(signature) + distance
        data = data[:place] + b"\x08" + data[place + 1 :]
    return data


@pytest.mark.parametrize(
    ("raw", "flagged", "name", "kept"),
    [
        ("DALL·E/é.png".encode(), False, "DALL·E/é.png", None),
        ("DALL·E/é.png".encode(), True, "DALL·E/é.png", None),
        (b"caf\x82.png", False, "café.png", b"caf\x82.png"),
        (b"caf\xe9.png", True, "caf\\xe9.png", b"caf\xe9.png"),
        (b"line\nbreak\x1b[31m\xe2\x80\xae.png", False, "line\nbreak\x1b[31m\u202e.png", None),
    ],
    ids=["utf-8 without flag", "utf-8 with flag", "cp437", "wrong flag", "control characters"],
)
def test_names_in_zips_are_decoded(raw: bytes, flagged: bool, name: str, kept: bytes | None, root: Path) -> None:
    _zip(root / "set.zip", raw, flagged)
    (row,) = listing(container_in(root)).rows
    assert (row["name"], row["name_bytes"]) == (name, kept)


def test_tar_names_that_are_not_utf8_are_kept_as_bytes(root: Path, tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.png")).write_bytes(b"data")
    run("tar", "-cf", root / "set.tar", os.fsdecode(b"caf\xe9.png"), cwd=tmp_path)
    found = listing(container_in(root))
    (row,) = found.rows
    assert (row["name"], row["name_bytes"]) == ("caf\\xe9.png", b"caf\xe9.png")
    assert list(found.read().values()) == [b"data"]


@pytest.mark.parametrize("method", ["LZMA2", "PPMd"])
def test_names_in_7z_that_are_not_utf8_are_kept_as_bytes(method: str, root: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / os.fsdecode(b"caf\xe9 \xc3\xa9.png")).write_bytes(b"data")
    seven_zipped(tmp_path / "in", root / "set.7z", f"-m0={method}")
    found = listing(container_in(root))
    (row,) = found.rows
    assert (row["name"], row["name_bytes"]) == ("caf\\xe9 \u00e9.png", b"caf\xe9 \xc3\xa9.png")
    assert list(found.read().values()) == [b"data"]


def test_nested_names_that_are_not_utf8_are_kept_as_bytes(root: Path, tmp_path: Path) -> None:
    plant(tmp_path / "in", {"a.png": b"data"})
    run("zip", "-q", "-r", tmp_path / "inner.zip", ".", cwd=tmp_path / "in")
    (tmp_path / "inner.zip").rename(tmp_path / os.fsdecode(b"caf\xe9.zip"))
    run("tar", "-cf", root / "set.tar", os.fsdecode(b"caf\xe9.zip"), cwd=tmp_path)
    row = listing(container_in(root)).row("a.png")
    assert (row["name"], row["name_bytes"]) == ("caf\\xe9.zip!a.png", b"caf\xe9.zip!a.png")


def test_archive_with_a_name_that_is_not_utf8_is_read(root: Path, tmp_path: Path) -> None:
    plant(tmp_path / "in", {"a.png": b"data"})
    run("zip", "-q", "-r", tmp_path / "inner.zip", ".", cwd=tmp_path / "in")
    (tmp_path / "inner.zip").rename(root / os.fsdecode(b"caf\xe9.zip"))
    found = listing(container_in(root))
    assert found.rows[0]["path"] == "caf\\xe9.zip"
    assert list(found.read().values()) == [b"data"]


def test_composed_and_decomposed_names_are_different(root: Path) -> None:
    with tarfile.open(root / "set.tar", "w", format=tarfile.PAX_FORMAT) as archive:
        for name in ("caf\u00e9.png", "cafe\u0301.png"):
            archive.addfile(tarfile.TarInfo(name))
    assert len({row["name"] for row in listing(container_in(root)).rows}) == 2


@pytest.mark.parametrize("settings", [{"LC_ALL": "C"}, {}])
def test_names_do_not_depend_on_the_locale(settings: dict[str, str], root: Path, tmp_path: Path) -> None:
    plant(tmp_path / "set", {"DALL·E/é.png": b"data"})
    seven_zipped(tmp_path / "set", root / "set.7z", "-m0=PPMd")
    tarred(tmp_path / "set", root / "set.tar.gz")
    run("bsdtar", "--format", "cpio", "-cf", root / "set.cpio", ".", cwd=tmp_path / "set")
    program = (
        "import sys; from pathlib import Path; from tests.support.archives import *\n"
        "root = Path(sys.argv[1]); containers, _ = find_containers(root, volumes_of(root))\n"
        "for c in containers:\n"
        "    found = listing(c)\n"
        "    print(ascii(found.row('.png')['name'].removeprefix('./')), set(found.read().values()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(root)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[2]), **settings},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.splitlines() == [f"{'DALL·E/é.png'!a} {{b'data'}}"] * 3


def _zip_from(path: Path, system: int, names: dict[str, bytes], extra: bytes = b"") -> None:
    """A zip of members with these names and contents, made on ``system`` (APPNOTE.TXT 4.4.2)."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in names.items():
            info = zipfile.ZipInfo("x")
            info.filename, info.create_system, info.extra = name, system, extra
            archive.writestr(info, data)


@pytest.mark.parametrize("system", [0, 10, 14])
def test_backslashes_of_dos_are_slashes(system: int, root: Path) -> None:
    _zip_from(root / "set.zip", system, {"a\\": b"", "a\\b\\": b"", "a\\b\\1.png": b"1", "c/d\\2.png": b"2"})
    assert [row["name"] for row in listing(container_in(root)).rows] == ["a/b/1.png", "c/d\\2.png"]


def test_backslashes_of_unix_are_parts_of_names(root: Path) -> None:
    _zip_from(root / "set.zip", 3, {"a\\1.png": b"1"})
    assert [row["name"] for row in listing(container_in(root)).rows] == ["a\\1.png"]


@pytest.mark.parametrize("crc32", [zlib.crc32(b"a?/1.png"), 1], ids=["current", "outdated"])
def test_unicode_path_field_is_used_if_it_belongs_to_the_name(crc32: int, root: Path) -> None:
    name = "a\u732b/1.png".encode()
    extra = struct.pack("<HHHHHBL", 0x5455, 1, 0, 0, 0, 1, 1)[:5]  # another field comes first
    extra += struct.pack("<HHBL", 0x7075, 5 + len(name), 1, crc32) + name
    _zip_from(root / "set.zip", 0, {"a?/1.png": b"1"}, extra)
    expected = "a\u732b/1.png" if crc32 != 1 else "a?/1.png"
    assert [row["name"] for row in listing(container_in(root)).rows] == [expected]
