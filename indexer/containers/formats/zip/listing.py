"""Make raw rows of a zip's directory, and findings of its problems."""

import contextlib
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from indexer.containers.bytes.volumes import ByteRange
from indexer.containers.formats.zip.directory import Block, Ints, Mask
from indexer.containers.formats.zip.end import End
from indexer.containers.formats.zip.gaps import MIN_GAP, rows_in_gaps
from indexer.containers.formats.zip.local_header import LOCAL_HEADER
from indexer.containers.formats.zip.methods import READABLE, zip_method
from indexer.containers.kinds import promises_bytes
from indexer.containers.members.budget import beyond_limits
from indexer.containers.members.repeated_names import Repeats, fingerprints
from indexer.containers.members.rows import Health, batch_from, batches_of, decoded
from indexer.containers.models import Access, ArchiveLimits
from indexer.containers.problems import CODES, SYMBOLIC_LINK

_ENCRYPTED, _UTF8 = 0x1, 0x800
_MADE_ON_UNIX = (3, 19)
_MADE_ON_DOS = (0, 6, 10, 14)  # APPNOTE.TXT 4.4.2: FAT, OS/2, NTFS, VFAT
_PROBLEMS = ("encrypted", SYMBOLIC_LINK, "method not supported", "no data", "over the size limit", "truncated",
             "volume missing", "header damaged")  # fmt: skip


def list_directory(
    window: ByteRange, end: End, blocks: Iterator[Block], limits: ArchiveLimits, health: Health
) -> Iterator[pa.RecordBatch]:
    """Yield batches of MEMBER_SCHEMA in directory order, then members that the directory does not list.

    Folders have no row, but count as ordinals.
    """
    repeats, extents = Repeats(), Extents(end.directory_position)
    entries = folders = 0
    for block in blocks:
        batch, is_folder = _rows(block, end, limits)
        _note_problems(batch, health)
        prints = fingerprints(block.data, block.name_start, block.name_size)
        repeats.add(np.arange(block.first, block.first + len(block)), prints)
        extents.add(block, is_folder)
        entries += len(block)
        folders += int(is_folder.sum())
        yield batch
    repeats.report(health)
    gaps = extents.report(health)
    yield from batches_of(rows_in_gaps(window, gaps, entries, end.entries, health))
    _compare(entries, folders, end, health)


def _rows(block: Block, end: End, limits: ArchiveLimits) -> tuple[pa.RecordBatch, Mask]:
    names, raw = _decoded(block)
    names = _with_slashes(block, names)
    is_folder: Mask = pc.ends_with(names, "/").to_numpy(zero_copy_only=False) & (block.size == 0)
    batch = batch_from(
        {
            "ordinal": pa.array(np.arange(block.first, block.first + len(block))),
            "name": names,
            "name_bytes": raw,
            "size": pa.array(block.size),
            "packed_size": pa.array(block.packed_size),
            "method": _methods(block),
            "crc32": pa.array(block.header["crc32"].copy()),
            "access": pa.repeat(pa.scalar(Access.ZIP.value), len(block)),
            "offset": pa.array(block.offset, mask=block.offset < 0),
            "problem": _problems(block, names, end, limits),
        },
        len(block),
    )
    return batch.filter(pa.array(~is_folder)) if is_folder.any() else batch, is_folder


def _decoded(block: Block) -> tuple[pa.Array, pa.Array | None]:
    """Return names as text, and as bytes if they are not UTF-8. The UTF-8 flag is only a hint: most writers omit it."""
    names, unicode_paths = block.names(), block.unicode_paths()
    if not unicode_paths:
        with contextlib.suppress(pa.ArrowInvalid):
            return names.cast(pa.string()), None
    stored = [unicode_paths.get(row, raw) for row, raw in enumerate(names.to_pylist())]
    pairs = [
        _decoded_one(raw, bool(flags & _UTF8))
        for raw, flags in zip(stored, block.header["flags"].tolist(), strict=True)
    ]
    return pa.array([text for text, _ in pairs], pa.string()), pa.array([raw for _, raw in pairs], pa.binary())


def _with_slashes(block: Block, names: pa.Array) -> pa.Array:
    """Return names with slashes for backslashes where DOS or Windows wrote them and used no slash, as unzip does."""
    if not (block.data == ord("\\")).any():
        return names
    is_dos = pa.array(np.isin(block.header["made_by"] >> 8, _MADE_ON_DOS))
    mask = pc.and_(is_dos, pc.invert(pc.match_substring(names, "/")))
    return pc.if_else(mask, pc.replace_substring(names, "\\", "/"), names)


def _decoded_one(raw: bytes, flagged: bool) -> tuple[str, bytes | None]:
    text, kept = decoded(raw)
    return (text, kept) if kept is None or flagged else (raw.decode("cp437"), raw)


def _methods(block: Block) -> pa.Array:
    numbers = np.flatnonzero(np.bincount(block.header["method"]))
    return words(np.searchsorted(numbers, block.header["method"]), [zip_method(int(number)) for number in numbers])


