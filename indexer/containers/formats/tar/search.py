"""Search a tar for headers behind damage."""

from indexer.containers.bytes.tar_header import MAGIC, MAGIC_AT, RECORD, is_header
from indexer.containers.members.entry import Bytes

_BLOCK = 1 << 20
_MOST_SEARCHED = 256 << 20  # bytes to search for headers after an end mark or a damaged header


def next_header(content: Bytes, position: int) -> tuple[int | None, int | None]:
    """Return where the next header at or after ``position`` is, and the first record that is not zero."""
    dirty = None
    for start in range(position, position + _MOST_SEARCHED, _BLOCK):
        block = content.read(start, _BLOCK + RECORD)
        clean = len(block) - len(block.lstrip(b"\0"))
        dirty = start + clean // RECORD * RECORD if dirty is None and clean < len(block) else dirty
        magic = block.find(MAGIC, MAGIC_AT)
        while magic >= 0:  # at any byte: the bytes before may have been cut or inserted
            place = magic - MAGIC_AT
            if is_header(block[place : place + RECORD]):
                return start + place, dirty
            magic = block.find(MAGIC, magic + 1)
        if len(block) <= _BLOCK:
            break
    return None, dirty
