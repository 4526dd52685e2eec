"""Several threads read the images of one shard; the shards have the same bytes."""

import itertools
import threading
import tracemalloc
from dataclasses import replace

import pytest

from indexer.base.workers import Workers
from materializer.running.build import threads_per_worker
from materializer.shards import reading, windows
from tests.materializer.conftest import tree
from tests.support import manifests


@pytest.mark.parametrize("packing", ["folder", "deflate", "tar.gz"])
def test_threads_do_not_change_a_byte(site, images, monkeypatch, packing):
    calls, meeting = itertools.count(), threading.Barrier(2)

    def prepare(*given, prepare=reading.prepare):
        if next(calls) < 2:
            meeting.wait(60)  # for the other thread
        return prepare(*given)

    site.lay_out(images, packing).build("reference", jobs=1, shard_size=1 << 30)
    monkeypatch.setattr(windows, "PIECE_SIZE", 20_000)
    monkeypatch.setattr(windows, "WINDOW_SIZE", 60_000)
    site.build("windows", jobs=1, shard_size=1 << 30)
    monkeypatch.setattr(reading, "prepare", prepare)
    monkeypatch.setattr(reading, "_PART_ROWS", 2)
    site.build("threads", jobs=4, shard_size=1 << 30)
    assert tree(site.folder / "threads") == tree(site.folder / "windows")
    assert next(calls) > 2


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("head", [b"", b"no picture"], ids=["written", "refused"])
def test_one_large_image_is_in_memory_at_a_time(site, monkeypatch, jobs, head):
    size = 12_000_000
    large = [replace(one, data=head + one.data + bytes(size)) for one in manifests.pictures(4)]  # nothing reads the end
    site.lay_out([*large, *manifests.pictures(20, first=50)])
    monkeypatch.setattr(reading, "_MOST_AHEAD", size)
    monkeypatch.setattr(windows, "WINDOW_SIZE", size)
    tracemalloc.start()
    try:
        site.build(jobs=jobs, shard_size=1 << 30, check="none")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1.8 * size


@pytest.mark.parametrize(
    ("sizes", "jobs", "backend", "expected"),
    [([], 8, "loky", 1), ([1], 1, "loky", 1), ([1], 2, "loky", 2), ([1, 1], 2, "loky", 1), ([4, 1], 2, "loky", 2),
     ([1] * 3, 2, "loky", 2), ([1] * 2, 8, "loky", 8), ([1] * 15, 8, "loky", 8), ([1] * 16, 8, "loky", 1),
     ([1], 64, "loky", 8), ([1], 8, "dask", 1)],
)  # fmt: skip
def test_shards_get_threads_if_workers_would_be_idle(sizes, jobs, backend, expected):
    assert threads_per_worker(sizes, Workers(jobs, backend)) == expected
