"""Find the archive that follows a program or a shell script in a self-extracting file. A zip is found by its end."""

import re

from indexer.base.errors import BadData
from indexer.containers.bytes.volumes import ByteRange
from indexer.containers.formats.sevenzip import header
from indexer.containers.kinds import HEAD_SIZE, Kind, kind_of

_PROGRAMS = (b"MZ", b"\x7fELF")
_MOST_PROGRAM = 8 << 20  # bytes; the programs of 7-Zip and WinRAR have some hundred kilobytes
_SCRIPT = b"#!"
_BINARY = re.compile(rb"[\0-\x08\x0e-\x1f]")  # control characters, which scripts do not have
_MOST_SCRIPT = 1 << 20  # bytes; makeself writes about 20,000
_AFTER_SCRIPT = frozenset({Kind.STREAM, Kind.TAR, Kind.SEVEN_ZIP})
# RAR 1.5 to 4: the main header's type is 0x73. RAR5: its header of type 1 follows a checksum and a size.
_RAR = rb"Rar!\x1a\x07(?:\x00..\x73|\x01\x00.{4}.[\x01\x04])"
_ARCHIVE = re.compile(re.escape(header.SIGNATURE) + b"|" + _RAR, re.DOTALL)


def archive_in_program(window: ByteRange) -> tuple[Kind, int] | None:
    """Return kind and position of the archive behind a program or script; None if there is none."""
    if window.read(0, 2) == _SCRIPT:
        return _archive_in_script(window)
    if not window.read(0, 4).startswith(_PROGRAMS):
        return None
    data = window.read(0, _MOST_PROGRAM)
    for found in _ARCHIVE.finditer(data):
        if not found[0].startswith(header.SIGNATURE):
            return Kind.STREAM, found.start()
        if _is_seven_zip(window.window(found.start(), window.size)):
            return Kind.SEVEN_ZIP, found.start()
    return None


def _archive_in_script(window: ByteRange) -> tuple[Kind, int] | None:
    """Return the archive that begins after a line of a script, as makeself writes it."""
    data = window.read(0, _MOST_SCRIPT)
    place = data.find(b"\n") + 1
    while place:
        head = data[place : place + HEAD_SIZE]
        kind = kind_of(head) if _BINARY.search(head) else None
        if kind is not None and kind in _AFTER_SCRIPT:
            return kind, place
        place = data.find(b"\n", place) + 1
    return None


def _is_seven_zip(window: ByteRange) -> bool:
    try:
        position, size, _ = header.start(window.read(0, header.START_SIZE))
    except BadData:
        return False
    return 0 < size <= window.size - position
