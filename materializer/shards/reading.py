"""Read the images of rows: rows in output order, each container in its own order.

While a window is read, the next one is prefetched, so that the disk gets many requests at a time. Inside a piece, the
members of each container are read in the order of their offsets. With several threads, they are read in parts, while
the caller uses the piece before. Memory is bounded by four pieces, or ``_MOST_AHEAD`` and one larger image.
"""

import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from typing import TypeAlias

from indexer.base.errors import BadData, SourceError
from indexer.base.remote import Root, Url
from indexer.base.workers import time_limit
from indexer.containers.copying import LOCATED, CopiedAnswer, copy_members
from indexer.containers.file_stamp import size_and_time
from indexer.containers.from_manifest import stored_member
from indexer.containers.models import Access, MemberRef
from indexer.containers.open_containers import FreeContainers, OpenContainers, open_for_threads
from indexer.containers.prefetch import prefetch
from indexer.images.jpeg_encoding import JpegEncoding, encoding_of
from indexer.images.rendition import Rendition
from indexer.roots import localize
from materializer.further_columns import image_columns
from materializer.models import Pixels, RowsTask
from materializer.shards import windows
from materializer.shards.piece_memory import PieceMemory
from materializer.shards.threads import Run, running
from materializer.shards.transform import ImageFacts, LooseFile, PreparedImage, prepare
from materializer.shards.variants import varied
from materializer.shards.windows import Row

_PART_ROWS = 16  # with several threads
_PIECES_AHEAD = 2  # with several threads: enough for them while the caller begins the next window
_MOST_AHEAD = 100_000_000  # bytes of the pieces that are being read, beyond which no other one is begun

# The columns of a task that reading needs. To make Python objects of the others would take longer than to open a file.
_COLUMNS = (
    *("position", "file_id", "label", "expected_size", "hash", "refusal", "detail", "companions"),
    *("known_hash", "width", "height", "format", "mode", "metadata_removed"),
    *("container_id", "ordinal", "path", "name", "name_bytes", "access", "offset", "packed_size", "size"),
    *("method", "crc32", "mtime_ns"),
)

