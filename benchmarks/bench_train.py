"""Read random batches for training: Manifest.dataset on a zip against loose files, zipfile, and datasets on a build.

Run: python -m benchmarks.bench_train [--images 2000] [--workers 2]. Prints images per second, and CPU milliseconds per
image over all workers, of alternating rounds with a warm page cache. "loose files" does what torchvision's ImageFolder
does: open, decode, convert to RGB. "zipfile" keeps one ZipFile open per worker; "zipfile, opened per item" opens it
for each image, as a dataset does that must work under spawn.
"""

import argparse
import io
import multiprocessing
import os
import random
import resource
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from indexer import Manifest
from materializer import build, load
from tests.support.gallery import picture

_BATCH = 32
_ROUNDS = 3
_POOL = 40  # different images
_reader: Callable[[Sequence[int]], int]


def main() -> None:
    """Write the same images in each form, then read all of them in random batches."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=2_000)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        readers = _readers(Path(folder), given.images)
        order = list(range(given.images))
        random.Random(0).shuffle(order)
        batches = [order[start : start + _BATCH] for start in range(0, len(order), _BATCH)]
        best: dict[str, tuple[float, float]] = {}
        for _ in range(_ROUNDS):
            for name, reader in readers.items():
                best[name] = min(best.get(name, (1e9, 1e9)), _timed(reader, batches, given.workers))
    base = best["loose files"][0]
    for name, (cpu, wall) in best.items():
        print(f"{name:28}{given.images / wall:8,.0f} images/s {cpu * 1e3 / given.images:8.2f} ms CPU {cpu / base:6.2f}")


def _readers(folder: Path, count: int) -> dict[str, Callable[[Sequence[int]], int]]:
    pool = [picture(str(number), (500, 375), "JPEG", quality=92) for number in range(_POOL)]
    loose = folder / "loose"
    loose.mkdir()
    with zipfile.ZipFile(folder / "set.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(count):
            (loose / f"{number:06}.jpg").write_bytes(pool[number % _POOL])
            archive.writestr(f"{number:06}.jpg", pool[number % _POOL])
    manifest = Manifest.scan(folder / "set.zip", loose, manifest=folder / "manifest.duckdb")
    for name in ("set", "loose"):
        manifest.select(sql=f"select file_id from manifest where source = '{name}'", name=name)
    build(manifest, "set", folder / "built", order="selection", image_feature="standard")
    rows = load(folder / "built")["train"]
    return {
        "loose files": _Loose(loose),
        "Manifest.dataset, zip": _Ours(manifest.dataset("set")),
        "Manifest.dataset, files": _Ours(manifest.dataset("loose")),
        "zipfile": _Zip(folder / "set.zip", keeps_open=True),
        "zipfile, opened per item": _Zip(folder / "set.zip", keeps_open=False),
        "datasets on a build": _Ours(rows),
    }


def _decoded(source: Any) -> Image.Image:
    with Image.open(source) as image:
        return image.convert("RGB")


class _Loose:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, batch: Sequence[int]) -> int:
        return len([_decoded(self.folder / f"{number:06}.jpg") for number in batch])


class _Zip:
    def __init__(self, path: Path, *, keeps_open: bool) -> None:
        self.path = path
        self.keeps_open = keeps_open
        self.open: zipfile.ZipFile | None = None

    def __call__(self, batch: Sequence[int]) -> int:
        images = []
        for number in batch:
            if self.open is None or not self.keeps_open:
                self.open = zipfile.ZipFile(self.path)
            images.append(_decoded(io.BytesIO(self.open.read(f"{number:06}.jpg"))))
        return len(images)


class _Ours:
    def __init__(self, dataset: Any) -> None:
        self.dataset = dataset

    def __call__(self, batch: Sequence[int]) -> int:
        return len([item["image"] for item in self.dataset.__getitems__(list(batch))])


def _timed(
    reader: Callable[[Sequence[int]], int], batches: Sequence[Sequence[int]], workers: int
) -> tuple[float, float]:
    """Return CPU seconds of the workers, and wall seconds."""
    global _reader  # noqa: PLW0603 - inherited by forked workers
    _reader = reader
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    processes = [
        multiprocessing.get_context("fork").Process(target=_work, args=(batches[number::workers],))
        for number in range(workers)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        if process.exitcode:
            raise SystemExit(f"a worker of {reader} ended with {process.exitcode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, time.perf_counter() - started


def _work(batches: Sequence[Sequence[int]]) -> None:
    for batch in batches:
        _reader(batch)
    os._exit(0)


if __name__ == "__main__":
    main()