def words(index: npt.NDArray[np.integer], vocabulary: Sequence[str]) -> pa.Array:
    """Return ``vocabulary[i]`` for each i as a string array; null where i is negative."""
    keys = pa.array(index.astype(np.int32), mask=index < 0)
    return pa.DictionaryArray.from_arrays(keys, pa.array(vocabulary, pa.string())).dictionary_decode()


def _problems(block: Block, names: pa.Array, end: End, limits: ArchiveLimits) -> pa.Array:
    header = block.header
    mode = header["external"] >> 16
    masks = (
        (header["flags"] & _ENCRYPTED) != 0,
        np.isin(header["made_by"] >> 8, _MADE_ON_UNIX) & ((mode & 0o170000) == 0o120000),
        ~np.isin(header["method"], [number for number in range(100) if zip_method(number) in READABLE]),
        _without_data(block, names),
        beyond_limits(block.size, block.packed_size, limits),
        block.packed_size > end.directory_position - LOCAL_HEADER - block.offset,  # a sum might overflow
        block.offset == -1,
        (block.offset < 0) | (block.size < 0) | (block.packed_size < 0),
    )
    index = np.full(len(block), -1, np.int8)
    for number in reversed(range(len(masks))):
        index[masks[number]] = number
    return words(index, _PROBLEMS) if (index >= 0).any() else pa.nulls(len(block), pa.string())


def _without_data(block: Block, names: pa.Array) -> Mask:
    """Return which members are empty although they have the name of an image or a container."""
    empty: Mask = block.size == 0
    for row in np.flatnonzero(empty):
        empty[row] = promises_bytes(names[int(row)].as_py())
    return empty


def _note_problems(batch: pa.RecordBatch, health: Health) -> None:
    """Add a finding for each member that has a problem. Symbolic links may lead to a member: links.py checks them."""
    if batch["problem"].null_count == len(batch):
        return
    troubled = batch.filter(pc.fill_null(pc.not_equal(batch["problem"], SYMBOLIC_LINK), False))
    for row in troubled.select(["ordinal", "name", "problem"]).to_pylist():
        health.add(CODES[row["problem"]], f"{row['name']}: {row['problem']}", row["ordinal"])


class Extents:
    """The ranges of all members, to find overlaps; two numbers per member."""

    def __init__(self, directory: int) -> None:
        self._directory = directory
        self._ordinals: list[npt.NDArray[np.int64]] = []
        self._starts: list[npt.NDArray[np.int64]] = []
        self._ends: list[npt.NDArray[np.int64]] = []
        self._folders: list[tuple[Ints, Ints]] = []

    def add(self, block: Block, is_folder: Mask) -> None:
        """Add the members of a block. Folders have no bytes, only headers."""
        ends = block.offset + LOCAL_HEADER + block.name_size + block.packed_size
        rows = np.flatnonzero((block.offset >= 0) & ~is_folder)
        self._ordinals.append(block.first + rows)
        self._starts.append(block.offset[rows])
        self._ends.append(ends[rows])
        folders = np.flatnonzero((block.offset >= 0) & is_folder)
        self._folders.append((block.offset[folders], ends[folders]))

    def report(self, health: Health) -> list[tuple[int, int]]:
        """Add a finding for each member that begins before its predecessor ends; return the gaps between members."""
        if not self._starts:
            return []
        ordinals, starts, ends = (np.concatenate(parts) for parts in (self._ordinals, self._starts, self._ends))
        if not (starts[1:] >= ends[:-1]).all():
            order = np.argsort(starts, kind="stable")
            ordinals, starts, ends = ordinals[order], starts[order], np.maximum.accumulate(ends[order])
            for place in np.flatnonzero(starts[1:] < ends[:-1]) + 1:
                ordinal = int(ordinals[place])
                health.add("overlap", f"the bytes of member {ordinal} also belong to another member", ordinal)
        return self._gaps(starts, ends)

    def _gaps(self, starts: Ints, ends: Ints) -> list[tuple[int, int]]:
        """Return the gaps between members and folders that have room for a member."""
        if any(len(begins) for begins, _ in self._folders):
            starts = np.concatenate([starts, *(begins for begins, _ in self._folders)])
            ends = np.concatenate([ends, *(stops for _, stops in self._folders)])
            order = np.argsort(starts, kind="stable")
            starts, ends = starts[order], np.maximum.accumulate(ends[order])
        begins, stops = np.append(0, ends), np.append(starts, self._directory)
        sizes = stops - begins
        if len(sizes) > 1:  # extra fields and data descriptors, which the writer gives each member
            sizes[1:] -= max(0, int(sizes[1:].min()))
        return [(int(begins[place]), int(stops[place])) for place in np.flatnonzero(sizes >= MIN_GAP)]


def _compare(entries: int, folders: int, end: End, health: Health) -> None:
    """Compare the declared count with the listed members. A 16-bit count may have wrapped around."""
    health.declare(max(0, end.entries - folders))
    if entries != end.entries and not (end.entries < 0xFFFF and entries % 0x10000 == end.entries):
        health.add("count-differs", f"{end.entries} entries are declared, {entries} were found")
    if end.trailing:
        health.add("trailing-data", f"{end.trailing} bytes follow the end of the zip")
