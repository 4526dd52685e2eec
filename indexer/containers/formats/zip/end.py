"""Parse the records at the end of a zip: the location of its directory and the number of members.

APPNOTE.TXT 6.3.10, 4.3.14 to 4.3.16. Bytes before the first member and after the comment are allowed.
"""

import struct
from dataclasses import dataclass, replace

from indexer.base.errors import BadData
from indexer.containers.bytes.volumes import ByteRange

_END = struct.Struct("<4s4H2LH")
_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LONGEST_COMMENT = 65_535
_MOST_ZEROS = 256 << 20  # bytes behind the end record that are searched
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class End:
    """The fields of the end records.

    ``position`` is where they begin; ``trailing`` counts bytes after the comment without zeros at the end: some writers
    fill their last block.
    """

    disk: int
    directory_disk: int
    entries: int
    directory_size: int
    directory_offset: int
    position: int
    trailing: int

    @property
    def directory_position(self) -> int:
        """Return where the directory begins: right before the end records, even if data precede the first member."""
        return self.position - self.directory_size


def find_end(window: ByteRange) -> End | None:
    """Return the end records of the zip in ``window``, or None if it has none (truncated, or not a zip)."""
    begin, tail = _tail(window)
    whole, cut = _end_records(tail)
    found = [_end_at(window, begin, tail, place) for place in whole or cut[:1]]
    # A comment may have an end record, too: the record that counts has the longer comment, and a directory before it.
    with_members = [end for end in found if end.entries and _has_header_at(window, end.directory_position)]
    return next(iter(with_members[-1:] or found), None)


def _end_at(window: ByteRange, begin: int, tail: bytes, place: int) -> End:
    _, disk, directory_disk, _, entries, size, offset, comment = _END.unpack_from(tail, place)
    trailing = len(tail[place + _END.size + comment :].rstrip(b"\0"))
    return _with_zip64(window, End(disk, directory_disk, entries, size, offset, begin + place, trailing))


def _tail(window: ByteRange) -> tuple[int, bytes]:
    """Return where the bytes begin that may have the end record, and the bytes; zeros behind them are skipped."""
    stop = window.size
    while True:
        begin, tail = _before(window, stop)
        used = len(tail.rstrip(b"\0"))
        if used or begin in (0, stop) or begin < window.size - _MOST_ZEROS:
            break
        stop = begin
    end = begin + used + _END.size  # the record may end in zeros itself
    return (begin, tail) if end >= stop else _before(window, end)


def _before(window: ByteRange, stop: int) -> tuple[int, bytes]:
    """Return the bytes before ``stop`` that may have an end record with comment, without missing volumes."""
    begin = max(0, stop - _END.size - _LONGEST_COMMENT)
    while begin < stop:
        try:
            return begin, window.read(begin, stop - begin)
        except BadData:
            begin = window.next_part(begin)
    return stop, b""


def _end_records(tail: bytes) -> tuple[list[int], list[int]]:
    """Return the positions of end records whose comment ends the file, and of others that fit, the last ones first."""
    whole: list[int] = []
    cut: list[int] = []
    place = tail.rfind(b"PK\5\6")
    while place >= 0:
        if place + _END.size <= len(tail):
            rest = len(tail) - place - _END.size - _END.unpack_from(tail, place)[-1]
            if rest >= 0:
                (cut if rest else whole).append(place)
        place = tail.rfind(b"PK\5\6", 0, place)
    return whole, cut


def _with_zip64(window: ByteRange, end: End) -> End:
    """Return ``end`` with the fields that did not fit taken from the ZIP64 record (4.3.14), if there is one."""
    found = _find_zip64(window, end)
    if found is None:
        return end
    position, (_, _, _, _, disk, directory_disk, _, entries, size, offset) = found
    return End(
        disk=disk if end.disk == _FULL16 else end.disk,
        directory_disk=directory_disk if end.directory_disk == _FULL16 else end.directory_disk,
        entries=entries if end.entries == _FULL16 else end.entries,
        directory_size=size if end.directory_size == _FULL32 else end.directory_size,
        directory_offset=offset if end.directory_offset == _FULL32 else end.directory_offset,
        position=position,
        trailing=end.trailing,
    )


def _find_zip64(window: ByteRange, end: End) -> tuple[int, tuple[int, ...]] | None:
    place = end.position - _LOCATOR.size
    if place < 0:
        return None
    locator = window.read(place, _LOCATOR.size)
    if locator[:4] != b"PK\6\7":
        return None
    for position in (place - _END64.size, _LOCATOR.unpack(locator)[2]):
        record = window.read(position, _END64.size) if 0 <= position < place else b""
        if record[:4] == b"PK\6\6" and len(record) == _END64.size:
            return position, _END64.unpack(record)
    return None


def with_directory(window: ByteRange, end: End | None, starts: tuple[int, ...]) -> End | None:
    """Return ``end`` if a directory is at its position or at its offset (then its size is corrected), else None."""
    if end is None or end.entries == 0 or _has_header_at(window, end.directory_position):
        return end
    start = starts[end.directory_disk] if end.directory_disk < len(starts) else 0
    position = start + end.directory_offset
    return replace(end, directory_size=end.position - position) if _has_header_at(window, position) else None


def _has_header_at(window: ByteRange, position: int) -> bool:
    try:
        return 0 <= position < window.size and window.read(position, 4) == b"PK\1\2"
    except BadData:
        return False
