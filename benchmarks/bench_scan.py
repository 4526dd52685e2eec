"""Listing and scanning: ``make bench-scan``; with ``--memory`` the peak memory of a scan of 5,000,000 members.

Each figure is printed with that of a plain Python program, measured alternately in the same run, so that ratios hold on
other machines, and beside its target. The best of several rounds counts, so workers are running. CPU seconds, workers
included, are printed as well: on a shared machine they vary less than wall-clock time. The zip is written by numpy as
APPNOTE.TXT 6.3.10 defines it, with ZIP64 records; reading it with ``zipfile`` first proves that it is valid.
"""

import argparse
import math
import os
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import pyarrow as pa

from indexer.base.workers import Workers
from indexer.containers.detect import find_containers
from indexer.containers.listing import list_members
from indexer.containers.models import ArchiveLimits, Volume
from indexer.manifest import store
from indexer.scanning import ScanOptions, scan
from indexer.scanning.folder_listing import list_folder

ROUNDS = 4
MEMBERS = 1_000_000
MANY_MEMBERS = 5_000_000
FILES = 200_000
FILES_A_FOLDER = 1_000
BODY = b"0123456789"
Ways: TypeAlias = dict[str, Callable[[], Any]]
# Times as fast as "scandir and stat", by the clock: the walk alone, and the whole scan of loose files.
WALK_TARGET, LOOSE_TARGET = 1.4, 1.2


class Seconds(NamedTuple):
    """The time of a run: wall-clock seconds, and CPU seconds of all processes."""

    clock: float
    processor: float


