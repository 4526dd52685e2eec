"""Every kind of damage to a finished build is found and named."""

import json
from dataclasses import replace

import pytest

from indexer.base.errors import OutputError
from indexer.base.workers import Workers
from indexer.manifest import store as stores
from materializer.dataset.verify import verify
from materializer.shards.formats import FORMATS

HERE = Workers(2, "threading")
SHARD = "train/data-00001-of-00004.arrow"


@pytest.mark.parametrize("name", FORMATS)
def test_an_intact_build_has_no_differences(site, images, name):
    site.built(images, format=name, feature=FORMATS[name].features[0])
    with stores.open_for_reading(site.manifest) as store:
        found = verify(site.folder / "out", store, HERE)
    assert (found.rows, found.differences) == (52, ())


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) * 3 // 4] ^= 1
    path.write_bytes(data)


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    ("name", "damage", "words"),
    [
        (SHARD, flip, "its bytes are not those that were written"),
        (SHARD, cut, "its bytes are not those that were written"),
        (SHARD, lambda path: path.unlink(), "is missing"),
        ("record/rows/train-00001-of-00004.parquet", cut, "its record is missing or damaged"),
        ("train/state.json", cut, "is not as it was written"),
        ("README.md", flip, "is not as it was written"),
        ("DATASET_STATS.md", cut, "is not as it was written"),
        ("croissant.json", lambda path: path.unlink(), "is missing"),
        ("record/facts.json", flip, "is not as it was written"),
        (
            "dataset_dict.json",
            lambda path: path.write_text(json.dumps({"splits": ["train"]})),
            "is not as it was written",
        ),
    ],
)
def test_damage_is_found(site, images, name, damage, words):
    site.built(images)
    damage(site.folder / "out" / name)
    assert words in {difference.what for difference in verify(site.folder / "out", None, HERE).differences}


def test_images_that_readers_cannot_open_are_found(site, images):
    images[5] = replace(images[5], data=images[5].data[:-20])
    site.lay_out(images).build(check="header", pixels="verbatim")
    assert verify(site.folder / "out", None, HERE).differences == ()
    [found] = verify(site.folder / "out", None, HERE, decodes=True).differences
    assert (found.where, found.what[:17]) == ("train/sampled/0005", "cannot be opened:")
    assert "truncated" in found.what


def test_differences_from_the_manifest_are_found(site, images):
    site.built(images)
    with stores.open_for_writing(site.manifest) as store:
        store.execute("delete from selection where file_id = 'train/sampled/0007'")
        store.execute(
            "insert into inspection (member_id, hash, status) select member_id, 'feed', 'ok' from attributes"
            " where file_id = 'train/sampled/0008'"
        )
        found = verify(site.folder / "out", store, HERE).differences
    assert [(one.where, one.what) for one in found] == [
        ("train/sampled/0007", "is not in the selection as train"),
        ("train/sampled/0008", "came from other bytes than the manifest has"),
    ]


def test_a_changed_selection_is_the_first_difference(site, images):
    site.built(images)
    with stores.open_for_writing(site.manifest) as store:
        store.execute("update selection_run set recipe_hash = 'of another recipe'")
        assert verify(site.folder / "out", store, HERE).differences == ()
        store.execute("delete from selection where file_id = 'train/sampled/0007'")
        first, *_ = verify(site.folder / "out", store, HERE).differences
    assert first.where == "'main'"
    assert "is no longer the selection of this build" in first.what


def test_verifying_a_folder_without_build_is_an_error(tmp_path):
    with pytest.raises(OutputError, match="holds no finished build"):
        verify(tmp_path, None, HERE)
