"""Bytes -> tar shards, or files with sidecars; both laid out and named as img2dataset does.

::

    TO/[part/]00004.tar                 with 00004088.jpg and 00004088.json next to each other
    TO/[part/]00004/00004088.jpg + .json

Suffixes are those of the bytes. Whatever is written here counts once the log says so: a kill leaves a tail of a tar or
some files that the log does not know, and :func:`repair` takes them away before the next run.
"""

import os
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import IO, Protocol

from indexer.fetching.log import Log
from indexer.fetching.samples import Sample

_BLOCK = tarfile.BLOCKSIZE
_END = bytes(2 * _BLOCK)  # a tar ends with two blocks of zeros (POSIX pax, "ustar Interchange Format")
_BUFFER = 1 << 20  # bytes a write
_BARE_HEADER = tarfile.TarInfo().tobuf(tarfile.GNU_FORMAT)


class Shards(Protocol):
    """A layout; ``batch`` is how many samples it stores at a time at most, and so how many a kill may cost."""

    batch: int

    def store(self, samples: Sequence[Sample]) -> None:
        """Put samples on disk for good, and what the log needs to know about that into it."""

    def repair(self) -> int:
        """Make disk and log agree after a kill; returns the items whose bytes are gone, pending again."""


class TarShards:
    """WebDataset: a tar a thousand items, whole after every batch."""

    batch = 256

    def __init__(self, log: Log) -> None:
        self._log = log
        self._lengths = {(part, shard): length for part, shard, length in log.lengths()}

    def store(self, samples: Sequence[Sample]) -> None:
        """Append samples to their shards; one fsync a shard and batch."""
        for (part, shard), group in groupby(sorted(samples, key=_shard_of), key=_shard_of):
            length = self._append(self._path(part, shard), self._lengths.get((part, shard), 0), group)
            self._lengths[part, shard] = length
            self._log.record_length(part, shard, length)

    def _append(self, path: Path, start: int, samples: Iterable[Sample]) -> int:
        """Write members from byte ``start`` on, then the archive's end; returns the bytes before that end."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("r+b" if path.exists() else "w+b", buffering=_BUFFER) as tar:
            tar.seek(start)
            for sample in samples:
                _add(tar, sample)
            length = tar.tell()
            _finish(tar)
        return length

    def repair(self) -> int:
        """Cut tails that the log does not know; forget shards that are shorter than they were."""
        lost = [place for place, length in self._lengths.items() if not self._cut(place, length)]
        items = 0
        for part, shard in lost:
            items += self._log.forget_shard(part, shard)
            del self._lengths[part, shard]
        return items

    def _cut(self, place: tuple[str, str], length: int) -> bool:
        """End a shard behind its last known member; False where it is gone or shorter."""
        path = self._path(*place)
        if not path.exists() or path.stat().st_size < length:
            return False
        if path.stat().st_size != length + len(_END):
            with path.open("r+b") as tar:
                tar.seek(length)
                _finish(tar)
        return True

    def _path(self, part: str, shard: str) -> Path:
        return self._log.folder / part / f"{shard}.tar"


class FileShards:
    """A folder a thousand items, an image and its sidecar each."""

    batch = 32  # each costs the disk two syncs

    def __init__(self, log: Log) -> None:
        self._log = log

    def store(self, samples: Sequence[Sample]) -> None:
        """Write samples, each file by temporary file, fsync and rename.

        All are written before the first is synced: the disk gets them together, not one by one.
        """
        written = [path for sample in samples for path in self._write(sample)]
        for path in written:
            _sync(path)
        for path in written:
            path.rename(path.with_suffix(""))

    def _write(self, sample: Sample) -> Iterator[Path]:
        """Write an image and its sidecar; the files that they are in until they are renamed."""
        item = sample.outcome.item
        folder = self._log.folder / item.part / item.shard
        folder.mkdir(parents=True, exist_ok=True)
        for suffix, pieces in ((sample.outcome.type, sample.body.pieces()), ("json", [sample.sidecar])):
            path = folder / f"{item.name}.{suffix}.tmp"
            with path.open("wb") as file:
                file.writelines(pieces)
            yield path

    def repair(self) -> int:
        """Forget items whose file is gone or has another size; remove files that the log does not know."""
        return sum(
            self._repair(part, shard)
            for part in self._log.parts()
            for shard in sorted(self._on_disk(part) | self._log.shards(part))
        )

    def _on_disk(self, part: str) -> set[str]:
        return {path.name for path in (self._log.folder / part).glob("[0-9]*/") if path.name.isdecimal()}

    def _repair(self, part: str, shard: str) -> int:
        """One folder of a thousand: so many at once are held in memory."""
        folder = self._log.folder / part / shard
        found = list(os.scandir(folder)) if folder.is_dir() else []
        sizes = {each.name: each.stat().st_size for each in found if each.is_file() and each.name[0].isdigit()}
        lost, known = [], set()
        for key, suffix, size in self._log.stored(part, shard):
            image, sidecar = f"{key:08d}.{suffix}", f"{key:08d}.json"
            if sizes.get(image) == size and sidecar in sizes:
                known |= {image, sidecar}
            else:
                lost.append((part, key))
        self._log.forget(lost)
        for name in sizes.keys() - known:
            (folder / name).unlink()
        return len(lost)


def _shard_of(sample: Sample) -> tuple[str, str]:
    return sample.outcome.item.part, sample.outcome.item.shard


def _add(tar: IO[bytes], sample: Sample) -> None:
    """Two members that share a stem, as WebDataset wants them."""
    name = sample.outcome.item.name
    tar.write(_header(f"{name}.{sample.outcome.type}", sample.body.size))
    tar.writelines(sample.body.pieces())
    tar.write(bytes(-sample.body.size % _BLOCK))
    tar.write(_header(f"{name}.json", len(sample.sidecar)))
    tar.write(sample.sidecar)
    tar.write(bytes(-len(sample.sidecar) % _BLOCK))


def _header(name: str, size: int) -> bytes:
    """A header without owner or time of day, so that equal members are equal bytes.

    What differs is put into one of ``tarfile``'s, which takes six times as long to make one: name, size and checksum
    (POSIX pax, "ustar Header Block"; the checksum counts its own field as spaces).
    """
    header = bytearray(_BARE_HEADER)
    header[: len(name)] = name.encode()
    header[124:136] = b"%011o\0" % size
    header[148:156] = 8 * b" "
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header)


def _finish(tar: IO[bytes]) -> None:
    tar.write(_END)
    tar.truncate()
    tar.flush()
    os.fsync(tar.fileno())


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
