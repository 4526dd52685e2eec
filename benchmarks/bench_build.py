"""Compare a build with a plain copy, with decoding alone, and with other programs: ``make bench-build``.

For each COUNT, makes as many images of 100 KB: loose, and in deflated zips of which a tenth is selected; and a tenth as
many PNG images of 500 KB. The limit is one sha256 and one copy. Every contestant is one process, timed from start to
exit with its output flushed to disk, with two workers if it has workers. Rounds are interleaved. Compare the ratios of
the medians: the page cache of a busy machine changes all figures alike. LitData and WebDataset take part if
PEERS=/path/to/python names their interpreter. Modules are compiled before the first round, as in an installation.

    python -m benchmarks.bench_build [--rounds N] [COUNT ...]
"""

import io
import os
import resource
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import click
import numpy as np
from PIL import Image

from benchmarks.timing import Target, Timing, empty_out, median, timed
from tests.support import manifests


@click.command()
@click.option("--rounds", default=3, show_default=True)
@click.argument("counts", nargs=-1, type=click.IntRange(min=10), metavar="[COUNT ...]")
def main(rounds: int, counts: tuple[int, ...]) -> None:
    """Make the images, run the contestants, print times and ratios; by default of 8,000 and of 30,000 images."""
    for count in counts or (8_000, 30_000):
        with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as temporary:
            folder = Path(temporary)
            _make(folder, count)
            _timed(folder, _contestants()["build, no decode"])  # compiles the modules
            timings: dict[str, list[Timing]] = {name: [] for name in _contestants()}
            for _ in range(rounds):
                for name, arguments in _contestants().items():
                    timings[name].append(_timed(folder, arguments))
            _report(timings, count)
            _resources(folder)


def _make(folder: Path, count: int) -> None:
    """Make ``count`` images, loose and in zips; the selection of the zips has a tenth of them."""
    images = pictures(count)
    manifests.make(folder / "loose.duckdb", folder / "loose", images)
    manifests.make(folder / "zips.duckdb", folder / "zips", images, "deflate", wanted=slice(None, None, 10))
    pngs = [manifests.Picture(f"train/{number:06d}.png", _png(number)) for number in range(max(1, count // 10))]
    manifests.make(folder / "png.duckdb", folder / "png", pngs)
    for names, packing, made in (("names.txt", "loose", images), ("png.txt", "png", pngs)):
        (folder / names).write_text("\n".join(str(folder / packing / image.name) for image in made))
    subprocess.run(["sync"], check=True)


def pictures(count: int) -> list[manifests.Picture]:
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
        "limit, files mapped": ["limit", "mapped"],
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
    empty_out(folder)
    module, *rest = arguments
    python = os.environ["PEERS"] if module in ("lit", "web") else sys.executable
    return timed(folder, [python, "-m", f"benchmarks.contestants.{module}", str(folder), *rest])


def _report(timings: Mapping[str, Sequence[Timing]], count: int) -> None:
    print(f"\n{count:,} images")
    for name, rounds in timings.items():
        images, one = count // 10 if name.startswith(("zips", "PNG")) else count, median(rounds)
        print(f"{name:48} {one.wall:7.2f} s {images / one.wall:9,.0f} images/s, {one.cpu:6.2f} CPU seconds")
    print(f"{'ratio':62} {'wall':>6} {'CPU':>6}   target")
    for target in _targets(count):
        if target.above in timings:
            print(target.text(timings))


def _targets(count: int) -> tuple[Target, ...]:
    plain, decoded = "build, no decode", "build, decode"
    return (
        Target(plain, "cat + fsync", most=1.3 if count >= 30_000 else 2.0),
        Target("limit", "cat + fsync"),
        Target(plain, "limit", most=1.5, in_cpu=True),
        Target("decode alone", decoded, least=1.2),
        Target("PNG: decode alone", "PNG: build, decode", least=2.0),
        Target("one shard, one worker", "one shard, two workers", least=1.7),
        Target("one shard, one worker", decoded),  # whose workers write shards of their own
        Target("from_generator + save_to_disk", plain, least=4.0),
        Target("zips: extract + from_generator + save_to_disk", "zips: build, no decode", least=10.0),
        Target("LitData optimize", plain, least=1.0),
        Target("WebDataset ShardWriter", plain, least=1.0),
    )


def _resources(folder: Path) -> None:
    """Print the peak memory of all processes of a build, and the bytes it wrote."""
    peak = _peak_memory(lambda: _timed(folder, ["ours", "loose", "none"]))
    print(f"{'peak memory (PSS), two jobs':48} {peak / 1e6:7.0f} MB   below 1,000: {_met(peak < 1e9)}")
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_oublock
    _timed(folder, ["ours", "loose", "none", "threading"])
    written = (resource.getrusage(resource.RUSAGE_CHILDREN).ru_oublock - before) * 512
    size = sum(path.stat().st_size for path in (folder / "out").rglob("*.arrow"))
    ratio = written / size
    print(f"{'bytes written / bytes of the output':48} {ratio:7.2f}   at most 1.05: {_met(ratio <= 1.05)}")


def _met(is_met: bool) -> str:
    return "met" if is_met else "missed"


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
