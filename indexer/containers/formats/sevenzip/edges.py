"""Check a 7z next to the edges of its volumes and holes: volumes in a wrong order, or of another archive, differ there.

A 7z has checksums, but comparing them takes unpacking. Stored images begin with their signature, folders packed by LZMA
with a zero, and LZMA2 is a chain of chunks with sizes (lzma-specification.txt and Lzma2Dec.c of the LZMA SDK).
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from indexer.base import image_formats
from indexer.base.errors import BadData
from indexer.base.placeholders import placeholder_of
from indexer.containers.bytes.volumes import ByteRange
from indexer.containers.formats.sevenzip.folders import LZMA, LZMA2, is_stored
from indexer.containers.formats.sevenzip.models import Archive
from indexer.containers.kinds import HEAD_SIZE, suffix_of
from indexer.containers.members.rows import Health

_WITH_SIGNATURE = frozenset({"jpg", "jpeg", "png", "webp", "gif"})
_APPLE_DOUBLE = b"\0\5\x16\7"  # RFC 1740: macOS stores attributes of x.jpg in a file ._x.jpg
_MOST_EDGES = 2_000
_MOST_CHUNKS = 2_000  # of up to 64 KiB each
_CHUNK_HEAD = 6  # bytes
_END, _RESET, _UNPACKED, _PACKED, _WITH_PROPERTIES, _FIRST_PACKED = 0, 1, 2, 0x80, 0xC0, 0xE0  # control bytes of LZMA2

Beginning = tuple[int, str, Callable[[bytes], bool]]  # position, name, and whether the first bytes are possible


def check_edges(window: ByteRange, archive: Archive, health: Health) -> None:
    """Add a finding if a member or folder that begins next to an edge does not begin as it must.

    Folders packed by LZMA2 over an edge are followed, for up to 128 MiB in total.
    """
    edges = window.edges()[:_MOST_EDGES]
    if not edges:
        return
    with suppress(BadData):  # a missing volume is another finding
        wrong = _wrong_beginning(window, archive, edges) or _wrong_folder(window, archive, edges)
        if wrong:
            cause = "volumes are in a wrong order, or one is damaged or of another archive"
            health.add("volume-order", f"{wrong}: {cause}")


def _wrong_beginning(window: ByteRange, archive: Archive, edges: Sequence[int]) -> str | None:
    """Return a description of the first wrong beginning next to an edge; None if all or none are right.

    Where none is right, the files are no images, whatever their suffix.
    """
    beginnings = sorted(_beginnings(archive), key=lambda each: each[:2])
    positions = [position for position, _, _ in beginnings]
    after = {bisect_left(positions, edge) for edge in edges}
    chosen = sorted((after | {place - 1 for place in after}) & set(range(len(positions))))
    window.prefetch([(positions[index], HEAD_SIZE) for index in chosen])
    wrong = [
        f"{name} does not begin at byte {position}"
        for position, name, is_possible in (beginnings[index] for index in chosen)
        if not is_possible(window.read(position, HEAD_SIZE))
    ]
    return wrong[0] if 0 < len(wrong) < len(chosen) else None


def _wrong_folder(window: ByteRange, archive: Archive, edges: Sequence[int]) -> str | None:
    """Return a description of the first folder with a chunk that is none; None if all chunks read are possible."""
    left = 0 if window.volumes.is_remote else _MOST_CHUNKS
    for number, folder in enumerate(archive.folders):
        chain, end = folder.chain(), folder.position + folder.packed_size
        place = bisect_left(edges, folder.position + 1)
        if not chain or chain[0].id != LZMA2 or place == len(edges) or edges[place] >= end:
            continue
        position = folder.position
        while left and position < end:
            left -= 1
            head = window.read(position, _CHUNK_HEAD)
            following = _chunk_end(head, is_first=position == folder.position, is_last=position == end - 1)
            if following is None and len(head) == _CHUNK_HEAD:  # otherwise the next volume is missing
                return f"folder {number} has no chunk at byte {position}"
            position = end if following is None else position + following
        if position > end:
            return f"folder {number} has no end at byte {end}"
    return None


def _chunk_end(head: bytes, *, is_first: bool, is_last: bool) -> int | None:
    """Return the size of the chunk that begins with ``head``; None if it is none."""
    if len(head) < _CHUNK_HEAD:
        return None
    control = head[0]
    if control == _END:
        return 1 if is_last else None
    if is_last or _UNPACKED < control < _PACKED or (is_first and _RESET < control < _FIRST_PACKED):
        return None
    if control < _PACKED:
        return 3 + int.from_bytes(head[1:3], "big") + 1
    return 5 + (control >= _WITH_PROPERTIES) + int.from_bytes(head[3:5], "big") + 1


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
    is_other = head.startswith(_APPLE_DOUBLE) or placeholder_of(head) is not None
    return is_other or image_formats.format_of(head) is not None
