"""The local header of a member of a zip: its name."""

import struct

from indexer.base.errors import BadData
from indexer.containers.bytes.volumes import ByteRange

LOCAL_HEADER = 30  # bytes without name and extra fields (APPNOTE.TXT 4.3.7)
HEAD_SIZE = LOCAL_HEADER + 256  # bytes: a local header with a name of usual length


def local_name(window: ByteRange, offset: int) -> bytes | None:
    """Return the name of the local header at ``offset``, or None if there is none."""
    try:
        data = window.read(offset, HEAD_SIZE)
        if len(data) < LOCAL_HEADER or data[:4] != b"PK\3\4":
            return None
        (size,) = struct.unpack_from("<H", data, 26)
        name = data[LOCAL_HEADER : LOCAL_HEADER + size]
        return name + window.read(offset + LOCAL_HEADER + len(name), size - len(name)) if len(name) < size else name
    except BadData:
        return None
