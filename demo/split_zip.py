"""A zip in volumes (.z01, .z02, ..., .zip), as `zip -s` writes it and GenImage is published.

Source: PKWARE APPNOTE 6.3.10, sections 4.3.7, 4.3.12, 4.3.16, 4.4.20 to 4.4.23 and 8.5.
"""

import io
import struct
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

_SPANNED = b"PK\x07\x08"
_LOCAL_HEADER, _ENTRY_HEADER = 30, 46


def write_split_zip(path: Path, members: Mapping[str, bytes], volume_size: int) -> None:
    """Write ``members`` as ``path`` (the last volume, .zip) and the volumes before it, of ``volume_size`` bytes."""
    whole = _zipped(members)
    volumes = [bytearray(_SPANNED)]
    starts = [_append(volumes, chunks, volume_size) for chunks in _local_parts(whole)]
    directory = _directory(whole, starts)
    if len(volumes[-1]) + len(directory) + 22 > volume_size:
        volumes.append(bytearray())
    volumes[-1] += directory + _end_record(volumes, len(starts), len(directory))
    for number, volume in enumerate(volumes[:-1], start=1):
        path.with_suffix(f".z{number:02}").write_bytes(volume)
    path.write_bytes(volumes[-1])


def _zipped(members: Mapping[str, bytes]) -> bytes:
    data = io.BytesIO()
    write_zip(data, members)
    return data.getvalue()


def write_zip(target: Path | io.BytesIO, members: Mapping[str, bytes]) -> None:
    """Write ``members`` as an ordinary deflated zip; equal members give equal bytes."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2023, 4, 19, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)


def _local_parts(whole: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield each member's local header and compressed bytes; only the bytes may continue in the next volume."""
    for entry in _entries(whole):
        at = entry.header_offset
        name, extra = struct.unpack_from("<HH", whole, at + 26)
        data = at + _LOCAL_HEADER + name + extra
        yield whole[at:data], whole[data : data + entry.compress_size]


def _entries(whole: bytes) -> list[zipfile.ZipInfo]:
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        return archive.infolist()


def _append(volumes: list[bytearray], chunks: tuple[bytes, bytes], volume_size: int) -> tuple[int, int]:
    """Add a member; return the volume number and the offset of its header."""
    header, data = chunks
    if len(volumes[-1]) + len(header) > volume_size:
        volumes.append(bytearray())
    start = len(volumes) - 1, len(volumes[-1])
    volumes[-1] += header
    while data:
        room = volume_size - len(volumes[-1])
        volumes[-1] += data[:room]
        data = data[room:]
        if data:
            volumes.append(bytearray())
    return start


def _directory(whole: bytes, starts: list[tuple[int, int]]) -> bytes:
    """Return the central directory with each entry's volume and offset."""
    at = struct.unpack_from("<L", whole, len(whole) - 22 + 16)[0]
    directory = bytearray(whole[at:-22])
    position = 0
    for volume, offset in starts:
        struct.pack_into("<H", directory, position + 34, volume)
        struct.pack_into("<L", directory, position + 42, offset)
        position += _ENTRY_HEADER + sum(struct.unpack_from("<HHH", directory, position + 28))
    return bytes(directory)


def _end_record(volumes: list[bytearray], entries: int, directory_size: int) -> bytes:
    last = len(volumes) - 1
    return struct.pack("<4sHHHHLLH", b"PK\x05\x06", last, last, entries, entries, directory_size, len(volumes[-1]), 0)
