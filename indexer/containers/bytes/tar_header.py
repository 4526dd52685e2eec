"""Parse one tar header of 512 bytes, and the pax records that may precede it.

POSIX.1-2024, pax, "ustar Interchange Format" and "pax Extended Header"; GNU tar manual, "Basic Tar Format".
"""

import re
from dataclasses import dataclass
from typing import Protocol

from indexer.containers.problems import SYMBOLIC_LINK

RECORD = 512
_OCTAL = re.compile(rb"[0-7 \0]*[0-7][0-7 \0]*")
_MOST_FIELDS = 3
LARGEST = (1 << 63) - 1  # bytes: the largest signed 64-bit integer; a header with a larger size is damaged
EXTENSIONS = b"xgLKX"  # of the following header, or (g) of all following ones
UNLISTED = b"5DVM"  # folders, GNU's directory dumps, volume labels, continued members
_CONTINUED = ord("M")
LINKS = b"12"  # hard links, symbolic links
MAGIC, MAGIC_AT = b"ustar", 257  # of POSIX and GNU
SPARSE = ord("S")  # GNU's old format
PROBLEMS = {"1": "hard link", "2": SYMBOLIC_LINK} | dict.fromkeys("346", "not a file")


@dataclass(frozen=True, slots=True)
class TarHeader:
    """The fields that are used; ``type`` is the byte of the type flag."""

    name: bytes
    type: int
    size: int
    continued: bool  # GNU's old sparse map goes on in the next record
    link: bytes = b""

    @property
    def data_size(self) -> int:
        """Return the size of the data after the header, in whole records."""
        return 0 if self.type in b"123456" else -(-self.size // RECORD) * RECORD


def parse(raw: bytes) -> TarHeader | None:
    """Return the header in ``raw``, or None if its checksum or numbers are wrong."""
    try:
        if not _checksum_fits(raw):
            return None
        size = number(raw[124:136])
    except ValueError:
        return None
    if not 0 <= size <= LARGEST:
        return None
    link = raw[157:257].split(b"\0", 1)[0] if raw[156] in LINKS else b""
    return TarHeader(_name(raw), raw[156], size, raw[156] == SPARSE and raw[482] != 0, link)


def is_header(raw: bytes) -> bool:
    """Return whether ``raw`` is certainly a header: it has the magic of POSIX and GNU, not only a matching checksum."""
    return raw[MAGIC_AT : MAGIC_AT + len(MAGIC)] == MAGIC and parse(raw) is not None


def resembles_header(raw: bytes) -> bool:
    """Return whether most numbers of a header without a valid checksum are octal: its damage is then small."""
    fields = (raw[100:108], raw[108:116], raw[116:124], raw[124:136], raw[136:148])
    return sum(_OCTAL.fullmatch(field) is not None for field in fields) >= _MOST_FIELDS


def _checksum_fits(raw: bytes) -> bool:
    field = raw[148:156]
    declared = number(field)
    if len(raw) != RECORD or declared <= 0:  # a field without digits is no checksum, although bytes may add up to 0
        return False
    total = sum(raw) - sum(field) + 8 * 32
    return declared == total or declared == total - 256 * sum(byte > 127 for byte in raw)  # as some old tars on Unix do


def number(field: bytes) -> int:
    """Parse octal digits, or GNU's base 256. Raises ValueError."""
    if field[:1] in (b"\x80", b"\xff"):
        return int.from_bytes(field[1:], "big") - (256 ** (len(field) - 1) if field[0] == 0xFF else 0)
    digits = field.split(b"\0", 1)[0].strip()
    return int(digits, 8) if digits else 0


def _name(raw: bytes) -> bytes:
    name = raw[:100].split(b"\0", 1)[0]
    prefix = raw[345:500].split(b"\0", 1)[0] if raw[257:263] == b"ustar\0" else b""
    return prefix + b"/" + name if prefix else name


def whole_number(digits: bytes) -> int | None:
    """Parse a size in pax; None if it is not a number or is larger than 64 bits allow."""
    number = int(digits) if digits.isdigit() and len(digits) <= 19 else -1
    return number if 0 <= number <= LARGEST else None


def pax_records(body: bytes) -> dict[str, bytes]:
    """Return the records ``length key=value`` of a pax header, up to the first that is malformed."""
    records: dict[str, bytes] = {}
    while body:
        digits, _, rest = body.partition(b" ")
        length = whole_number(digits) or 0
        if not 0 < length <= len(body):
            break
        key, _, value = rest[: length - len(digits) - 1].partition(b"=")
        name, value = key.decode("utf-8", "replace"), value.removesuffix(b"\n")
        is_list = name in ("GNU.sparse.offset", "GNU.sparse.numbytes") and name in records
        records[name] = records[name] + b"," + value if is_list else value
        body = body[length:]
    return records


class _Readable(Protocol):
    def read(self, offset: int, size: int) -> bytes: ...


def continuation_size(content: _Readable) -> int:
    """Return the size of the headers before the rest of a member that ``tar -M`` began in the volume before; else 0.

    GNU tar writes a header of type M. In the pax format, a header with ``GNU.volume.offset`` precedes an ordinary one.
    Both may follow the volume's label.
    """
    position, is_continued = 0, False
    while (header := parse(content.read(position, RECORD))) is not None:
        position += RECORD
        if header.type == _CONTINUED:
            return position
        if header.type in b"xg":
            is_continued |= b"GNU.volume.offset" in content.read(position, min(header.size, 1 << 16))
            position += header.data_size
        elif header.type != ord("V"):
            return position if is_continued else 0
    return 0
