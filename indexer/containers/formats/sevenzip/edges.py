"""Check a 7z next to the edges of its volumes and holes: volumes in a wrong order, or of another archive, differ there.

A 7z has checksums, but comparing them takes unpacking. Stored images begin with their signature, folders packed by LZMA
with a zero, and LZMA2 is a chain of chunks with sizes (lzma-specification.txt and Lzma2Dec.c of the LZMA SDK).
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from contextlib import suppress

from indexer.base import image_formats
from indexer.base.errors import BadData
from indexer.base.placeholders import placeholder_of
from indexer.containers.bytes.volumes import ByteRange
from indexer.containers.formats.sevenzip.folders import LZMA, LZMA2, is_stored
from indexer.containers.formats.sevenzip.models import Archive, Folder
from indexer.containers.kinds import HEAD_SIZE, suffix_of
from indexer.containers.members.rows import Health

_WITH_SIGNATURE = frozenset({"jpg", "jpeg", "png", "webp", "gif"})
_MOST_EDGES = 2_000
_MOST_CHUNKS = 1_000  # of a folder, of up to 64 KiB each
_END, _RESET, _UNPACKED, _PACKED, _WITH_PROPERTIES, _FIRST_PACKED = 0, 1, 2, 0x80, 0xC0, 0xE0  # control bytes of LZMA2

_CAUSE = "volumes are in a wrong order, or one is damaged or of another archive"

Beginning = tuple[int, str, Callable[[bytes], bool]]  # position, name, and whether the first bytes are possible


def check_edges(window: ByteRange, archive: Archive, health: Health) -> None:
    """Add a finding if a member or folder that begins next to an edge does not begin as it must.

    The chunks of folders packed by LZMA2 are followed for up to 64 MiB.
    """
    edges = window.edges()[:_MOST_EDGES]
    beginnings = sorted(_beginnings(archive), key=lambda each: each[:2]) if edges else []
    positions = [position for position, _, _ in beginnings]
    after = {bisect_left(positions, edge) for edge in edges}
    for index in sorted((after | {place - 1 for place in after}) & set(range(len(positions)))):
        position, name, is_possible = beginnings[index]
        with suppress(BadData):  # a missing volume is another finding
            if not is_possible(window.read(position, HEAD_SIZE)):
                health.add("volume-order", f"{name} does not begin at byte {position}: {_CAUSE}")
                return
    for number, folder in enumerate(archive.folders if edges else ()):
        with suppress(BadData):
            if (wrong := _wrong_chunk(window, folder)) is not None:
                health.add("volume-order", f"folder {number} has no chunk at byte {wrong}: {_CAUSE}")
                return


def _wrong_chunk(window: ByteRange, folder: Folder) -> int | None:
    """Return where a chunk of LZMA2 should begin and does not; None if all of the first chunks are possible."""
    chain = folder.chain()
    if not chain or chain[0].id != LZMA2:
        return None
    position, end = folder.position, folder.position + folder.packed_size
    for number in range(_MOST_CHUNKS):
        head = window.read(position, 6)
        if len(head) < 6:  # the next volume is missing
            return None
        control = head[0]
        if control == _END:
            return None if position == end - 1 else position
        is_possible = control in (_RESET, _UNPACKED) or control >= _PACKED
        if not is_possible or position >= end or (number == 0 and _RESET < control < _FIRST_PACKED):
            return position
        if control < _PACKED:
            position += 3 + int.from_bytes(head[1:3], "big") + 1
        else:
            position += 5 + (control >= _WITH_PROPERTIES) + int.from_bytes(head[3:5], "big") + 1
    return None


def _beginnings(archive: Archive) -> Iterator[Beginning]:
    """Yield the beginnings of stored images, and of folders packed by LZMA."""
    for number, folder in enumerate(archive.folders):
        chain = folder.chain()
        if chain and chain[0].id == LZMA:
            yield folder.position, f"folder {number}", lambda head: head.startswith(b"\0")
    substreams = iter(archive.substreams)
    for ordinal, name in enumerate(archive.names):
        place = None if archive.empty[ordinal] else next(substreams, None)
        if place is not None and place.size and suffix_of(name) in _WITH_SIGNATURE:
            folder = archive.folders[place.folder]
            if is_stored(folder):
                yield folder.position + place.offset, name, _may_be_image


def _may_be_image(head: bytes) -> bool:
    return image_formats.format_of(head) is not None or placeholder_of(head) is not None
