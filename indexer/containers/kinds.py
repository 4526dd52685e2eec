"""Container kinds: their file name suffixes, their first bytes, and the functions that list and read them.

``FORMATS`` is the only list. Detection, logical paths, names of volumes, the macro ``archive_suffix`` in SQL and the
command ``sources`` are derived from it. To add a kind, add a member to ``Kind``, an entry to ``FORMATS``, and a module
with the functions that the entry names. Functions are named, not imported, because their modules use this table to
detect one archive in another.

Signatures: APPNOTE.TXT 4.3.7 (zip), 7zFormat.txt (7z), RARLAB's technotes (rar), RFC 1952 (gz), the xz, zstd, lz4, lzip
and bzip2 format pages, POSIX pax (tar, cpio), Arrow's IPC and Parquet format pages.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, reduce
from pkgutil import resolve_name
from typing import Any

import pyarrow as pa

from indexer.base import image_formats
from indexer.containers.bytes.tar_header import RECORD, parse

HEAD_SIZE = RECORD  # bytes that decide the kind of a file
_ZEROS = bytes(RECORD)

# Functions of several formats, as `Format` names them.
_STREAM_ENTRIES = "indexer.containers.formats.sequential:stream_entries"
_LIST_CELLS = "indexer.containers.tabular.listing:list_cells"
_READ_CELLS = "indexer.containers.tabular.reading:read_cells"


class Kind(StrEnum):
    """The kind of a container. First bytes and sibling volumes decide it, never the name alone."""

    FOLDER = "folder"
    ZIP = "zip"
    TAR = "tar"
    SEVEN_ZIP = "7z"
    STREAM = "stream"  # sequential access only: compressed tar, rar, cpio, single compressed files
    ARROW = "arrow"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A container format, or a packing: the compression of one stream, such as gzip.

    Functions are written ``module:function``. Those of one kind are the same in all of its formats.

    Attributes:
        kind: the kind of such a container.
        suffixes: of file names, in lower case, without the dot.
        tar_suffixes: of a packing: short suffixes of a tar that is packed so.
        signatures: the first bytes of such a file.
        matches: a check of the first bytes of a file that no signature identifies.
        compression: of a packing: its name in ``bytes/streams.py``, or as libarchive calls it.
        nests: whether such a file inside an archive is walked, too.
        entries: for archives that are walked member by member: ``(content, name, budget, health) -> Iterator[Entry]``.
        lists: for other containers: ``(container, limits) -> batches, then the report``.
        reads: for other containers: ``(container, members, limits) -> Iterator[(key, bytes | BadData)]``.
    """

    kind: Kind
    suffixes: tuple[str, ...] = ()
    tar_suffixes: tuple[str, ...] = ()
    signatures: tuple[bytes, ...] = ()
    matches: Callable[[bytes], bool] | None = None
    compression: str | None = None
    nests: bool = True
    entries: str | None = None
    lists: str | None = None
    reads: str | None = None


def _is_tar(head: bytes) -> bool:
    record = head[:RECORD]
    return len(record) == RECORD and record != _ZEROS and parse(record) is not None and record[0] != 0


def _is_bzip2(head: bytes) -> bool:
    is_block = head.startswith((b"1AY&SY", b"\x17rE8P\x90"), 4)
    return head[:3] == b"BZh" and head[3:4] in (b"1", b"2", b"3", b"4", b"5", b"6", b"7", b"8", b"9") and is_block


def _is_lzma(head: bytes) -> bool:
    """Check properties, a power of two as dictionary size, and a size that is known or all ones: no signature."""
    return head[:3] == b"\x5d\0\0" and len(head) > 13 and head[10:13] in (b"\0\0\0", b"\xff\xff\xff")


def _is_arrow_stream(head: bytes) -> bool:
    """Check for a continuation mark, then the length of a small schema message, as an IPC stream begins."""
    length = int.from_bytes(head[4:8], "little")
    return head.startswith(b"\xff\xff\xff\xff") and length % 8 == 0 and 64 <= length < 1 << 26


def _packing(
    compression: str,
    suffixes: tuple[str, ...],
    signature: bytes | None,
    tar_suffixes: tuple[str, ...] = (),
    matches: Callable[[bytes], bool] | None = None,
) -> Format:
    return Format(
        kind=Kind.STREAM,
        suffixes=suffixes,
        tar_suffixes=tar_suffixes,
        signatures=(signature,) if signature else (),
        matches=matches,
        compression=compression,
        entries=_STREAM_ENTRIES,
    )


