"""Several threads read the images of one shard; the shards have the same bytes."""

import itertools
import threading
import tracemalloc
from dataclasses import replace

import pytest

from indexer.base.workers import Workers
from indexer.manifest import store as stores
from materializer.models import Feature, RowOrder
from materializer.running.build import threads_per_worker
from materializer.shards import reading, windows
from materializer.shards.formats import parquet
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


LARGE = 12_000_000  # bytes


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("outcome", ["written", "not_an_image", "unpaired"])
def test_one_large_image_is_in_memory_at_a_time(site, monkeypatch, jobs, outcome):
    lay_out_large(site, b"no picture" if outcome == "not_an_image" else b"")
    if outcome == "unpaired":
        with stores.open_for_writing(site.manifest) as store:
            store.execute("update selection_run set recipe = $recipe", {"recipe": 'seed = 1\n[align]\njpeg = "real"'})
            store.execute("update attributes set label = 1")
    monkeypatch.setattr(reading, "_MOST_AHEAD", LARGE)
    assert peak_of_build(site, jobs=jobs) < 1.8 * LARGE


def test_a_row_group_of_one_large_image_is_written_at_once(site, monkeypatch):
    """The image, its copy in the row group, and the copy that is written are in memory."""
    lay_out_large(site)
    monkeypatch.setattr(parquet, "ROW_GROUP_SIZE", LARGE)
    assert peak_of_build(site, jobs=1, format="parquet", feature=Feature.STANDARD) < 3.5 * LARGE


def lay_out_large(site, head=b""):
    large = [
        replace(one, data=head + one.data + bytes(LARGE)) for one in manifests.pictures(4)
    ]  # nothing reads the end
    site.lay_out([*large, *manifests.pictures(20, first=50)])


def peak_of_build(site, **settings):
    """Build, and return the most bytes of Python's memory at a time."""
    tracemalloc.start()
    try:
        site.build(shard_size=1 << 30, check="none", order=RowOrder.SELECTION, **settings)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("sizes", "jobs", "backend", "expected"),
    [([], 8, "loky", 1), ([1], 1, "loky", 1), ([1], 2, "loky", 2), ([1, 1], 2, "loky", 1), ([4, 1], 2, "loky", 2),
     ([1] * 3, 2, "loky", 2), ([1] * 2, 8, "loky", 8), ([1] * 15, 8, "loky", 8), ([1] * 16, 8, "loky", 1),
     ([1], 64, "loky", 8), ([1], 8, "dask", 1)],
)  # fmt: skip
def test_shards_get_threads_if_workers_would_be_idle(sizes, jobs, backend, expected):
    assert threads_per_worker(sizes, Workers(jobs, backend)) == expected
