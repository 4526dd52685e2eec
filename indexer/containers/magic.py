"""First bytes -> kind of container.

Signatures: APPNOTE.TXT 4.3.7 (zip), 7zFormat.txt (7z), RARLAB's technotes (rar), RFC 1952 (gz), the xz, zstd, lz4, lzip
and bzip2 format pages, POSIX pax (tar, cpio), Arrow's IPC and Parquet format pages.
"""

from indexer.containers.formats.tar.header import RECORD, parse
from indexer.containers.models import Kind

SNIFFED = RECORD  # bytes that telling a kind takes
_ZEROS = bytes(RECORD)
_SIGNATURES = (
    (b"PK\3\4", Kind.ZIP),
    (b"PK\5\6", Kind.ZIP),
    (b"PK\7\x08", Kind.ZIP),
    (b"PK00PK\3\4", Kind.ZIP),
    (b"7z\xbc\xaf\x27\x1c", Kind.SEVEN_ZIP),
    (b"ARROW1\0\0", Kind.ARROW),
    (b"PAR1", Kind.PARQUET),
    (b"Rar!\x1a\x07", Kind.STREAM),
    (b"070701", Kind.STREAM),
    (b"070702", Kind.STREAM),
    (b"070707", Kind.STREAM),
)
_COMPRESSED = (
    (b"\x1f\x8b\x08", "gzip"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"LZIP", "lzip"),
    (b"\x1f\x9d", "compress"),
)
_SKIPPED = b"*M\x18"  # behind a byte from 0x50 on: a frame of zstd or lz4 without data, as parallel compressors begin
_BZIP2_BLOCKS = (b"1AY&SY", b"\x17rE8P\x90")


def kind_of(head: bytes) -> Kind | None:
    """The kind of container that begins with ``head`` (SNIFFED bytes, fewer if there are no more), or None."""
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    if compression_of(head):
        return Kind.STREAM
    if _is_arrow_stream(head):
        return Kind.ARROW
    return Kind.TAR if _is_tar(head[:RECORD]) else None


def compression_of(head: bytes) -> str | None:
    """The name of the compression of a stream that begins with ``head``, or None."""
    for signature, name in _COMPRESSED:
        if head.startswith(signature):
            return name
    if head[1:4] == _SKIPPED and 0x50 <= head[0] <= 0x5F:
        return compression_of(head[8 + int.from_bytes(head[4:8], "little") :])
    if head[:3] == b"BZh" and head[3:4] in b"123456789" and head.startswith(_BZIP2_BLOCKS, 4):
        return "bzip2"
    # .lzma has no signature: properties, a power of two for the dictionary, a size that is known or all ones
    is_lzma = head[:3] == b"\x5d\0\0" and len(head) > 13 and head[10:13] in (b"\0\0\0", b"\xff\xff\xff")
    return "lzma" if is_lzma else None


def _is_arrow_stream(head: bytes) -> bool:
    """A message's continuation mark and a small schema message behind it, as an IPC stream begins."""
    length = int.from_bytes(head[4:8], "little")
    return head.startswith(b"\xff\xff\xff\xff") and length % 8 == 0 and 64 <= length < 1 << 26


def _is_tar(record: bytes) -> bool:
    return len(record) == RECORD and record != _ZEROS and parse(record) is not None and record[0] != 0