# In the order in which first bytes are compared.
FORMATS = (
    Format(  # members are listed many at a time, by walking/walk.py itself
        kind=Kind.ZIP,
        suffixes=("zip", "zipx", "cbz", "whl"),
        signatures=(b"PK\3\4", b"PK\5\6", b"PK\7\x08", b"PK00PK\3\4"),
    ),
    Format(
        kind=Kind.SEVEN_ZIP,
        suffixes=("7z",),
        signatures=(b"7z\xbc\xaf\x27\x1c",),
        entries="indexer.containers.formats.sevenzip.members:seven_zip_entries",
    ),
    Format(
        kind=Kind.ARROW,
        suffixes=("arrow", "feather"),
        signatures=(b"ARROW1\0\0",),
        matches=_is_arrow_stream,
        nests=False,
        lists=_LIST_CELLS,
        reads=_READ_CELLS,
    ),
    Format(
        kind=Kind.PARQUET,
        suffixes=("parquet",),
        signatures=(b"PAR1",),
        nests=False,
        lists=_LIST_CELLS,
        reads=_READ_CELLS,
    ),
    Format(
        kind=Kind.STREAM,
        suffixes=("rar",),
        signatures=(b"Rar!\x1a\x07",),
        entries=_STREAM_ENTRIES,
    ),
    Format(
        kind=Kind.STREAM,
        suffixes=("cpio",),
        signatures=(b"070701", b"070702", b"070707"),
        entries=_STREAM_ENTRIES,
    ),
    _packing("gzip", ("gz",), b"\x1f\x8b\x08", ("tgz",)),
    _packing("xz", ("xz",), b"\xfd7zXZ\0", ("txz",)),
    _packing("zstd", ("zst",), b"\x28\xb5\x2f\xfd", ("tzst",)),
    _packing("lz4", ("lz4",), b"\x04\x22\x4d\x18"),
    _packing("lzip", ("lz",), b"LZIP", ("tlz",)),
    _packing("compress", ("z",), b"\x1f\x9d"),
    _packing("bzip2", ("bz2",), None, ("tbz", "tbz2"), _is_bzip2),
    _packing("lzma", ("lzma",), None, (), _is_lzma),
    Format(
        kind=Kind.TAR,
        suffixes=("tar",),
        matches=_is_tar,
        entries="indexer.containers.formats.sequential:tar_entries",
    ),
    Format(kind=Kind.FOLDER, nests=False, reads="indexer.containers.loose_files:read_files"),
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


KIND_BY_SUFFIX = {suffix: form.kind for form in FORMATS for suffix in (*form.suffixes, *form.tar_suffixes)}

_TEXTS = _words("json jsonl ndjson csv tsv txt md xml yaml yml html htm log toml ini cfg py svg npy")
# Suffixes of files that are rarely archives: few of them are opened to check.
ORDINARY = image_formats.SUFFIXES | _TEXTS
# Zips by their first bytes, documents and models by their use: never looked into.
DOCUMENTS = _words(
    "docx xlsx pptx odt ods odp epub jar apk npz pt pth ckpt bin safetensors kmz xpi keras mat pdf h5 hdf5"
)


def _any_of(suffixes: set[str]) -> str:
    return f"(?:{'|'.join(sorted(suffixes))})"


_ARCHIVES = {suffix for form in FORMATS if form.nests and not form.compression for suffix in form.suffixes}
_TABLES = {suffix for form in FORMATS if not form.nests for suffix in form.suffixes}
_PACKINGS = {suffix for form in FORMATS if form.compression for suffix in form.suffixes}
_PACKED_TARS = {suffix for form in FORMATS for suffix in form.tar_suffixes}
# Patterns for Python's re, Arrow and DuckDB, which all know their syntax.
# The suffixes of an archive in one file that may have many members, without the first dot: tar, tar.gz, tgz, zip, ...
MANY_MEMBERS = rf"(?:{_any_of(_ARCHIVES)}(?:\.{_any_of(_PACKINGS)})?|{_any_of(_PACKED_TARS)})"
# Words, totals and suffixes that programs and people add to the numbers of volumes: .part1of3, .chunk0, .aa.part
PART_WORD = r"(?:part|vol|chunk|split|seg|segment|piece)"
OF_PARTS = r"(?:[._-]?of[._-]?\d{1,5})"
PART_SUFFIX = r"(?:\.(?:part|bin|split|chunk))"
# The suffixes of a container, volumes included: .tar.gz, .7z.001, .z01, .part1.rar, .arrow, ...
ARCHIVE_SUFFIX = (
    rf"(?i:(?:\.{MANY_MEMBERS}|\.{_any_of(_PACKINGS | _TABLES)}|\.z\d{{2,4}}|\.r\d\d|\.part\d+\.rar)"
    rf"(?:[._#-]?(?:p\d{{1,5}}|{PART_WORD}?[._-]?(?:\d{{1,5}}|[0-9a-f]{{2,3}})){OF_PARTS}?{PART_SUFFIX}?"
    rf"|[._-]{PART_WORD}?[._-]?[a-z]{{1,2}}{PART_SUFFIX}?)?)"
)


def suffix_of(name: str) -> str:
    """Return the last suffix in lower case, without its dot; '' if there is none."""
    base = name[max(name.rfind("/"), name.rfind("!")) + 1 :]
    return base.rpartition(".")[2].lower() if "." in base[1:] else ""


def promised_kind(name: str) -> Kind | None:
    """Return the kind that belongs to the suffix of ``name``, or None."""
    return KIND_BY_SUFFIX.get(suffix_of(name))


def promises_bytes(name: str) -> bool:
    """Return whether an empty file of this name is damaged: an image or a container."""
    suffix = suffix_of(name)
    return suffix in image_formats.SUFFIXES or suffix in KIND_BY_SUFFIX


def archive_names(names: pa.Array) -> pa.Array:
    """Return which names inside an archive have the suffix of another container or volume: an array of bool."""
    import pyarrow.compute as pc  # noqa: PLC0415 - slow to load, and not needed by the process of a query

    return pc.match_substring_regex(names, f"{ARCHIVE_SUFFIX}$")


def unusual_names(names: pa.Array) -> pa.Array:
    """Return the indexes of names without one of the usual suffixes of images; faster than a regular expression.

    A name that consists of the suffix alone, as ``a/.png``, has no suffix.
    """
    import pyarrow.compute as pc  # noqa: PLC0415 - as above

    suffixes = (".jpg", ".png", ".jpeg", ".webp")
    usual = reduce(pc.or_, (pc.ends_with(names, suffix) for suffix in suffixes))
    bare = reduce(pc.or_, (pc.ends_with(names, f"/{suffix}") for suffix in suffixes))
    bare = pc.or_(bare, pc.is_in(names, pa.array(suffixes, names.type)))
    return pc.indices_nonzero(pc.or_(pc.invert(usual), bare))


def kind_of(head: bytes) -> Kind | None:
    """Return the kind of a container that begins with ``head`` (HEAD_SIZE bytes, or the whole file), or None."""
    form = _format_of(head)
    return form.kind if form else None


def compression_of(head: bytes) -> str | None:
    """Return the name of the compression of a stream that begins with ``head``, or None."""
    form = _format_of(head)
    return form.compression if form else None


def _format_of(head: bytes) -> Format | None:
    # Parallel compressors begin with frames without data, which zstd and lz4 share: a byte 0x50 to 0x5F, then *M\x18.
    while head[1:4] == b"*M\x18" and 0x50 <= head[0] <= 0x5F:
        head = head[8 + int.from_bytes(head[4:8], "little") :]
    for form in FORMATS:
        if head.startswith(form.signatures) or (form.matches is not None and form.matches(head)):
            return form
    return None


@cache
def function_of(kind: Kind, role: str) -> Callable[..., Any] | None:
    """Return the function for ``role`` (``entries``, ``lists`` or ``reads``) of a kind; None if it has none."""
    name = next(getattr(form, role) for form in FORMATS if form.kind is kind)
    return resolve_name(name) if name else None


def nests(kind: Kind) -> bool:
    """Return whether a container of this kind is walked if it is found inside an archive."""
    return any(form.nests for form in FORMATS if form.kind is kind)
