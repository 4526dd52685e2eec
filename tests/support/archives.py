"""Real archives of a small tree, packed by the real tools; a test without its tool is skipped."""

import os
import random
import struct
import subprocess
import zlib
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from indexer.base.errors import BadData
from indexer.containers.bytes.volumes import VolumePart, Volumes
from indexer.containers.copying import LOCATED, copy_members
from indexer.containers.detect import find_containers
from indexer.containers.from_manifest import stored_member
from indexer.containers.listing import list_members
from indexer.containers.logical_path import logical_path
from indexer.containers.models import ArchiveLimits, Container, ListingReport, MemberBytes, MemberRef, Volume
from indexer.containers.open_containers import OpenContainers
from indexer.containers.reading import read_members
from tests.support.programs import require_program

VOLUME = "100k"


def run(*command: object, cwd: Path, feed: bytes | None = None, out: IO[bytes] | int = subprocess.PIPE) -> None:
    """Run a program in ``cwd``; skip the test, naming the program, where it is not installed."""
    require_program(str(command[0]))
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, stdout=out, stderr=subprocess.PIPE, input=feed, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace") or done.stdout.decode(errors="replace")


def grow(folder: Path, seed: int = 0) -> dict[str, bytes]:
    """Write a tree below ``folder`` and return its contents by name: noise, flat pictures, odd names, a side file."""
    noise = random.Random(seed)
    files = {f"photos/{i % 3}/{i:03}.png": noise.randbytes(9_000 + 3_000 * i) for i in range(12)}
    files |= {f"fakes/ai/flat_{i}.jpg": bytes([i]) * 40_000 + noise.randbytes(500) for i in range(6)}
    files |= {"fakes/DALL·E 2/a:b 04:22:20_fake.png": noise.randbytes(5_000), "fakes/labels.csv": b"name,label\na,1\n"}
    files[f"fakes/{'long' * 30}/{'name' * 40}.png"] = noise.randbytes(700)
    plant(folder, files)
    return files


def plant(folder: Path, files: dict[str, bytes]) -> None:
    """Write ``files`` below ``folder``."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def volumes_of(root: Path) -> list[Volume]:
    """Return every file below ``root``."""
    paths = sorted(path for path in root.rglob("*") if path.is_file())
    return [Volume(str(p.relative_to(root)), p.stat().st_size, p.stat().st_mtime_ns) for p in paths]


def container_in(root: Path) -> Container:
    """Return the only container below ``root``."""
    containers, loose = find_containers(root, volumes_of(root))
    assert (len(containers), loose) == (1, [])
    return containers[0]


@dataclass(frozen=True, slots=True)
class Listing:
    """The results of listing a container."""

    container: Container
    rows: list[dict[str, object]]
    captured: list[MemberBytes]
    report: ListingReport

    @property
    def codes(self) -> set[str]:
        """The findings' codes."""
        return {finding.code for finding in self.report.findings}

    @property
    def accesses(self) -> set[str]:
        """The kinds of access of the members."""
        return {str(row["access"]) for row in self.rows}

    def row(self, name: str) -> dict[str, object]:
        """Return the row of the member whose name ends in ``name``."""
        (found,) = [row for row in self.rows if str(row["name"]).endswith(name)]
        return found

    def members(self, rows: Iterable[dict[str, object]] | None = None) -> list[MemberRef]:
        """Rows as members to read, with their ordinals as keys."""
        return [stored_member(row, int(row["ordinal"])) for row in (self.rows if rows is None else rows)]

    def read(self) -> dict[str, bytes | BadData]:
        """Return every member's bytes, or the error of reading them, by logical path."""
        got = dict(read_members(self.container, self.members(), ArchiveLimits()))
        assert got.keys() == {row["ordinal"] for row in self.rows}
        self._check_copies(got)
        return {logical_path(str(row["path"]), str(row["name"])): got[int(row["ordinal"])] for row in self.rows}

    def _check_copies(self, expected: dict[int, bytes | BadData]) -> None:
        """Members that are read into given memory have the same bytes, or the same problem."""
        members = [member for member in self.members() if member.access in LOCATED]
        places = {member.key: memoryview(bytearray(min(member.size or 0, 1 << 24))) for member in members}
        with closing(OpenContainers(ArchiveLimits())) as containers:
            copied = dict(copy_members(containers, self.container, members, places))
        assert copied.keys() == places.keys()
        for key, data in copied.items():
            if isinstance(data, BadData):
                assert str(data) == str(expected[key])
            else:
                assert data == expected[key]

    def sound(self) -> dict[str, bytes]:
        """Return the bytes of the members that can be read, by logical path."""
        return {name: data for name, data in self.read().items() if not isinstance(data, BadData)}


