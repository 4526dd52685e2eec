"""The vectorised parser of zip directories against that of the standard library."""

import io
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.base.errors import BadData
from indexer.containers.formats.zip.directory import read_blocks
from indexer.containers.formats.zip.end import End, find_end
from indexer.containers.models import ArchiveLimits, ContainerStatus
from tests.support.archives import Memory, container_in, listing
from tests.support.large_zips import write_zip

_NAME = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=60)
_EXTRA = st.sampled_from([b"", b"UT\x05\0\x03abcd", b"PK\2\0\1\2", b"\x07\0\x04\0PK\1\2"])
_COMMENT = st.binary(max_size=50).filter(lambda text: b"PK\5\6" not in text)  # zipfile takes it for the end itself
_MEMBER = st.tuples(_NAME, _EXTRA, st.sampled_from([b"", b"PK\1\2 in a comment", b"x" * 300]), st.binary(max_size=40))


@pytest.mark.filterwarnings("ignore:Duplicate name")
@settings(max_examples=150)
@given(members=st.lists(_MEMBER, min_size=1, max_size=30), prefix=st.binary(max_size=50), comment=_COMMENT)
def test_fields_equal_those_of_zipfile(
    members: list[tuple[str, bytes, bytes, bytes]], prefix: bytes, comment: bytes
) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.comment = comment
        for name, extra, remark, data in members:
            info = zipfile.ZipInfo(name)
            info.extra, info.comment = extra, remark
            archive.writestr(info, data)
    data = prefix + packed.getvalue()
    expected = zipfile.ZipFile(io.BytesIO(data)).infolist()
    window = Memory(data).window()
    end = find_end(window)
    assert end is not None
    (block,) = read_blocks(window, end, [len(prefix)])
    assert [name.decode() for name in block.names().to_pylist()] == [info.orig_filename for info in expected]
    assert block.offset.tolist() == [info.header_offset for info in expected]
    assert block.size.tolist() == [info.file_size for info in expected]
    assert block.header["crc32"].tolist() == [info.CRC for info in expected]


def test_zip_with_more_than_65535_members_is_complete(root: Path) -> None:
    write_zip(root / "set.zip", 70_000, [(b"data", 4, zlib.crc32(b"data"))], method=0)
    found = listing(container_in(root))
    assert (found.report.status, found.report.declared, found.report.listed) == (
        ContainerStatus.COMPLETE,
        70_000,
        70_000,
    )
    assert [row["ordinal"] for row in found.rows] == list(range(70_000))
    assert found.rows[69_999]["name"] == "train/class_39/000069999.jpg"
    assert zipfile.ZipFile(root / "set.zip").infolist()[69_999].header_offset == found.rows[69_999]["offset"]


def test_offsets_beyond_four_gigabytes_are_read(root: Path) -> None:
    """A sparse file: five members of a gigabyte of zeros between the headers."""
    with zipfile.ZipFile(root / "set.zip", "w", allowZip64=True) as archive:
        for number in range(5):
            info = zipfile.ZipInfo(f"{number}.png")
            archive.writestr(info, b"data")
            archive.fp.seek(archive.start_dir + (1 << 30))  # type: ignore[union-attr]
            archive.start_dir = archive.fp.tell()  # type: ignore[union-attr]
    found = listing(container_in(root))
    assert found.report.status == ContainerStatus.COMPLETE
    assert found.rows[-1]["offset"] > 1 << 32
    assert set(found.read().values()) == {b"data"}


def test_damaged_directory_is_replaced_by_local_headers(root: Path) -> None:
    with zipfile.ZipFile(root / "set.zip", "w") as archive:
        archive.writestr("a.png", b"a")
        start = archive.start_dir
    data = bytearray((root / "set.zip").read_bytes())
    data[start : start + 4] = b"junk"
    (root / "set.zip").write_bytes(data)
    found = listing(container_in(root))
    assert found.codes == {"no-directory"}
    assert found.read() == {"set/a.png": b"a"}


@pytest.mark.parametrize("size", range(0, 120, 7))
def test_truncated_directory_is_parsed_without_error(size: int, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.writestr("a.png", b"a")
        archive.writestr("b.png", b"b")
        start = archive.start_dir
    data = (tmp_path / "set.zip").read_bytes()[start : start + size]
    blocks = list(read_blocks(Memory(data).window(), End(0, 0, 2, size, 0, size, 0), [0]))
    assert sum(map(len, blocks)) <= 2


def test_decompression_bombs_are_rows_with_a_problem(root: Path) -> None:
    with zipfile.ZipFile(root / "set.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.png", bytes(5_000_000))
        archive.writestr("sound.png", b"sound")
    found = listing(container_in(root), ArchiveLimits(ratio=100.0))
    assert found.row("bomb.png")["problem"] == "over the size limit"
    assert found.row("sound.png")["problem"] is None


@pytest.mark.parametrize("declared", [0, 1_000])
def test_member_larger_than_declared_is_bad_data(root: Path, declared: int) -> None:
    with zipfile.ZipFile(root / "set.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("liar.png", bytes(5_000_000))
        archive.filelist[0].file_size = declared
    (data,) = listing(container_in(root)).read().values()
    assert isinstance(data, BadData)
    assert data.reason == "size differs"
