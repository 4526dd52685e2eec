"""Invalid headers that no archiver writes: only their own archive fails, and quickly."""

import struct
import subprocess
from pathlib import Path
from zlib import crc32

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from indexer.containers.detect import find_containers
from indexer.containers.kinds import Kind
from indexer.containers.models import Container, ContainerStatus
from tests.support.archives import container_in, listing, seven_zipped, tar_header, volumes_of
from tests.support.programs import require_program

_HEADER, _FILES, _STREAMS, _PACK_INFO, _SIZE = 0x01, 0x05, 0x04, 0x06, 0x09


def seven_zip(header: bytes, packed_bytes: bytes = b"") -> bytes:
    """A 7z of this header, its checksums right."""
    start = struct.pack("<QQL", len(packed_bytes), len(header), crc32(header))
    return b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<L", crc32(start)) + start + packed_bytes + header


def packed(body: bytes) -> bytes:
    """A tar whose only member has pax records ``body``."""
    head = tar_header(b"pax", b"%011o\0" % len(body), b"x") + body + bytes(-len(body) % 512)
    return head + tar_header(b"a.txt", b"%011o\0" % 4) + b"abcd".ljust(512, b"\0") + bytes(1024)


HEADERS = {
    "a number beyond 63 bits": bytes([_HEADER, _FILES, 0xFF, *[0xFF] * 8]),
    "more files than bytes": bytes([_HEADER, _FILES, 0xE0, 0xFF, 0xFF, 0x0F]),
    "a folder without its packed size": bytes(
        [_HEADER, _STREAMS, _PACK_INFO, 0, 0, 0, 0x07, 0x0B, 1, 0, 1, 1, 0, 0x0C, 5, 0, 0]
    ),
}


@pytest.mark.parametrize("what", HEADERS)
def test_random_7z_headers_raise_no_error(what: str, root: Path) -> None:
    (root / "set.7z").write_bytes(seven_zip(HEADERS[what]))
    found = listing(container_in(root))
    assert found.report.status == ContainerStatus.FAILED
    assert "header-damaged" in found.codes


def test_stored_7z_member_beyond_the_end_is_refused(tree: Path, root: Path) -> None:
    seven_zipped(tree, root / "set.7z", "-mx0", "-mhc=off")
    data = (root / "set.7z").read_bytes()
    offset, size = struct.unpack_from("<QQ", data, 12)
    header = data[32 + offset : 32 + offset + size]
    (root / "set.7z").write_bytes(seven_zip(header, data[32 : 32 + offset // 2]))
    found = listing(container_in(root))
    assert found.report.status == ContainerStatus.PARTIAL
    assert "truncated" in found.codes


TARS = {
    "a size beyond 63 bits": tar_header(b"a.png", b"\x80" + b"\xff" * 11) + bytes(1024),
    "a pax record longer than numbers are": packed(b"9" * 5000 + b" path=b\n"),
    "a pax size longer than numbers are": packed(b"5014 size=" + b"9" * 5003 + b"\n"),
}


@pytest.mark.parametrize("what", TARS)
def test_invalid_tar_sizes_raise_no_error(what: str, root: Path) -> None:
    (root / "set.tar").write_bytes(TARS[what])
    found = listing(container_in(root))
    assert found.report.listed <= 1


def test_size_beyond_63_bits_fails_its_member_only(root: Path) -> None:
    good = tar_header(b"b.txt", b"%011o\0" % 4) + b"good".ljust(512, b"\0")
    (root / "set.tar").write_bytes(TARS["a size beyond 63 bits"][:512] + good + bytes(1024))
    found = listing(container_in(root))
    assert "header-damaged" in found.codes
    assert [row["name"] for row in found.rows] == ["b.txt"]


def test_tar_of_four_terabytes_is_listed_by_headers(root: Path) -> None:
    """A sparse file: only headers were written."""
    size, count = 15 << 30, 273
    with (root / "set.tar").open("wb") as file:
        for number in range(count):
            file.seek(number * (size + 512))
            file.write(tar_header(b"%03d.ppm" % number, b"\x80" + size.to_bytes(11, "big")))
        file.truncate(count * (size + 512) + 1024)
    found = listing(container_in(root))
    assert (found.report.status, found.report.listed) == (ContainerStatus.COMPLETE, count)
    assert found.rows[-1]["offset"] == (count - 1) * (size + 512) + 512


@pytest.mark.parametrize(
    ("program", "magic"),
    [
        ("lrzip", b"LRZI\0\6" + bytes(18)),
        ("lzop", b"\x89LZO\0\r\n\x1a\n\x10\x30\x20\x80\x09\x40" + bytes(40)),
        ("grzip", b"GRZipII\0\2\4:)" + bytes(40)),
    ],
)
def test_no_program_is_started(
    program: str, magic: bytes, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """libarchive hands such files to programs by name, as its own bsdtar shows."""
    trap, sign = tmp_path / "trap", tmp_path / "started"
    trap.mkdir()
    (trap / program).write_text(f"#!/bin/sh\n: > {sign}\n")
    (trap / program).chmod(0o755)
    (root / "set.tar.lzo").write_bytes(magic)
    bsdtar = require_program("bsdtar")
    monkeypatch.setenv("PATH", str(trap))
    subprocess.run([bsdtar, "-tf", root / "set.tar.lzo"], check=False, capture_output=True)
    assert sign.exists()
    sign.unlink()
    containers, _ = find_containers(root, volumes_of(root))
    for container in containers or [Container(root, "set.tar.lzo", Kind.STREAM, tuple(volumes_of(root)))]:
        assert listing(container).report.status == ContainerStatus.FAILED
    assert not sign.exists()


@pytest.mark.parametrize("suffix", ["arrow", "parquet"])
def test_repeated_column_names_fail_the_table(suffix: str, root: Path) -> None:
    twice = pa.table([pa.array([b"one"]), pa.array([b"two"])], names=["image", "image"])
    if suffix == "parquet":
        pq.write_table(twice, root / "set.parquet")
    else:
        with pa.ipc.new_stream(str(root / "set.arrow"), twice.schema) as stream:
            stream.write_table(twice)
    found = listing(container_in(root))
    assert found.report.status == ContainerStatus.FAILED
    assert "columns of one name: image" in str(found.report.reason)
