"""The names of one member of a zip: in its local header and in the directory."""

import struct

from indexer.base.errors import BadData
from indexer.containers.bytes.volumes import ByteRange
from indexer.containers.formats.zip.directory import Block

_LOCAL_HEADER = 30
HEAD_SIZE = _LOCAL_HEADER + 256  # bytes: a local header with a name of usual length


def local_name(window: ByteRange, offset: int) -> bytes | None:
    """Return the name of the local header at ``offset``, or None if there is none."""
    try:
        data = window.read(offset, HEAD_SIZE)
        if len(data) < _LOCAL_HEADER or data[:4] != b"PK\3\4":
            return None
        (size,) = struct.unpack_from("<H", data, 26)
        name = data[_LOCAL_HEADER : _LOCAL_HEADER + size]
        return name + window.read(offset + _LOCAL_HEADER + len(name), size - len(name)) if len(name) < size else name
    except BadData:
        return None


def listed_name(block: Block, row: int) -> bytes:
    """Return the name of a row of the directory."""
    start = int(block.name_start[row])
    return block.data[start : start + int(block.name_size[row])].tobytes()
