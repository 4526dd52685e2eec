"""Parse the header of a 7z: the members of each folder (block of packed bytes), and how folders are packed.

7zFormat.txt of the LZMA SDK 23.01, "Archive structure" and "Header structures".
"""

import struct
from collections.abc import Iterator
from zlib import crc32

from indexer.base.errors import BadData
from indexer.containers.formats.sevenzip.models import Archive, Coder, Folder, HeaderReader, Substream

SIGNATURE = b"7z\xbc\xaf\x27\x1c"
START_SIZE = 32
_END, _HEADER, _STREAMS, _FILES = 0x00, 0x01, 0x04, 0x05
_PACK_INFO, _UNPACK_INFO, _SUBSTREAMS = 0x06, 0x07, 0x08
_SIZE, _CRC, _FOLDER, _UNPACK_SIZES, _COUNTS = 0x09, 0x0A, 0x0B, 0x0C, 0x0D
_EMPTY_STREAM, _EMPTY_FILE, _NAMES, _ATTRIBUTES, _ENCODED = 0x0E, 0x0F, 0x11, 0x15, 0x17
_ARCHIVE_PROPERTIES, _ADDITIONAL_STREAMS = 0x02, 0x03


def start(data: bytes) -> tuple[int, int, int]:
    """Return position, size and CRC-32 of the header, from the archive's first 32 bytes. Raises BadData."""
    if len(data) < START_SIZE or not data.startswith(SIGNATURE):
        raise BadData("not a 7z")
    if crc32(data[12:START_SIZE]) != struct.unpack_from("<L", data, 8)[0]:
        raise BadData("header damaged", "the start header's checksum differs")
    offset, size, checksum = struct.unpack_from("<QQL", data, 12)
    return START_SIZE + offset, size, checksum


def parse(data: bytes) -> Archive:
    """Parse a header (kind 1), or the description of a packed header (kind 23). Raises BadData."""
    reader = HeaderReader(data)
    try:
        kind = reader.byte()
        if kind == _ENCODED:
            archive = Archive()
            _read_streams(reader, archive)
            return archive
        if kind != _HEADER:
            raise BadData("header damaged", f"kind {kind}")
        return _read_header(reader)
    except (IndexError, struct.error, StopIteration, UnicodeDecodeError, MemoryError) as error:
        raise BadData("header damaged", f"{type(error).__name__} at byte {reader.position}") from None


def is_encoded(data: bytes) -> bool:
    """Return whether the header itself is packed."""
    return data[:1] == bytes([_ENCODED])


def _read_header(reader: HeaderReader) -> Archive:
    archive = Archive()
    kind = reader.byte()
    if kind == _ARCHIVE_PROPERTIES:
        while reader.byte() != _END:
            reader.take(reader.number())
        kind = reader.byte()
    if kind == _ADDITIONAL_STREAMS:
        raise BadData("format not supported", "additional streams")
    if kind == _STREAMS:
        _read_streams(reader, archive)
        kind = reader.byte()
    if kind == _FILES:
        _read_files(reader, archive)
    return archive


def _read_streams(reader: HeaderReader, archive: Archive) -> None:
    counts: list[int] | None = None
    position = 0
    packed_sizes: Iterator[int] = iter(())
    while (kind := reader.byte()) != _END:
        if kind == _PACK_INFO:
            position, packed_sizes = _read_pack_info(reader)
        elif kind == _UNPACK_INFO:
            _read_folders(reader, archive)
        elif kind == _SUBSTREAMS:
            counts = _read_substreams(reader, archive)
        else:
            raise BadData("header damaged", f"unknown property {kind}")
    _place_folders(archive, START_SIZE + position, packed_sizes)
    if counts is None:
        archive.substreams = [Substream(i, 0, f.size, f.crc32) for i, f in enumerate(archive.folders)]


def _read_pack_info(reader: HeaderReader) -> tuple[int, Iterator[int]]:
    position, count = reader.number(), reader.count()
    sizes: list[int] = []
    while (kind := reader.byte()) != _END:
        if kind == _SIZE:
            sizes = [reader.number() for _ in range(count)]
        elif kind == _CRC:
            reader.digests(count)
    return position, iter(sizes)


def _place_folders(archive: Archive, position: int, packed_sizes: Iterator[int]) -> None:
    for folder in archive.folders:
        folder.position = position
        # A list: in a generator, a missing size would raise another error than the one that is caught above.
        folder.packed_size = sum([next(packed_sizes) for _ in folder.packed_inputs])
        position += folder.packed_size


