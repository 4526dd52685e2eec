"""Read the fields of RAR headers that libarchive does not return: checksums, encryption, whether more volumes follow.

libarchive does not verify checksums of stored members, returns encrypted bytes of RAR5 members as they are, and takes
the end of the last volume that is present for the end of the archive.

RAR 1.5 to 4: RARLAB's technote of 2.9; RAR5: "RAR 5.0 archive format" at https://www.rarlab.com/technote.htm.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat

from indexer.base.errors import BadData
from indexer.containers.bytes.volumes import ByteRange
from indexer.containers.members.rows import Health
from indexer.containers.members.trailing import check_end

_SIGNATURE4, _SIGNATURE5 = b"Rar!\x1a\x07\x00", b"Rar!\x1a\x07\x01\x00"
_LONGEST = 2 << 20  # bytes of a header that RAR5 allows
_BLOCK4 = struct.Struct("<BHH")
_MAIN4, _FILE4, _SERVICE4, _END4 = 0x73, 0x74, 0x7A, 0x7B
_MAIN5, _FILE5, _SERVICE5, _LOCKED5, _END5 = 1, 2, 3, 4, 5
_VOLUME = 1  # a flag of main headers
_ENCRYPTION5, _LINK5 = 1, 5  # types of records; a copy of an earlier member is a link, too
_WITH_END = 29  # RAR 3 and later write an end block; older versions may not


@dataclass(frozen=True, slots=True)
class RarSummary:
    """A member's checksum (None if there is none of its unencrypted bytes), and whether it is encrypted or a link."""

    crc32: int | None = None
    encrypted: bool = False
    linked: bool = False


NOTHING = RarSummary()


@dataclass(frozen=True, slots=True)
class _Block:
    """A header of either format. ``kind`` is 'file', 'end' or ''; ``stop`` is where the next header begins."""

    kind: str
    stop: int
    summary: RarSummary = NOTHING
    continued: bool = False  # the rest of a member of the previous volume
    goes_on: bool = False  # the member, or (end block) the archive, continues in the next volume
    needs_end: bool = False


def members(window: ByteRange, health: Health) -> Iterator[RarSummary]:
    """Yield a summary of each member, folders included, in the archive's order; then add findings about its end.

    The iterator is endless, so that it can accompany any walk: after the last member, and for archives that are not
    RARs, it yields NOTHING. Raises BadData if the headers are encrypted.
    """
    if window.read(0, len(_SIGNATURE4)) in (_SIGNATURE4, _SIGNATURE5[: len(_SIGNATURE4)]):
        yield from _members(window, health)
    yield from repeat(NOTHING)


def is_volume(window: ByteRange) -> bool:
    """Return whether the main header, which is the first, shows that an archive has several volumes."""
    head = window.read(0, 64).ljust(64, b"\0")
    if head.startswith(_SIGNATURE4):
        return head[9] == _MAIN4 and bool(head[10] & _VOLUME)
    _, used = _number(head, 12)
    reader = _Reader(head[12 + used :])
    kind, flags = reader.number(), reader.number()
    if not head.startswith(_SIGNATURE5) or kind != _MAIN5:
        return False
    if flags & 1:
        reader.number()
    return bool(reader.number() & _VOLUME)


def _members(window: ByteRange, health: Health) -> Iterator[RarSummary]:
    """Yield one summary per member: the last part of a member in several volumes has the checksum of the whole."""
    last: _Block | None = None
    waiting: RarSummary | None = None
    for block in _blocks(window):
        if block.kind == "file":
            if waiting is not None and not block.continued:
                yield waiting
            waiting = block.summary if not block.continued or waiting is not None else None
        last = block
    if waiting is not None:
        yield waiting
    _check_end(window, last, health)


def _check_end(window: ByteRange, last: _Block | None, health: Health) -> None:
    if last is None:
        return
    if last.goes_on:
        health.add("volume-missing", "the archive continues in a volume that is missing")
    elif last.kind == "end":
        check_end(window, last.stop, health)
    elif last.needs_end:
        health.add("no-end-marker", f"the rar ends at byte {last.stop} without its end block")