def main() -> None:
    """Measure, and print a line a figure."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--memory", action="store_true", help="only: peak memory of a scan of 5,000,000 members")
    arguments.add_argument("--scan-for-memory", type=Path, help=argparse.SUPPRESS)
    arguments.add_argument("--members", type=int, default=MEMBERS, help="of the zip")
    arguments.add_argument("--files", type=int, default=FILES, help="in folders")
    given = arguments.parse_args()
    if given.scan_for_memory:
        _scan_for_memory(given.scan_for_memory)
        return
    with tempfile.TemporaryDirectory() as folder:
        if given.memory:
            _memory(Path(folder))
        else:
            _zip(Path(folder), given.members)
            _folder(Path(folder), given.files)


def _zip(folder: Path, members: int) -> None:
    root = folder / "zip"
    root.mkdir()
    archive = make_zip(root / "many.zip", members)
    ways: Ways = {
        "zipfile's listing": lambda: zipfile.ZipFile(archive).infolist(),
        f"directory of {members:,} members": lambda: _list(archive),
        "the same, whole way into the manifest": lambda: _scan(root),
    }
    _compare(ways, members, (None, None))


def _folder(folder: Path, files: int) -> None:
    tree = make_tree(folder / "tree", files)
    ways: Ways = {
        "scandir and stat": lambda: _scandir(tree),
        f"folder of {files:,} files": lambda: list_folder(tree, Workers(jobs=2)),
        "the same, whole way into the manifest": lambda: _scan(tree),
    }
    _compare(ways, files, (WALK_TARGET, LOOSE_TARGET))


def _compare(ways: Ways, items: int, targets: tuple[float | None, ...]) -> None:
    """Print one line per method; the others are compared with the first, and with their target if they have one."""
    best = {way: Seconds(math.inf, math.inf) for way in ways}
    for _ in range(ROUNDS):
        for way, run in ways.items():
            taken = _seconds(run)
            best[way] = Seconds(min(best[way].clock, taken.clock), min(best[way].processor, taken.processor))
    (other, theirs), *rest = best.items()
    print(f"{other}: {items / theirs.clock:,.0f}/s, {theirs.processor:.2f} CPU s")
    for (way, ours), target in zip(rest, targets, strict=True):
        ratio = theirs.clock / ours.clock
        aim = f"; at least {target}: {'met' if ratio >= target else 'missed'}" if target else ""
        print(
            f"{way}: {items / ours.clock:,.0f}/s, {ours.processor:.2f} CPU s: {ratio:.1f} times as fast,"
            f" {theirs.processor / ours.processor:.1f} times by the processor{aim}"
        )


def _seconds(run: Callable[[], Any]) -> Seconds:
    clock, processor = time.perf_counter(), _processor()
    run()
    return Seconds(time.perf_counter() - clock, _processor() - processor)


def _processor() -> float:
    """Return the CPU seconds of this process, its workers and their ended forks (fields 14 to 17 of proc(5)'s stat)."""
    stats = (Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split() for child in _children())
    ticks = sum(sum(map(int, fields[11:15])) for fields in stats)
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


def _list(archive: Path) -> int:
    status = archive.stat()
    volumes = [Volume(archive.name, status.st_size, status.st_mtime_ns)]
    (container,), _ = find_containers(archive.parent, volumes)
    return sum(part.num_rows for part in list_members(container, ArchiveLimits()) if isinstance(part, pa.RecordBatch))


def _scan(root: Path) -> None:
    with tempfile.TemporaryDirectory(dir=root.parent) as folder, store.open_for_writing(Path(folder) / "m") as manifest:
        scan(manifest, {"bench": root}, (), ScanOptions(Workers(jobs=2)))


def _scandir(folder: Path | str) -> int:
    """Return every file below a folder with size and time, by the standard library."""
    files = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                files += _scandir(entry.path)
            else:
                entry.stat(follow_symlinks=False)
                files += 1
    return files


def make_tree(folder: Path, files: int) -> Path:
    """Create empty files, FILES_A_FOLDER per folder."""
    for number in range(files):
        if number % FILES_A_FOLDER == 0:
            below = folder / f"n{number // FILES_A_FOLDER:08d}"
            below.mkdir(parents=True)
        os.close(os.open(below / f"{number:08d}.jpg", os.O_CREAT | os.O_WRONLY))
    return folder


def make_zip(file: Path, members: int) -> Path:
    """A zip of small stored members; ZIP64 end records, since there are more than 65,535."""
    crc = zlib.crc32(BODY)
    local = struct.Struct("<4s5H3I2H")
    central = file.with_suffix(".directory")
    offset = 0
    with file.open("wb") as out, central.open("w+b") as directory:
        for number in range(members):
            name = b"train/n%08d/n%08d_%07d.JPEG" % (number // 1300, number // 1300, number)
            common = (20, 0x800, 0, 0, 33, crc, len(BODY), len(BODY), len(name), 0)
            out.write(local.pack(b"PK\3\4", *common) + name + BODY)
            directory.write(struct.pack("<4sH", b"PK\1\2", 20) + local.pack(b"", *common)[4:])
            directory.write(struct.pack("<3H2I", 0, 0, 0, 0, offset) + name)
            offset += local.size + len(name) + len(BODY)
        size = directory.tell()
        directory.seek(0)
        while block := directory.read(1 << 24):
            out.write(block)
        out.write(struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, members, members, size, offset))
        out.write(struct.pack("<4sIQI", b"PK\6\7", 0, offset + size, 1))
        out.write(struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, min(size, 0xFFFFFFFF), 0xFFFFFFFF, 0))
    central.unlink()
    return file


def _memory(folder: Path) -> None:
    make_zip(folder / "many.zip", MANY_MEMBERS)
    subprocess.run([sys.executable, "-m", "benchmarks.bench_scan", "--scan-for-memory", folder], check=True)


def _scan_for_memory(folder: Path) -> None:
    """Scan in this process, which has done nothing else; its peak and those of its workers add up."""
    seconds = _seconds(lambda: _scan(folder))
    ours, workers = _peak(os.getpid()), sum(map(_peak, _children()))
    print(
        f"scan of {MANY_MEMBERS:,} members: {seconds.clock:.1f} s, {seconds.processor:.1f} CPU s;"
        f" peak {ours + workers:.2f} GB (this process {ours:.2f}, its workers {workers:.2f})"
    )


def _children() -> list[int]:
    tasks = Path("/proc/self/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def _peak(process: int) -> float:
    """Gigabytes that a process had in memory at most (VmHWM of proc(5))."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{process}/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) / 1e6


if __name__ == "__main__":
    main()