def _read_folders(reader: HeaderReader, archive: Archive) -> None:
    while (kind := reader.byte()) != _END:
        if kind == _FOLDER:
            count = reader.count()
            if reader.byte():
                raise BadData("format not supported", "external folders")
            archive.folders = [_read_folder(reader) for _ in range(count)]
        elif kind == _UNPACK_SIZES:
            for folder in archive.folders:
                folder.sizes = [reader.number() for _ in range(sum(coder.outputs for coder in folder.coders))]
        elif kind == _CRC:
            for folder, digest in zip(archive.folders, reader.digests(len(archive.folders)), strict=True):
                folder.crc32 = digest


def _read_folder(reader: HeaderReader) -> Folder:
    coders = [_read_coder(reader) for _ in range(min(reader.count(), 64))]
    inputs, outputs = sum(coder.inputs for coder in coders), sum(coder.outputs for coder in coders)
    pairs = [(reader.count(), reader.count()) for _ in range(outputs - 1)]
    packed = inputs - len(pairs)
    if packed == 1:
        bound = {index for index, _ in pairs}
        return Folder(coders, pairs, [next(index for index in range(inputs) if index not in bound)])
    return Folder(coders, pairs, [reader.count() for _ in range(packed)])


def _read_coder(reader: HeaderReader) -> Coder:
    flags = reader.byte()
    method = reader.take(flags & 0x0F)
    inputs, outputs = (reader.count(), reader.count()) if flags & 0x10 else (1, 1)
    properties = reader.take(reader.count()) if flags & 0x20 else b""
    return Coder(method, properties, inputs, outputs)


def _read_substreams(reader: HeaderReader, archive: Archive) -> list[int]:
    counts = [1] * len(archive.folders)
    kind = reader.byte()
    if kind == _COUNTS:
        counts = [reader.count() for _ in archive.folders]
        kind = reader.byte()
    sizes = [
        _sizes(reader, folder, count, kind == _SIZE) for folder, count in zip(archive.folders, counts, strict=True)
    ]
    if kind == _SIZE:
        kind = reader.byte()
    unknown = sum(_lacks_digest(f, c) * c for f, c in zip(archive.folders, counts, strict=True))
    digests: Iterator[int | None] = iter([None] * unknown)
    while kind != _END:
        if kind == _CRC:
            digests = iter(reader.digests(unknown))
        kind = reader.byte()
    archive.substreams = list(_substreams(archive.folders, sizes, digests))
    return counts


def _lacks_digest(folder: Folder, count: int) -> bool:
    return not (count == 1 and folder.crc32 is not None)


def _sizes(reader: HeaderReader, folder: Folder, count: int, is_stored: bool) -> list[int]:
    """Return the sizes of a folder's members: all but the last are stored, the last is the rest."""
    sizes = [reader.number() for _ in range(count - 1)] if is_stored else []
    rest = folder.size - sum(sizes)
    if rest < 0:
        raise BadData("header damaged", f"members of {sum(sizes)} bytes in a folder of {folder.size}")
    return [*sizes, rest] if count else []


def _substreams(folders: list[Folder], sizes: list[list[int]], digests: Iterator[int | None]) -> Iterator[Substream]:
    for index, (folder, members) in enumerate(zip(folders, sizes, strict=True)):
        offset = 0
        for size in members:
            digest = next(digests) if _lacks_digest(folder, len(members)) else folder.crc32
            yield Substream(index, offset, size, digest)
            offset += size


def _read_files(reader: HeaderReader, archive: Archive) -> None:
    count = reader.count()
    archive.empty, archive.directories = [False] * count, [False] * count
    archive.attributes = [0] * count
    empty_files: list[bool] = []
    while (kind := reader.byte()) != _END:
        content = HeaderReader(reader.take(reader.number()))
        if kind == _EMPTY_STREAM:
            archive.empty = content.bits(count)
        elif kind == _EMPTY_FILE:
            empty_files = content.bits(sum(archive.empty))
        elif kind == _NAMES:
            archive.names = _read_names(content, count)
        elif kind == _ATTRIBUTES:
            archive.attributes = _read_attributes(content, count)
    flags = iter(empty_files or [False] * sum(archive.empty))
    archive.directories = [empty and not next(flags) for empty in archive.empty]


def _read_names(reader: HeaderReader, count: int) -> list[str]:
    if reader.byte():
        raise BadData("format not supported", "external names")
    text = reader.data[1:].decode("utf-16-le", "surrogatepass")
    names = text.split("\0")[:-1]
    if len(names) != count:
        raise BadData("header damaged", f"{count} members, {len(names)} names")
    return names


def _read_attributes(reader: HeaderReader, count: int) -> list[int]:
    known = reader.defined(count)
    if reader.byte():
        return [0] * count
    return [struct.unpack("<L", reader.take(4))[0] if is_known else 0 for is_known in known]
