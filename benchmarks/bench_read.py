"""Random members of a large zip, read by their places, against opening it with zipfile and a pass of libarchive.

Run: make bench-read [ARGS="--members 100000 --size 54000 --wanted 3000"]. Prints images a second and ratios of one run,
page cache warm. Every way checks the CRC-32. "bare" is pread and isal alone at known data offsets.
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

from isal import isal_zlib

from indexer.containers.detect import find_containers
from indexer.containers.formats.libarchive import SequentialPass
from indexer.containers.listing import list_members
from indexer.containers.models import Access, ArchiveLimits, Container, ListingReport, MemberRef, Volume
from indexer.containers.opening import opened
from indexer.containers.reading import read_members
from tests.support.large_zips import write_zip

_STORED, _DEFLATE = 0, 8
_POOL = 64
_ROUNDS = 4


def main() -> None:
    """Build a zip by each method, read from it in each way, print what that makes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=100_000)
    parser.add_argument("--size", type=int, default=54_000, help="bytes of a member")
    parser.add_argument("--wanted", type=int, default=3_000)
    parser.add_argument("--folder", type=Path, default=None, help="where the zip is built: members x size bytes")
    options = parser.parse_args()
    for name, method in (("deflate", _DEFLATE), ("stored", _STORED)):
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            path = Path(folder) / "bench.zip"
            write_zip(path, options.members, list(_pool(options.size, method)), method)
            _compare(name, path, options.wanted)


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
    wanted = _wanted(container, count)
    offsets = _data_offsets(path, wanted)
    _warm(path)
    ways: dict[str, Callable[[], int]] = {
        "bare pread and inflate": lambda: _bare(container, wanted, offsets),
        "read_members": lambda: _ours(container, wanted),
        "zipfile, opened for it": lambda: _zipfile(path, wanted),
        "libarchive, one pass": lambda: _libarchive(container, wanted),
    }
    rates = _rates(ways, count)
    ours = rates["read_members"]
    print(f"{count:,} of {container.volumes[0].size / 1e9:.1f} GB, {name}:")
    for way, rate in rates.items():
        ratio = "" if way == "read_members" else f"   read_members is {ours / rate:.2f} x as fast"
        print(f"  {way:24}{rate:10,.0f} images/s{ratio}")


def _warm(path: Path) -> None:
    with path.open("rb", buffering=0) as file:
        while file.read(1 << 24):
            pass


def _rates(ways: dict[str, Callable[[], int]], count: int) -> dict[str, float]:
    """Images a second of each way, the best of some rounds; ways take turns, as machines have moods."""
    best = dict.fromkeys(ways, 0.0)
    for _ in range(_ROUNDS):
        for way, read in ways.items():
            start = time.perf_counter()
            if read() != count:
                raise AssertionError("members are missing or damaged")
            best[way] = max(best[way], count / (time.perf_counter() - start))
    return best


def _wanted(container: Container, count: int) -> list[MemberRef]:
    batches = [item for item in list_members(container, ArchiveLimits()) if not isinstance(item, ListingReport)]
    names = [field for field in MemberRef.__slots__ if field not in ("key", "access")]
    total = sum(map(len, batches))
    chosen = set(random.Random(1).sample(range(total), count))
    rows = [batch.slice(i, 1).to_pylist()[0] for batch, i in _places(batches, chosen)]
    wanted = [MemberRef(key=r["ordinal"], access=Access(r["access"]), **{n: r[n] for n in names}) for r in rows]
    return sorted(wanted, key=lambda want: want.offset or 0)


def _places(batches: list[object], chosen: set[int]) -> Iterator[tuple[object, int]]:
    first = 0
    for batch in batches:
        yield from ((batch, index - first) for index in sorted(chosen) if first <= index < first + len(batch))
        first += len(batch)


def _bare(container: Container, wanted: list[MemberRef], offsets: list[int]) -> int:
    """What no reader can beat: data offsets known, one pread, one call to unpack, one checksum."""
    descriptor = os.open(container.root / container.path, os.O_RDONLY)
    done = 0
    for offset, want in zip(offsets, wanted, strict=True):
        data = os.pread(descriptor, want.packed_size, offset)
        data = isal_zlib.decompress(data, -15, want.size) if want.method == "deflate" else data
        done += isal_zlib.crc32(data) == want.crc32
    os.close(descriptor)
    return done


def _data_offsets(path: Path, wanted: list[MemberRef]) -> list[int]:
    with path.open("rb") as file:
        heads = [os.pread(file.fileno(), 30, want.offset) for want in wanted]
    return [want.offset + 30 + sum(struct.unpack_from("<2H", h, 26)) for want, h in zip(wanted, heads, strict=True)]


def _ours(container: Container, wanted: list[MemberRef]) -> int:
    return sum(isinstance(data, bytes) for _, data in read_members(container, wanted, ArchiveLimits()))


def _zipfile(path: Path, wanted: list[MemberRef]) -> int:
    with zipfile.ZipFile(path) as archive:
        return sum(len(archive.read(want.name)) == want.size for want in wanted)


def _libarchive(container: Container, wanted: list[MemberRef]) -> int:
    by_name = {want.name.encode(): want for want in wanted}
    done = 0
    with opened(container) as content:
        walk = SequentialPass(content.window, ArchiveLimits().seconds, ("zip",))
        while done < len(wanted) and (header := walk.next()):
            if want := by_name.get(header.name):
                done += isal_zlib.crc32(b"".join(walk.data(header.size))) == want.crc32
    return done


if __name__ == "__main__":
    main()