def listing(
    container: Container, limits: ArchiveLimits | None = None, capture: Callable[[str], bool] | None = None
) -> Listing:
    """List a container to the end."""
    found = list(list_members(container, limits or ArchiveLimits(), capture))
    report = found.pop()
    assert isinstance(report, ListingReport)
    captured = [item for item in found if isinstance(item, MemberBytes)]
    rows = [row for batch in found if not isinstance(batch, MemberBytes) for row in batch.to_pylist()]
    assert report.listed == len(rows)
    assert len({row["ordinal"] for row in rows}) == len(rows)
    return Listing(container, rows, captured, report)


def zipped(tree: Path, target: Path, *options: str) -> None:
    """Pack with Info-ZIP."""
    run("zip", "-q", "-r", *options, target, ".", cwd=tree)


def split_zipped(tree: Path, target: Path, size: str = VOLUME) -> None:
    """Pack as PKZIP volumes: ``.z01`` and so on, the last one ``.zip``."""
    zipped(tree, target, "-s", size)


def seven_zipped(tree: Path, target: Path, *options: str) -> None:
    """Pack with 7-Zip, in the format of the target's suffix."""
    run("7zz", "a", "-bd", *options, target, ".", cwd=tree)


def tarred(tree: Path, target: Path, *options: str) -> None:
    """Pack with GNU tar, compressed according to the target's suffix."""
    run("tar", "--auto-compress", "--sort=name", *options, "-cf", target, ".", cwd=tree)


def cut(archive: Path, *options: str) -> None:
    """Cut into plain parts with coreutils' split, and remove the archive."""
    run("split", "-b", VOLUME, *options, archive.name, f"{archive.name}.", cwd=archive.parent)
    archive.unlink()


def cut_at(archive: Path, names: list[str], sizes: list[int]) -> None:
    """Cut into files of given sizes; the last one gets the rest."""
    data, start = archive.read_bytes(), 0
    for name, size in zip(names, [*sizes, len(data)], strict=False):
        (archive.parent / name).write_bytes(data[start : start + size])
        start += size
    archive.unlink()


def tar_header(name: bytes, size: bytes, kind: bytes = b"0") -> bytes:
    """Return a header with the given field ``size`` and a correct checksum."""
    raw = bytearray(512)
    raw[: len(name)], raw[124 : 124 + len(size)], raw[156:157], raw[257:263] = name, size, kind, b"ustar\0"
    raw[148:156] = b" " * 8
    raw[148:156] = b"%06o\0 " % sum(raw)
    return bytes(raw)


def stored_rar(files: dict[str, bytes], flags: int = 0) -> bytes:
    """Return a RAR 4 archive of stored members with ``flags`` in its main header. No free program writes one.

    RAR technote 2.9, "Block formats".
    """
    blocks = [b"Rar!\x1a\x07\0", _rar_block(0x73, flags, bytes(6))]
    for name, data in files.items():
        raw = name.encode()
        fields = struct.pack("<LLBLLBBHL", len(data), len(data), 3, zlib.crc32(data), 0, 20, 0x30, len(raw), 0o100644)
        blocks += [_rar_block(0x74, 0x8000, fields + raw), data]
    return b"".join([*blocks, _rar_block(0x7B, 0x4000, b"")])


def _rar_block(kind: int, flags: int, fields: bytes) -> bytes:
    head = struct.pack("<BHH", kind, flags, 7 + len(fields)) + fields
    return struct.pack("<H", zlib.crc32(head) & 0xFFFF) + head


class Memory(Volumes):
    """Bytes in memory as volumes; reading beyond ``good`` raises ``trouble``."""

    def __init__(self, data: bytes, good: int | None = None, trouble: BaseException | None = None) -> None:
        super().__init__([VolumePart("memory", len(data), None)])
        self._data, self._good, self._trouble = data, len(data) if good is None else good, trouble

    def read(self, offset: int, size: int) -> bytes:
        """Return bytes, or raise as a failing disk does."""
        if self._trouble and offset < len(self._data) and offset + size > self._good:
            raise self._trouble
        return self._data[offset : offset + size]


def damage(path: Path, position: int, data: bytes) -> None:
    """Overwrite the file at ``position`` (negative: from its end) with ``data``."""
    with path.open("r+b") as file:
        file.seek(position, os.SEEK_SET if position >= 0 else os.SEEK_END)
        file.write(data)
