"""A build continues after an interruption; an obstacle is reported in one line."""

import fcntl
import json
import os
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import datasets
import pyarrow.parquet as pq
import pytest

import materializer.large_image  # noqa: F401 - registers the feature
from indexer.base.errors import OutputError, RecipeError, SourceError
from indexer.base.workers import Workers
from indexer.manifest import store as stores
from materializer.models import Pixels, Refusal, RowOrder, Shard
from materializer.running.build import build
from materializer.shards import record, refusals
from materializer.shards.formats import FORMATS
from tests.materializer.conftest import tree
from tests.support import manifests

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize("packing", ["deflate", "tar.gz"])
def test_killed_at_random_steps_the_result_is_the_same(site, images, packing):
    """Ten kills of a build from a zip, ten of a build from a sequential archive."""
    site.lay_out(images, packing)
    run = [sys.executable, "-m", "tests.materializer.killed", site.manifest, site.root, site.folder / "builds", "10"]
    done = subprocess.run(run, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    expected = tree(site.folder / "builds/undisturbed")
    assert int(done.stdout) > 7
    for number in range(10):
        assert tree(site.folder / f"builds/{number}") == expected
    assert list((site.folder / "builds").glob("scratch/*")) == []


@pytest.mark.slow
def test_intact_shards_are_kept_and_damaged_ones_written_again(site, images):
    site.lay_out(images, "tar.gz").build()
    expected = tree(site.folder / "out")
    with (site.folder / "out/train/data-00002-of-00004.arrow").open("r+b") as file:
        file.seek(2_000)
        file.write(b"damage")
    (site.folder / "out/record/rows/validation-00000-of-00002.parquet").write_bytes(b"PAR1")
    assert site.build().kept == 4
    assert tree(site.folder / "out") == expected


def test_kept_shards_must_have_hashes_of_later_inspections(site, images):
    site.built(images)
    first = record.read(site.folder / "out", Shard("train", 0, 4)).file_ids[0]
    with stores.open_for_writing(site.manifest) as store:
        store.execute(
            "insert into inspection (member_id, hash, status) select member_id, 'feed', 'ok' from attributes"
            " where file_id = $file_id", {"file_id": first},
        )  # fmt: skip
    assert 0 < site.build().kept < 6
    refused = {row["file_id"]: row["reason"] for row in _refused(site)}
    assert refused[first] == "differs"


def _refused(site):
    return pq.read_table(site.folder / "out" / record.REFUSED).to_pylist()


def test_shards_of_an_earlier_plan_are_removed(site, images):
    site.built(images)
    (site.folder / "out" / record.BUILD).unlink()  # as if killed before it
    site.manifest.unlink()
    site.lay_out([replace(image, data=image.data + bytes(2_000)) for image in images])
    assert site.build().shards > 6
    site.build("undisturbed")
    assert tree(site.folder / "out") == tree(site.folder / "undisturbed")


def _continue_with(site, *names):
    """Continue an unfinished build whose plan names further shards."""
    plan = site.folder / "out" / record.PLAN
    content = json.loads(plan.read_bytes())
    content["shards"] |= dict.fromkeys(names, "0")
    plan.write_text(json.dumps(content))
    (site.folder / "out" / record.BUILD).unlink(missing_ok=True)
    return site.build()


def test_names_in_an_untrusted_plan_remove_only_shards_of_the_folder(site, images):
    site.built(images[:12])
    out, others = site.folder / "out", site.folder / "others"
    expected = tree(out)
    others.mkdir()
    (others / "data-00007-of-00008.arrow").write_bytes(b"of others")
    (out / "link").symlink_to(others)
    (out / "notes.txt").write_text("mine")
    (out / "train/data-00007-of-00008.arrow").write_bytes(b"of an earlier plan")
    names = ["train", "record", "", ".", "a\0b", "notes.txt", "../others/data-00007-of-00008.arrow", "x" * 5000]
    names += ["train/../notes.txt", "/etc/hostname", str(others / "data-00007-of-00008.arrow"), "link/notes.txt"]
    _continue_with(site, *names, "train/data-00007-of-00008.arrow")
    (out / "link").unlink()
    assert tree(out) == expected | {"notes.txt": b"mine"}
    assert tree(others) == {"data-00007-of-00008.arrow": b"of others"}


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_paths_of_shards_are_known_in_each_format(name):
    for split in ("train", "a-b.c", "data", "v-00000-of-00001"):
        assert FORMATS[name].is_shard_path(FORMATS[name].path(Shard(split, 3, 123_456)))
        assert not FORMATS[name].is_shard_path(FORMATS[name].path(Shard("../x", 3, 4)))


def test_link_or_folder_in_place_of_a_shard_of_an_earlier_plan_is_reported(site, images):
    site.built(images[:12])
    out, others = site.folder / "out", site.folder / "others"
    others.mkdir()
    (others / "data-00007-of-00008.arrow").write_bytes(b"of others")
    (out / "link").symlink_to(others)
    with pytest.raises(OutputError, match="link leads out of"):
        _continue_with(site, "link/data-00007-of-00008.arrow")
    (out / "train/data-00007-of-00008.arrow").mkdir()
    (out / "link").unlink()
    with pytest.raises(OutputError, match="cannot be removed"):
        _continue_with(site, "train/data-00007-of-00008.arrow")
    assert tree(others) == {"data-00007-of-00008.arrow": b"of others"}


def test_records_outside_of_the_folder_are_not_removed(site, images):
    site.built(images[:12])
    rows, others = site.folder / "out" / record.ROWS, site.folder / "others"
    rows.rename(others)
    (others / "mine.parquet").write_bytes(b"of others")
    rows.symlink_to(others)
    with pytest.raises(OutputError, match="leads out of"):
        _continue_with(site)
    assert (others / "mine.parquet").exists()


def test_a_folder_with_other_files_is_not_changed(site, images):
    site.lay_out(images)
    (site.folder / "out").mkdir()
    (site.folder / "out/thesis.tex").write_text("all of it")
    with pytest.raises(OutputError, match="is not empty and holds no build"):
        site.build()
    assert tree(site.folder / "out") == {"thesis.tex": b"all of it"}


def test_a_folder_of_another_build_is_not_changed(site, images):
    site.built(images)
    expected = tree(site.folder / "out")
    with pytest.raises(OutputError, match="holds another build, with order shuffled: name a new folder"):
        site.build(order=RowOrder.SELECTION)
    assert tree(site.folder / "out") == expected


def test_unknown_selection_is_an_error(site, images):
    site.lay_out(images)
    with pytest.raises(RecipeError, match=r"no selection 'mian' in .*: did you mean 'main'\?"):
        site.build(selection="mian")


@pytest.mark.parametrize("packing", ["folder", "stored", "7z"])
def test_a_missing_or_changed_source_stops_the_build(site, images, packing):
    site.lay_out(images, packing)
    file = next(path for path in sorted(site.root.rglob("*")) if path.is_file())
    content = file.read_bytes()
    file.unlink()
    with pytest.raises(SourceError, match=r"is missing|cannot be read"):
        site.build()
    file.write_bytes(content)  # the same bytes at another time
    with pytest.raises(SourceError, match="has changed since it was scanned"):
        site.build()
    assert not (site.folder / "out" / record.BUILD).exists()


@pytest.mark.parametrize("packing", ["folder", "stored"])
def test_an_empty_root_stops_the_build(site, images, packing):
    site.lay_out(images, packing)
    site.root.rename(site.folder / "disk")
    site.root.mkdir()
    with pytest.raises(SourceError, match="is missing or empty"):
        site.build()


def test_missing_sources_may_be_allowed(site, images):
    site.lay_out(images, "stored")
    next(path for path in sorted(site.root.rglob("*")) if path.is_file()).unlink()
    request = replace(site.request(), allow_missing=True)
    with stores.open_for_reading(site.manifest) as store:
        summary = build(store, request, Workers(2, "threading"))
    assert (summary.missing, sum(summary.splits.values())) == (52, 0)
    refused = pq.read_table(site.folder / "out" / record.REFUSED)
    assert set(refused["reason"].to_pylist()) == {"source_missing"}


def test_a_full_disk_stops_the_build_and_loses_nothing(site, images, small_disk):
    site.lay_out([replace(image, data=image.data + bytes(100_000)) for image in images])
    enough_for_images_alone = sum(len(image.data) + 100_000 for image in images if image.role != "spare") + (16 << 10)
    settings = {"shard_size": 500_000, "pixels": Pixels.VERBATIM}
    small = site.folder / "small"
    make_larger = small_disk(small, str(enough_for_images_alone))
    with pytest.raises(OutputError, match=r"cannot be written \(the disk is full\): what is finished is kept"):
        site.build("small/out", **settings)
    assert not list(small.rglob("*.unfinished"))
    make_larger("20m")
    assert site.build("small/out", **settings).kept > 0
    site.build("large", **settings)
    assert tree(small / "out") == tree(site.folder / "large")


def test_too_little_free_space_is_an_error_before_reading(site, images, small_disk):
    site.lay_out([replace(image, data=image.data + bytes(100_000)) for image in images])
    small = site.folder / "small"
    small_disk(small, "1m")
    with pytest.raises(OutputError, match=r"needs about 5\.\d+ MB and has 1\.04 MB free: make room"):
        site.build("small/out")
    assert [path.name for path in (small / "out").rglob("*") if path.is_file()] == ["plan.json"]


def test_two_builds_cannot_write_to_one_folder(site, images):
    site.lay_out(images)
    (site.folder / "out").mkdir()
    descriptor = os.open(site.folder / "out", os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with pytest.raises(OutputError, match=rf"is being written by another build \(process {os.getpid()}\)"):
        site.build()
    os.close(descriptor)
    assert site.build().shards == 6


def test_records_of_earlier_versions_are_read(site, images):
    """They have other names for a position and for a crash."""
    site.built(images)
    shard, output = Shard("train", 0, 4), site.folder / "out"
    found = record.read(output, shard)
    kept = tuple(Refusal(position, "x", "crashed", "") for position in (3, 4))
    record.write(output, shard, replace(found, refused=kept))
    file = record.path_of(output, shard)
    table = pq.read_table(file)
    note = json.loads(table.schema.metadata[b"shard"])
    note["refused"] = [{"place": one.position, "file_id": "x", "reason": "died", "detail": ""} for one in kept]
    pq.write_table(table.replace_schema_metadata({b"shard": json.dumps(note)}), file)
    assert record.read(output, shard).refused == kept
    assert all(refusal.is_retryable for refusal in kept)


@pytest.mark.slow
def test_hundreds_of_thousands_of_refusals_are_rows_of_a_file(site, images):
    site.built(images)
    shard, output = Shard("train", 0, 4), site.folder / "out"
    found = record.read(output, shard)
    detail = "UnidentifiedImageError: cannot identify image file, " * 10  # over the limit of Parquet's metadata in all
    refused = tuple(Refusal(position, f"train/{position}", "not_an_image", detail) for position in range(600_000))
    record.write(output, shard, replace(found, refused=refused))
    assert record.path_of(output, shard).stat().st_size < 1_000_000
    assert record.read(output, shard).refused == refused
    refusals.path_of(output, shard).write_bytes(b"damaged")
    assert record.read(output, shard) is None
    record.write(output, shard, replace(found, refused=()))
    assert not refusals.path_of(output, shard).exists()


@pytest.mark.slow
def test_a_selection_of_mostly_unusable_images_is_built(site, images):
    noise = [
        manifests.Picture(f"train/noise/{number:06d}", random.Random(number).randbytes(60)) for number in range(300_000)
    ]
    summary = site.lay_out([*images[:40], *noise], "stored").build(shard_size=1_000_000_000)
    assert summary.refused == 300_002
    assert pq.read_metadata(site.folder / "out" / record.REFUSED).num_rows == 300_002
    assert sum(len(found) for found in datasets.load_from_disk(str(site.folder / "out")).values()) == 38
