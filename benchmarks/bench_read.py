"""Read random members of a large zip: read_members against zipfile and one pass of libarchive.

Run: make bench-read [ARGS="--members 100000 --size 54000 --reads 3000"]. Prints images per CPU second and ratios of one
run, with a warm page cache. Every method checks the CRC-32. "bare" is pread and libdeflate alone at known data offsets.
"""

import argparse
import os
import random
import struct
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import deflate
from isal import isal_zlib

from indexer.containers.detect import find_containers
from indexer.containers.formats.libarchive import SequentialPass
from indexer.containers.from_manifest import stored_member
from indexer.containers.listing import list_members
from indexer.containers.models import ArchiveLimits, Container, ListingReport, MemberRef, Volume
from indexer.containers.opening import opened
from indexer.containers.reading import read_members
from tests.support.large_zips import write_zip

_STORED, _DEFLATE = 0, 8
_MOST_TIME = {"stored": 1.2}  # of read_members, as a multiple of bare reads: the target
_POOL = 64
_ROUNDS = 8


def main() -> None:
    """Build a zip by each method, read from it in each way, print the rates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=100_000)
    parser.add_argument("--size", type=int, default=54_000, help="bytes of a member")
    parser.add_argument("--reads", type=int, default=3_000)
    parser.add_argument("--folder", type=Path, default=None, help="where the zip is built: members x size bytes")
    options = parser.parse_args()
    for name, method in (("deflate", _DEFLATE), ("stored", _STORED)):
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            path = Path(folder) / "bench.zip"
            write_zip(path, options.members, list(_pool(options.size, method)), method)
            _compare(name, path, options.reads)


def _pool(size: int, method: int) -> Iterator[tuple[bytes, int, int]]:
    """Contents that deflate about as far as a JPEG's coefficients do: half noise, half repetition."""
    noise = random.Random(0)
    for _ in range(_POOL):
        data = noise.randbytes(size * 9 // 10) + b"\xff\xc0" * (size // 20)
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        packed = packer.compress(data) + packer.flush() if method == _DEFLATE else data
        yield packed, len(data), zlib.crc32(data)


def _compare(name: str, path: Path, count: int) -> None:
    status = path.stat()
    (container,), _ = find_containers(path.parent, [Volume(path.name, status.st_size, status.st_mtime_ns)])
    members = _sample(container, count)
    offsets = _data_offsets(path, members)
    _warm(path)
    ways: dict[str, Callable[[], int]] = {
        "bare pread and inflate": lambda: _bare(container, members, offsets),
        "read_members": lambda: _ours(container, members),
        "zipfile, opened for it": lambda: _zipfile(path, members),
        "libarchive, one pass": lambda: _libarchive(container, members),
    }
    rates = _rates(ways, count)
    ours = rates["read_members"]
    print(f"{count:,} of {container.volumes[0].size / 1e9:.1f} GB, {name}:")
    for way, rate in rates.items():
        ratio = "" if way == "read_members" else f"   read_members is {ours / rate:.2f} x as fast"
        print(f"  {way:24}{rate:10,.0f} images/CPU s{ratio}")
    if most := _MOST_TIME.get(name):
        time_ = rates["bare pread and inflate"] / ours
        print(f"  time of read_members / bare: {time_:.2f}   at most {most}: {'met' if time_ <= most else 'missed'}")


def _warm(path: Path) -> None:
    with path.open("rb", buffering=0) as file:
        while file.read(1 << 24):
            pass


def _rates(ways: dict[str, Callable[[], int]], count: int) -> dict[str, float]:
    """Return images per CPU second of each way, the best of some rounds; the ways take turns."""
    best = dict.fromkeys(ways, 0.0)
    for _ in range(_ROUNDS):
        for way, read in ways.items():
            start = time.process_time()
            if read() != count:
                raise AssertionError("members are missing or damaged")
            best[way] = max(best[way], count / (time.process_time() - start))
    return best


def _sample(container: Container, count: int) -> list[MemberRef]:
    batches = [item for item in list_members(container, ArchiveLimits()) if not isinstance(item, ListingReport)]
    total = sum(map(len, batches))
    chosen = set(random.Random(1).sample(range(total), count))
    rows = [batch.slice(i, 1).to_pylist()[0] for batch, i in _places(batches, chosen)]
    members = [stored_member(row, row["ordinal"]) for row in rows]
    return sorted(members, key=lambda member: member.offset or 0)


def _places(batches: list[object], chosen: set[int]) -> Iterator[tuple[object, int]]:
    first = 0
    for batch in batches:
        yield from ((batch, index - first) for index in sorted(chosen) if first <= index < first + len(batch))
        first += len(batch)


def _bare(container: Container, members: list[MemberRef], offsets: list[int]) -> int:
    """Read with known data offsets: one pread, one call to unpack, one checksum. No reader can be faster."""
    descriptor = os.open(container.root / container.path, os.O_RDONLY)
    done = 0
    for offset, member in zip(offsets, members, strict=True):
        data = os.pread(descriptor, member.packed_size, offset)
        data = deflate.deflate_decompress(data, member.size) if member.method == "deflate" else data
        done += isal_zlib.crc32(data) == member.crc32
    os.close(descriptor)
    return done


def _data_offsets(path: Path, members: list[MemberRef]) -> list[int]:
    with path.open("rb") as file:
        heads = [os.pread(file.fileno(), 30, member.offset) for member in members]
    return [
        member.offset + 30 + sum(struct.unpack_from("<2H", h, 26)) for member, h in zip(members, heads, strict=True)
    ]


def _ours(container: Container, members: list[MemberRef]) -> int:
    done = 0
    for _, data in read_members(container, members, ArchiveLimits()):
        done += isinstance(data, bytes)
    return done


def _zipfile(path: Path, members: list[MemberRef]) -> int:
    with zipfile.ZipFile(path) as archive:
        return sum(len(archive.read(member.name)) == member.size for member in members)


def _libarchive(container: Container, members: list[MemberRef]) -> int:
    by_name = {member.name.encode(): member for member in members}
    done = 0
    with opened(container) as content:
        walk = SequentialPass(content.window, ArchiveLimits().seconds, ("zip",))
        while done < len(members) and (header := walk.next()):
            if member := by_name.get(header.name):
                done += isal_zlib.crc32(b"".join(walk.data(header.size))) == member.crc32
    return done


if __name__ == "__main__":
    main()
