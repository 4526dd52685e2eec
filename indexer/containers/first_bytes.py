"""Name files that are not what their names promise, by their first bytes or their suffix."""

import re
from collections.abc import Sequence

from indexer.base import image_formats

# Suffixes that programs give to downloads until they are finished.
_UNFINISHED = re.compile(
    r"(?i)(?P<name>.+)\.(?:part|partial|crdownload|aria2|aria2__temp|incomplete|download|downloading|filepart|!ut|!qb|bc!"
    r"|opdownload|td|xltd|unfinished)"
)
# Formats that no reader here unpacks: by signature, by suffix.
_UNREAD_SIGNATURES = {
    b"\x89LZO\0\r\n\x1a\n": "lzop",
    b"MSCF\0\0\0\0": "cab",
    b"xar!": "xar",
    b"MSWIM\0\0\0": "wim",
    b"!<arch>\n": "ar",
    b"LRZI": "lrzip",
    b"\xff\x06\0\0sNaPpY": "snappy",
    b"hsqs": "squashfs",
}
UNREAD_SUFFIXES = (
    {"br": "brotli", "lzo": "lzop", "iso": "an ISO image", "dmg": "a macOS disk image", "ace": "ACE"}
    | {"tfrecord": "TFRecord", "tfrecords": "TFRecord"}
    | {suffix: suffix for suffix in ("arj", "lha", "lzh", "cab", "wim", "lrz", "zpaq", "sit", "sitx", "squashfs")}
)
_LMDB, _LMDB_AT = b"\xde\xc0\xef\xbe", 16  # behind the header of the first page (lmdb's mdb.c, MDB_MAGIC)
_BINARY = re.compile(rb"[^\t\n\f\r -~\x80-\xff]")
# Formats whose signature is long enough to be no accident.
_CERTAIN = frozenset({"JPEG", "PNG", "WEBP", "GIF", "TIFF"})


def unfinished_of(path: str) -> str | None:
    """Return the name of the file that a download at ``path`` has when it is finished; None if it is none."""
    found = _UNFINISHED.fullmatch(path)
    return found["name"] if found else None


def unread_format(path: str, head: bytes) -> str | None:
    """Return the name of a packing or archive format that nothing here reads; None for other files."""
    by_signature = next((name for start, name in _UNREAD_SIGNATURES.items() if head.startswith(start)), None)
    if head.startswith(_LMDB, _LMDB_AT):
        return "LMDB"
    is_text = not _BINARY.search(head)  # a note such as x.zip.br
    return by_signature or (None if is_text else UNREAD_SUFFIXES.get(path.rpartition(".")[2].lower()))


def begins_image(head: bytes) -> bool:
    """Return whether a file that begins with ``head`` is surely an image."""
    found = image_formats.format_of(head)
    return found is not None and found.name in _CERTAIN


def include_for(names: Sequence[str], count: int) -> str:
    """Return a line about ``count`` images whose names have no image suffix, with an `include` for ``names``."""
    suffixes = "|".join(sorted(image_formats.SUFFIXES))
    tails = {re.escape(name[name.rfind(".") :]) for name in names if "." in name.rpartition("/")[2]}
    tails = {tail for tail in tails if not re.search(rf"(?i)^\\\.(?:{suffixes})[^/a-z]", tail) and "/" not in tail}
    patterns = [rf"(?i)\.(?:{suffixes})(?:[^/a-z][^/]*)?$"]
    patterns += [rf"(?:{'|'.join(sorted(tails)[:10])})$"] if tails else []
    patterns += [r"(?:^|/)[^/.]+$"] if any("." not in name.rpartition("/")[2] for name in names) else []
    files = "1 file begins" if count == 1 else f"{count:,} files begin"
    advice = f"to use them, set include = '{'|'.join(patterns)}'"
    return f"{files} like images without an image suffix, such as {names[0]}: {advice}"
