"""Compare a build with a plain copy, with decoding alone, and with other programs: ``make bench-build``.

Makes COUNT images (20,000 by default) of 100 KB: loose, and in deflated zips of which a tenth is selected; and a tenth
as many PNG images of 500 KB. The limit is one sha256 and one copy. Every contestant is one process, timed from start to
exit with its output flushed to disk, with two workers if it has workers. Rounds are interleaved. Compare the ratios of
the medians: the page cache of a busy machine changes all figures alike. LitData and WebDataset take part if
PEERS=/path/to/python names their interpreter.

    python -m benchmarks.bench_build [COUNT [ROUNDS]]
"""

import io
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from tests.support import manifests

HERE = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of wall time, and CPU seconds of all processes."""

    wall: float
    cpu: float


def main() -> None:
    """Make the images, run the contestants, print times and ratios."""
    given = [int(text) for text in sys.argv[1:]]
    count, rounds = (*given, *(20_000, 3)[len(given) :])
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as temporary:
        folder = Path(temporary)
        _make(folder, count)
        timings: dict[str, list[Timing]] = {name: [] for name in _contestants()}
        for _ in range(rounds):
            for name, arguments in _contestants().items():
                timings[name].append(_timed(folder, arguments))
        _report(timings, count)
        _resources(folder)


def _make(folder: Path, count: int) -> None:
    """Make ``count`` images, loose and in zips; the selection of the zips has a tenth of them."""
    images = _images(count)
    manifests.make(folder / "loose.duckdb", folder / "loose", images)
    manifests.make(folder / "zips.duckdb", folder / "zips", images, "deflate", wanted=slice(None, None, 10))
    pngs = [manifests.Picture(f"train/{number:06d}.png", _png(number)) for number in range(max(1, count // 10))]
    manifests.make(folder / "png.duckdb", folder / "png", pngs)
    for names, packing, pictures in (("names.txt", "loose", images), ("png.txt", "png", pngs)):
        (folder / names).write_text("\n".join(str(folder / packing / image.name) for image in pictures))
    subprocess.run(["sync"], check=True)


def _images(count: int) -> list[manifests.Picture]:
    """Return JPEGs of 512 x 512 and about 100 KB. They differ in bytes after their end, which decoders ignore."""
    bases = [_jpeg(seed) for seed in range(32)]
    return [
        manifests.Picture(f"train/{number:06d}", bases[number % len(bases)] + number.to_bytes(8, "big"))
        for number in range(count)
    ]


def _jpeg(seed: int) -> bytes:
    return _saved(seed, 14, "JPEG", quality=82)


def _png(seed: int) -> bytes:
    return _saved(seed, 6, "PNG")


def _saved(seed: int, noise: float, form: str, **options: int) -> bytes:
    random = np.random.default_rng(seed)
    coarse = Image.fromarray(random.integers(0, 256, (64, 64, 3), np.uint8)).resize(
        (512, 512), Image.Resampling.BICUBIC
    )
    fine = random.normal(0, noise, (512, 512, 3))
    target = io.BytesIO()
    Image.fromarray(np.clip(np.asarray(coarse) + fine, 0, 255).astype(np.uint8)).save(target, form, **options)
    return target.getvalue()


def _contestants() -> dict[str, list[str]]:
    """Return the contestants: a name, the module and its arguments."""
    found = {
        "cat + fsync": ["copy"],
        "limit": ["limit"],
        "build, no decode": ["ours", "loose", "none"],
        "decode alone": ["decode"],
        "build, decode": ["ours", "loose", "decode"],
        "one shard, one worker": ["ours", "loose", "decode", "loky", "1", "100GB"],
        "one shard, two workers": ["ours", "loose", "decode", "loky", "2", "100GB"],
        "PNG: decode alone": ["decode", "png.txt"],
        "PNG: build, decode": ["ours", "png", "decode"],
        "from_generator + save_to_disk": ["hub", "loose"],
        "zips: build, no decode": ["ours", "zips", "none"],
        "zips: extract + from_generator + save_to_disk": ["hub", "zips"],
    }
    if os.environ.get("PEERS"):
        found |= {"LitData optimize": ["lit"], "WebDataset ShardWriter": ["web"]}
    return found


def _timed(folder: Path, arguments: list[str]) -> Timing:
    out = folder / "out"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    module, *rest = arguments
    python = os.environ["PEERS"] if module in ("lit", "web") else sys.executable
    environment = {**os.environ, "HF_HOME": str(out / "cache"), "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}
    run = [python, "-m", f"benchmarks.contestants.{module}", str(folder), *rest]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(run, cwd=HERE, env=environment, check=True, stdout=subprocess.DEVNULL)
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Timing(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def _report(timings: Mapping[str, Sequence[Timing]], count: int) -> None:
    wall = {name: statistics.median(one.wall for one in rounds) for name, rounds in timings.items()}
    cpu = {name: statistics.median(one.cpu for one in rounds) for name, rounds in timings.items()}
    for name, seconds in wall.items():
        images = count // 10 if name.startswith(("zips", "PNG")) else count
        print(f"{name:48} {seconds:7.2f} s {images / seconds:9,.0f} images/s, {cpu[name]:6.2f} CPU seconds")
    for text, above, below, target in RATIOS:
        if above in wall and below in wall:
            ratio, busy = wall[above] / wall[below], cpu[above] / cpu[below]
            print(f"{text:48} {ratio:7.2f}   target {target}; in CPU time {busy:.2f}")


RATIOS = (
    ("build, no decode / cat + fsync", "build, no decode", "cat + fsync", "at most 1.3 (2.0 of 8,000 images)"),
    ("build, no decode / limit", "build, no decode", "limit", "at most 1.5 in CPU time"),
    ("decode alone / build, decode: JPEG", "decode alone", "build, decode", "at least 1.2"),
    ("decode alone / build, decode: PNG", "PNG: decode alone", "PNG: build, decode", "at least 2.0"),
    ("one worker / two workers, one shard", "one shard, one worker", "one shard, two workers", "at least 1.7"),
    ("from_generator / build, loose files", "from_generator + save_to_disk", "build, no decode", "at least 4"),
    ("extraction + from_generator / build, zips", "zips: extract + from_generator + save_to_disk",
     "zips: build, no decode", "at least 10"),
    ("LitData / build", "LitData optimize", "build, no decode", "above 1"),
    ("WebDataset / build", "WebDataset ShardWriter", "build, no decode", "above 1"),
)  # fmt: skip


def _resources(folder: Path) -> None:
    """Print the peak memory of all processes of a build, and the bytes it wrote."""
    peak = _peak_memory(lambda: _timed(folder, ["ours", "loose", "none"]))
    print(f"{'peak memory (PSS), two jobs':48} {peak / 1e6:7.0f} MB   below 1,000")
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_oublock
    _timed(folder, ["ours", "loose", "none", "threading"])
    written = (resource.getrusage(resource.RUSAGE_CHILDREN).ru_oublock - before) * 512
    size = sum(path.stat().st_size for path in (folder / "out").rglob("*.arrow"))
    print(f"{'bytes written / bytes of the output':48} {written / size:7.2f}   at most 1.05")


def _peak_memory(work: Callable[[], object]) -> int:
    """Return the largest sum of proportional set sizes of this process's descendants, in bytes, sampled every 20 ms."""
    peak, done = 0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.02):
            peak = max(peak, sum(map(_pss, _descendants(os.getpid()))))

    watcher = threading.Thread(target=watch)
    watcher.start()
    work()
    done.set()
    watcher.join()
    return peak


def _descendants(process: int) -> list[int]:
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout.split()
    parents = dict(zip(map(int, listed[::2]), map(int, listed[1::2]), strict=True))
    found, frontier = [], {process}
    while frontier:
        frontier = {child for child, parent in parents.items() if parent in frontier}
        found += frontier
    return found


def _pss(process: int) -> int:
    try:
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


if __name__ == "__main__":
    main()
