"""Store bytes in tar shards, or in files with sidecars, in the layout of img2dataset.

::

    TO/[part/]00004.tar                 with 00004088.jpg followed by 00004088.json
    TO/[part/]00004/00004088.jpg + .json

Suffixes follow the type of the bytes. An item is stored once the log has its outcome. A kill can leave the tail of a
tar, or files, without a row in the log; :meth:`Shards.repair` removes them before the next run.
"""

import os
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import IO, Protocol

from indexer.base.durable import sync
from indexer.fetching.log import Log
from indexer.fetching.samples import Sample

_BLOCK = tarfile.BLOCKSIZE
_END = bytes(2 * _BLOCK)  # a tar ends with two blocks of zeros (POSIX pax, "ustar Interchange Format")
_BUFFER = 1 << 20  # bytes per write
_BARE_HEADER = tarfile.TarInfo().tobuf(tarfile.GNU_FORMAT)


class Shards(Protocol):
    """A layout on disk; ``batch`` is the most samples that it stores at a time, and so the most that a kill loses."""

    batch: int

    def store(self, samples: Sequence[Sample]) -> None:
        """Write samples durably, and record in the log what a repair needs."""

    def repair(self) -> int:
        """Make disk and log agree after a kill; return the number of items that are pending again."""


class TarShards:
    """WebDataset: one tar per thousand items, complete after every batch."""

    batch = 256

    def __init__(self, log: Log) -> None:
        self._log = log
        self._lengths = {(part, shard): length for part, shard, length in log.lengths()}

    def store(self, samples: Sequence[Sample]) -> None:
        """Append samples to their shards, with one fsync per shard and batch."""
        for (part, shard), group in groupby(sorted(samples, key=_shard_of), key=_shard_of):
            length = self._append(self._path(part, shard), self._lengths.get((part, shard), 0), group)
            self._lengths[part, shard] = length
            self._log.record_length(part, shard, length)

    def _append(self, path: Path, start: int, samples: Iterable[Sample]) -> int:
        """Write members at byte ``start``, then the end of the archive; return the offset of that end."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("r+b" if path.exists() else "w+b", buffering=_BUFFER) as tar:
            tar.seek(start)
            for sample in samples:
                _add(tar, sample)
            length = tar.tell()
            _finish(tar)
        return length

    def repair(self) -> int:
        """Cut tails that the log does not have; forget shards that are shorter than their recorded length."""
        lost = [key for key, length in self._lengths.items() if not self._cut(self._path(*key), length)]
        items = 0
        for part, shard in lost:
            items += self._log.forget_shard(part, shard)
            del self._lengths[part, shard]
        return items

    def _cut(self, path: Path, length: int) -> bool:
        """End a shard after its last recorded member; False if it is missing or shorter."""
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
    """One folder per thousand items, with an image and its sidecar for each."""

    batch = 32  # each needs two fsyncs

    def __init__(self, log: Log) -> None:
        self._log = log

    def store(self, samples: Sequence[Sample]) -> None:
        """Write samples, each file by temporary file, fsync and rename.

        All are written before the first is synced, so that the disk receives them together.
        """
        written = [path for sample in samples for path in self._write(sample)]
        for path in written:
            sync(path)
        for path in written:
            path.rename(path.with_suffix(""))
        for folder in {path.parent for path in written}:
            sync(folder)

    def _write(self, sample: Sample) -> Iterator[Path]:
        """Write an image and its sidecar; yield their temporary files."""
        item = sample.outcome.item
        folder = self._log.folder / item.part / item.shard
        folder.mkdir(parents=True, exist_ok=True)
        for suffix, chunks in ((sample.outcome.type, sample.body.chunks()), ("json", [sample.sidecar])):
            path = folder / f"{item.name}.{suffix}.tmp"
            with path.open("wb") as file:
                file.writelines(chunks)
            yield path

    def repair(self) -> int:
        """Forget items whose file is missing or has another size; remove files that the log does not have."""
        lost = 0
        for part in self._log.parts():
            folders = (self._log.folder / part).glob("[0-9]*/")
            on_disk = {path.name for path in folders if path.name.isdecimal()}
            for shard in sorted(on_disk | self._log.shards(part)):
                lost += self._repair(part, shard)
        return lost

    def _repair(self, part: str, shard: str) -> int:
        """Repair one folder: at most a thousand items are in memory at a time."""
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
    """Write two members with the same stem, as WebDataset requires."""
    name = sample.outcome.item.name
    tar.write(_header(f"{name}.{sample.outcome.type}", sample.body.size))
    tar.writelines(sample.body.chunks())
    tar.write(bytes(-sample.body.size % _BLOCK))
    tar.write(_header(f"{name}.json", len(sample.sidecar)))
    tar.write(sample.sidecar)
    tar.write(bytes(-len(sample.sidecar) % _BLOCK))


def _header(name: str, size: int) -> bytes:
    """Return a header without owner or time of day, so that equal members are equal bytes.

    Name, size and checksum are patched into a header of ``tarfile``, which needs six times as long to make one
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