def _blocks(window: ByteRange) -> Iterator[_Block]:
    """Yield the headers of all volumes, up to the first that cannot be read."""
    position, five = 0, False
    while True:
        head = window.read(position, 8)
        if head.startswith(_SIGNATURE4):
            position, five = position + 7, False
            continue
        if head == _SIGNATURE5:
            position, five = position + 8, True
            continue
        block = _block5(window, position) if five else _block4(window, position)
        if block is None or block.stop <= position:
            return
        yield block
        # a volume may be padded behind its end block
        position = window.next_part(block.stop - 1) if block.kind == "end" else block.stop


def _block4(window: ByteRange, position: int) -> _Block | None:
    raw = window.read(position, 7 + 32)
    if len(raw) < 7:
        return None
    kind, flags, size = _BLOCK4.unpack_from(raw, 2)
    if kind == _MAIN4 and flags & 0x80:
        raise BadData("encrypted", "names and members need a password")
    if kind == _END4:
        return _Block("end", position + size, goes_on=bool(flags & 1))
    if kind not in (_FILE4, _SERVICE4):
        more = int.from_bytes(raw[7:11], "little") if flags & 0x8000 else 0
        return _Block("", position + size + more)
    if len(raw) < 32:
        return None
    packed, crc32, version = struct.unpack_from("<L5xL4xB", raw, 7)
    if flags & 0x100:
        packed |= int.from_bytes(window.read(position + 32, 4), "little") << 32
    summary = RarSummary(encrypted=True) if flags & 4 else RarSummary(crc32)
    stop = position + size + packed
    return _Block(
        "file" if kind == _FILE4 else "", stop, summary, bool(flags & 1), bool(flags & 2), version >= _WITH_END
    )


def _block5(window: ByteRange, position: int) -> _Block | None:
    raw = window.read(position, 4 + 3)
    size, used = _number(raw, 4)
    if not used or not 0 < size <= _LONGEST:
        return None
    reader = _Reader(window.read(position + 4 + used, size))
    kind, flags = reader.number(), reader.number()
    extra = reader.number() if flags & 1 else 0
    data = reader.number() if flags & 2 else 0
    stop = position + 4 + used + size + data
    if kind == _LOCKED5:
        raise BadData("encrypted", "names and members need a password")
    if kind == _END5:
        return _Block("end", stop, goes_on=bool(reader.number() & 1))
    if kind != _FILE5:
        return _Block("", stop)
    summary = _file_summary5(reader, extra)
    return _Block("file", stop, summary, bool(flags & 8), bool(flags & 0x10), needs_end=True)


def _file_summary5(reader: "_Reader", extra: int) -> RarSummary:
    """Read a file header after its general fields: flags, sizes, times, then (bit 2 of the flags) the checksum."""
    flags = reader.number()
    reader.number()
    reader.number()
    if flags & 2:
        reader.take(4)
    crc32 = int.from_bytes(reader.take(4), "little") if flags & 4 else None
    records = reader.records(extra)
    if _ENCRYPTION5 in records:
        return RarSummary(encrypted=True)
    return RarSummary(linked=True) if _LINK5 in records else RarSummary(crc32)


def _number(raw: bytes, at: int) -> tuple[int, int]:
    """Return RAR5's number at ``at`` (seven bits per byte, lowest first) and its length, 0 if it is truncated."""
    value = 0
    for index, byte in enumerate(raw[at : at + 10]):
        value |= (byte & 0x7F) << 7 * index
        if not byte & 0x80:
            return value, index + 1
    return 0, 0


class _Reader:
    """A reader of numbers and bytes of a RAR5 header; zeros follow its end."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def number(self) -> int:
        value, used = _number(self._data, self._at)
        self._at += used
        return value

    def take(self, size: int) -> bytes:
        self._at += size
        return self._data[self._at - size : self._at]

    def records(self, size: int) -> set[int]:
        """Return the types of the records in the header's extra area, its last ``size`` bytes."""
        found, self._at = set(), max(self._at, len(self._data) - size)
        while self._at < len(self._data):
            length, used = _number(self._data, self._at)
            if not used:
                break
            kind, _ = _number(self._data, self._at + used)
            found.add(kind)
            self._at += used + length
        return found