ReadResult: TypeAlias = PreparedImage | BadData
_Results: TypeAlias = dict[int, ReadResult]  # by position
_Members: TypeAlias = dict[int, MemberRef]  # by position; not of rows that are refused already


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows in output order, each with its image or the reason why it cannot be used.

    The images are valid until the second piece after this one is read.
    """

    rows: Sequence[Row]
    results: Sequence[ReadResult]
    ends_window: bool


@dataclass(frozen=True, slots=True)
class _StartedPiece:
    """A piece whose ``parts`` are being read; with one thread, when they are taken."""

    rows: Sequence[Row]
    parts: Iterator[_Results]
    ends_window: bool

    @property
    def size(self) -> int:
        """The expected bytes of its images."""
        return sum(row["expected_size"] for row in self.rows)

    def finished(self) -> Piece:
        results = {position: result for part in self.parts for position, result in part.items()}
        return Piece(self.rows, [results[row["position"]] for row in self.rows], self.ends_window)


def read_images(work: RowsTask, threads: int = 1) -> Iterator[Piece]:
    """Yield all rows in output order.

    Raises:
        SourceError: a container or a loose file is missing or has changed since the scan.
    """
    containers = {number: localize(container) for number, container in work.containers.items()}
    work = replace(work, containers=containers, rows=work.rows.select(_COLUMNS))
    seconds = work.image_limits.seconds * _PART_ROWS
    with open_for_threads(threads, work.limits) as free, running(threads, seconds) as run:
        started: deque[_StartedPiece] = deque()
        for piece in _started(work, free, threads, run):
            started.append(piece)
            while len(started) > _ahead(threads) or sum(one.size for one in started) > _MOST_AHEAD:
                yield started.popleft().finished()
        while started:
            yield started.popleft().finished()


def _ahead(threads: int) -> int:
    """Return the pieces that are read while the caller uses one."""
    return 0 if threads == 1 else _PIECES_AHEAD


def _started(work: RowsTask, free: FreeContainers, threads: int, run: Run[_Results]) -> Iterator[_StartedPiece]:
    """Begin to read each piece, and prefetch the window after its own."""
    memory = PieceMemory(windows.PIECE_SIZE, 2 + _ahead(threads))  # two are in use: batches end with the next piece
    divided = ((rows, _members(rows)) for rows in windows.windows(work.rows))
    window = next(divided, None)
    while window is not None:
        following = next(divided, None)
        if following is not None:
            rows, members = following
            prefetch([(work.containers[row["container_id"]], members[row["position"]]) for row in _readable(rows)])
        rows, members = window
        pieces = windows.pieces(rows)
        for piece in pieces:
            places = memory.places(members[row["position"]] for row in _readable(piece))
            read = partial(_read, work, free, members, places)
            yield _StartedPiece(piece, run(read, _parts(piece, threads)), ends_window=piece is pieces[-1])
        window = following


def _members(rows: Iterable[Row]) -> _Members:
    return {row["position"]: stored_member(row, row["position"]) for row in _readable(rows)}


def _readable(rows: Iterable[Row]) -> Iterator[Row]:
    return (row for row in rows if row["refusal"] is None)


def _parts(piece: Sequence[Row], threads: int) -> Iterator[Sequence[Row]]:
    """Yield the rows of a piece in parts, as threads read them; one thread reads a whole piece.

    A part has few rows, of one container in its own order, or all of a container that is read in one pass.
    """
    if threads == 1:
        yield piece
        return
    yield [row for row in piece if row["refusal"] is not None]
    for _, group in groupby(sorted(_readable(piece), key=_reading_order), key=lambda row: row["container_id"]):
        rows = list(group)
        step = _PART_ROWS if all(row["access"] in LOCATED for row in rows) else len(rows)
        yield from (rows[start : start + step] for start in range(0, len(rows), step))


def _read(
    work: RowsTask, free: FreeContainers, members: _Members, places: Mapping[int, memoryview], part: Sequence[Row]
) -> _Results:
    rows = {row["position"]: row for row in part}
    results: _Results = {}
    containers = free.get()
    try:
        for position, data in _bytes(work, containers, part, members, places):
            results[position] = data if isinstance(data, BadData) else _prepared(rows[position], data, work)
        if image_columns(work.settings.columns):
            _add_companions(work, containers, part, results)
    finally:
        free.put(containers)
    if work.settings.link:
        _name_loose_files(work, part, results)
    return results


def _name_loose_files(work: RowsTask, part: Sequence[Row], results: _Results) -> None:
    """Name the files of unchanged images that are loose files on this machine."""
    for row in part:
        image = results[row["position"]]
        if row["access"] == Access.FILE and isinstance(image, PreparedImage) and image.sha256 == image.facts.sha256:
            root = work.containers[row["container_id"]].root
            if not isinstance(root, Url):
                path = f"{root}/{stored_member(row, 0).path}"
                found = LooseFile(path, row["size"], row["mtime_ns"])
                results[row["position"]] = image._replace(file=found)


def _add_companions(work: RowsTask, containers: OpenContainers, part: Sequence[Row], results: _Results) -> None:
    """Add their companions to the images of ``results``; a bad companion takes the place of its image.

    Companions are stored unchanged: the values of a mask are its meaning.
    """
    usable = (row for row in part if not isinstance(results[row["position"]], BadData))
    owners = [(row["position"], one) for row in usable for one in row["companions"] or ()]
    wanted = [{**one, "position": key} for key, (_, one) in enumerate(owners)]
    settings = replace(work.settings, pixels=Pixels.VERBATIM, variants=())
    for key, data in _bytes(work, containers, wanted, _members(wanted), {}):
        position, one = owners[key]
        image = results[position]
        if isinstance(image, BadData):
            continue
        found = data if isinstance(data, BadData) else _checked(data, None, None, replace(work, settings=settings))
        if isinstance(found, BadData):
            results[position] = BadData(found.reason, f"companion {one['name'] or one['path']}: {found.detail}")
        else:
            results[position] = image._replace(companions={**image.companions, one["number"]: found})


def _bytes(
    work: RowsTask,
    containers: OpenContainers,
    piece: Sequence[Row],
    members: _Members,
    places: Mapping[int, memoryview],
) -> Iterator[CopiedAnswer]:
    """Yield position and bytes of each row, container by container; rows that are refused already are not read."""
    for row in piece:
        if row["refusal"] is not None:
            yield row["position"], BadData(row["refusal"], row["detail"] or "")
    for number, group in groupby(
        sorted(_readable(piece), key=_reading_order), key=lambda row: int(row["container_id"])
    ):
        container, own = work.containers[number], []
        for row in group:
            member = members[row["position"]]
            if member.access is Access.FILE:
                _check_unchanged(container.root, member.path, row)
            own.append(member)
        yield from copy_members(containers, container, own, places)


def _reading_order(row: Row) -> tuple[int, int, str, int]:
    """Return container, then offset; for loose files path; for sequential access ordinal."""
    return row["container_id"], row["offset"] or 0, row["path"], row["ordinal"]


def _check_unchanged(root: Root, path: str, row: Row) -> None:
    """Raise SourceError if a loose file is missing or has changed: then the manifest is out of date."""
    file = root / path if isinstance(root, Url) else f"{root}/{path}"  # making a Path takes as long as the call of stat
    try:
        found = file.stat() if isinstance(file, Url) else os.stat(file)  # noqa: PTH116
    except OSError as error:
        raise SourceError(f"{file} cannot be read ({error.strerror}): restore it, or scan again") from error
    if size_and_time(found) != (row["size"], row["mtime_ns"]):
        raise SourceError(f"{file} has changed since it was scanned: run 'python -m indexer scan' again")


def _prepared(row: Row, data: bytes | memoryview, work: RowsTask) -> ReadResult:
    align = work.settings.align
    if align and align.as_real:
        try:
            work = replace(work, settings=replace(work.settings, align=_as_real(row, data, align, work.encodings)))
        except BadData as bad:
            return _without_traceback(bad)
    facts = (row["known_hash"], row["width"], row["height"], row["format"], row["mode"], row["metadata_removed"])
    return _checked(data, None if None in facts else ImageFacts(*facts), row["hash"], work)


def _as_real(
    row: Row, data: bytes | memoryview, align: Rendition, encodings: Mapping[str, JpegEncoding | None]
) -> Rendition | None:
    """Return the rendition of one image: real images keep their encoding, fakes get that of their real image.

    A real image that keeps its size, too, is not encoded again: None.

    Raises:
        BadData: unpaired: the fake has no real image, or one whose encoding cannot be repeated.
    """
    if row["label"] == 0:
        return replace(align, encoding=encoding_of(data)) if align.moves_pixels else None
    if row["file_id"] not in encodings:
        raise BadData("unpaired", "it has no real image whose encoding it could get: an RGB JPEG, or a PNG")
    return replace(align, encoding=encodings[row["file_id"]])


def _checked(data: bytes | memoryview, known: ImageFacts | None, expected: str | None, work: RowsTask) -> ReadResult:
    try:
        image = prepare(data, known, expected, work.settings, work.image_limits)
        for variant in work.settings.variants:
            with time_limit(work.image_limits.seconds):
                image = varied(image, variant, work.image_limits)
    except BadData as bad:
        return _without_traceback(bad)
    return image


def _without_traceback(bad: BadData) -> BadData:
    """Return a copy without the frames of its traceback, which would keep the image in memory."""
    return BadData(bad.reason, bad.detail)
