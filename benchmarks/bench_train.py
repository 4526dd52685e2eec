"""Read images for training: Manifest.dataset on a zip against loose files, zipfile, a build, and WebDataset.

Run: python -m benchmarks.bench_train [--images 2000] [--workers 2]. Prints images per second, and CPU milliseconds per
image over all workers, of alternating rounds with a warm page cache. "loose files" does what torchvision's ImageFolder
does: open, decode, convert to RGB. "zipfile" keeps one ZipFile open per worker; "zipfile, opened per item" opens it
for each image, as a dataset does that must work under spawn. WebDataset reads tar shards from start to end with a
shuffle buffer, as does Manifest.dataset(...).stream; it takes part if `pip install webdataset` was run.
"""

import argparse
import io
import multiprocessing
import os
import random
import resource
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from PIL import Image

from indexer import Manifest
from materializer import build, load
from tests.support.gallery import picture

_BATCH = 32
_ROUNDS = 3
_POOL = 40  # different images
_SHARDS = 8  # tar files
_BUFFER = 500  # images of a shuffle buffer
Batches = Sequence[Sequence[int]]
Reader = Callable[[Batches, int, int], None]  # all batches, number of the worker, workers


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


def _readers(folder: Path, count: int) -> dict[str, Reader]:
    _write(folder, count)
    names = ("set", "loose", "shards")
    manifest = Manifest.scan(folder / "set.zip", folder / "loose", folder / "shards", manifest=folder / "m.duckdb")
    for name in names:
        manifest.select(sql=f"select file_id from manifest where source = '{name}'", name=name)
    build(manifest, "set", folder / "built", order="selection", image_feature="standard")
    ours = {name: manifest.dataset(name) for name in names}
    for dataset in ours.values():
        dataset[0]  # imports and opens all that the workers inherit
    web = {"WebDataset, tar shards": _web(folder / "shards")} if find_spec("webdataset") else {}
    return {
        "loose files": _in_batches(lambda batch: [_decoded(folder / "loose" / _name(number)) for number in batch]),
        "Manifest.dataset, zip": _in_batches(_images(ours["set"])),
        "Manifest.dataset, files": _in_batches(_images(ours["loose"])),
        "zipfile": _in_batches(_Zip(folder / "set.zip", keeps_open=True)),
        "zipfile, opened per item": _in_batches(_Zip(folder / "set.zip", keeps_open=False)),
        "datasets on a build": _in_batches(_images(load(folder / "built")["train"])),
        **web,
        "stream, tar shards": _stream(ours["shards"]),
        "stream, zip": _stream(ours["set"]),
    }


def _write(folder: Path, count: int) -> None:
    """Write the same images as loose files, as one zip, and as tar shards."""
    pool = [picture(str(number), (500, 375), "JPEG", quality=92) for number in range(_POOL)]
    for name in ("loose", "shards"):
        (folder / name).mkdir()
    with zipfile.ZipFile(folder / "set.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(count):
            (folder / "loose" / _name(number)).write_bytes(pool[number % _POOL])
            archive.writestr(_name(number), pool[number % _POOL])
    for shard in range(_SHARDS):
        with tarfile.open(folder / "shards" / f"{shard}.tar", "w") as tar:
            for number in range(shard, count, _SHARDS):
                tar.add(folder / "loose" / _name(number), _name(number))


def _name(number: int) -> str:
    return f"{number:06}.jpg"


def _decoded(source: Any) -> Image.Image:
    with Image.open(source) as image:
        return image.convert("RGB")


class _Zip:
    def __init__(self, path: Path, *, keeps_open: bool) -> None:
        self.path = path
        self.keeps_open = keeps_open
        self.open: zipfile.ZipFile | None = None

    def __call__(self, batch: Sequence[int]) -> list[Image.Image]:
        images = []
        for number in batch:
            if self.open is None or not self.keeps_open:
                self.open = zipfile.ZipFile(self.path)
            images.append(_decoded(io.BytesIO(self.open.read(_name(number)))))
        return images


def _images(dataset: Any) -> Callable[[Sequence[int]], list[Image.Image]]:
    return lambda batch: [item["image"] for item in dataset.__getitems__(list(batch))]


def _in_batches(read: Callable[[Sequence[int]], list[Image.Image]]) -> Reader:
    """Return a reader whose workers take turns in reading the random batches."""

    def work(batches: Batches, worker: int, workers: int) -> None:
        for batch in batches[worker::workers]:
            if len(read(batch)) != len(batch):
                raise SystemExit("a batch is not complete")

    return work


def _stream(dataset: Any) -> Reader:
    def work(batches: Batches, worker: int, workers: int) -> None:
        stream = dataset.stream(shuffle=_BUFFER, rank=worker, world_size=workers)
        _check(sum(1 for _ in stream), batches, workers)

    return work


def _web(folder: Path) -> Reader:
    import webdataset  # noqa: PLC0415 - optional

    def work(batches: Batches, worker: int, workers: int) -> None:
        shards = [str(folder / f"{shard}.tar") for shard in range(worker, _SHARDS, workers)]
        samples = webdataset.WebDataset(shards, shardshuffle=False, empty_check=False).shuffle(_BUFFER).decode("pil")
        _check(sum(1 for _ in samples), batches, workers)

    return work


def _check(found: int, batches: Batches, workers: int) -> None:
    if abs(found - sum(map(len, batches)) / workers) > _SHARDS:
        raise SystemExit(f"{found} images were read")


def _timed(reader: Reader, batches: Batches, workers: int) -> tuple[float, float]:
    """Return CPU seconds of the workers, and wall seconds."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    processes = [
        multiprocessing.get_context("fork").Process(target=_work, args=(reader, batches, number, workers))
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


def _work(reader: Reader, batches: Batches, worker: int, workers: int) -> None:
    reader(batches, worker, workers)
    os._exit(0)


if __name__ == "__main__":
    main()
