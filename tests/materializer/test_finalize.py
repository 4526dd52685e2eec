"""Conversion from LargeImage to the standard Image and back: the bytes are those of a build with that feature."""

import json

import datasets
import pyarrow as pa
import pytest

import materializer.large_image
from indexer.base.errors import OutputError, SourceError
from indexer.base.workers import Workers
from indexer.manifest import store as stores
from materializer.dataset.convert import Converted, finalize
from materializer.dataset.verify import verify
from materializer.models import Feature
from tests.materializer.conftest import tree

HERE = Workers(1, "threading")


@pytest.mark.slow
def test_converted_build_equals_a_build_with_the_other_feature(site, images):
    site.built(images)
    site.build("standard", feature=Feature.STANDARD)
    assert finalize(site.folder / "out", site.folder / "converted", None, HERE) == Converted(Feature.STANDARD, 52)
    assert finalize(site.folder / "converted", site.folder / "back", None, HERE) == Converted(Feature.LARGE, 52)
    for made, expected in (("converted", "standard"), ("back", "out")):
        found, built = tree(site.folder / made), tree(site.folder / expected)
        assert found.keys() == built.keys()
        assert [name for name in built if found[name] != built[name]] == []


def test_converted_build_verifies_and_is_kept_by_a_build(site, images):
    site.built(images)
    finalize(site.folder / "out", site.folder / "converted", None, HERE)
    with stores.open_for_reading(site.manifest) as store:
        found = verify(site.folder / "converted", store, HERE)
    assert (found.rows, found.differences) == (52, ())
    before = tree(site.folder / "converted")
    assert site.build("converted", feature=Feature.STANDARD).kept == 6
    assert tree(site.folder / "converted") == before


def test_conversion_needs_no_manifest(site, images):
    site.built(images)
    site.build("standard", feature=Feature.STANDARD)
    expected = tree(site.folder / "standard")
    site.manifest.unlink()
    finalize(site.folder / "out", site.folder / "converted", None, HERE)
    card = (site.folder / "converted/README.md").read_text()
    assert "LargeImage" not in card
    assert json.loads(expected["croissant.json"]) == json.loads((site.folder / "converted/croissant.json").read_text())


def change(name, **values):
    """Change values at the top of a JSON file; a function is applied to the old one."""

    def damage(folder):
        content = json.loads((folder / name).read_text())
        content |= {key: new(content[key]) if callable(new) else new for key, new in values.items()}
        (folder / name).write_text(json.dumps(content))

    return damage


def first_count(**values):
    return change("record/facts.json", counts=lambda counts: [counts[0] | values, *counts[1:]])


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (change("build.json", splits=lambda splits: {"../../train": splits["train"]}), "leads out of its folder"),
        (change("build.json", splits={"train": []}), "it lists no shards"),
        (change("build.json", digests=[]), r"digests is \[\]"),
        (change("build.json", digests={"all": 1}), "1 is not a text"),
        (change("build.json", digests={}), "the digest in build.json"),
        (change("build.json", selection=7), "selection is 7"),
        (change("build.json", settings=lambda settings: settings | {"pixels": "all"}), "'all' is not a valid Pixels"),
        (change("record/plan.json", shards={}), "data-00000-of-00001.arrow"),
        (change("record/facts.json", counts=None), "counts is None, not a list"),
        (first_count(images="1"), "images is '1'"),
        (first_count(generator=None), "generator is None"),
        (first_count(origin="\ud800"), "surrogates not allowed"),
        (change("build.json", settings=lambda settings: settings | {"quality": 1e400}), "Infinity is no number"),
        (lambda folder: (folder / "record/facts.json").write_text("[" * 100_000), "recursion"),
        (lambda folder: (folder / "record/facts.json").unlink(), "No such file"),
        (lambda folder: (folder / "record/facts.json").write_text("[]"), "is no object"),
        (lambda folder: (folder / "record/refused.parquet").unlink(), r"record/refused\.parquet is missing"),
        (lambda folder: (folder / "record/rows/train-00000-of-00001.parquet").write_bytes(b"PAR1"), "train-00000"),
    ],
)
def test_an_incomplete_build_is_refused_before_conversion(site, images, damage, words):
    site.built(images[:3])
    damage(site.folder / "out")
    with pytest.raises(SourceError, match=words) as caught:
        finalize(site.folder / "out", site.folder / "other", None, HERE)
    assert "\n" not in str(caught.value)
    assert not list(site.folder.glob("other*"))


def test_a_dataset_of_save_to_disk_is_converted(tmp_path, images):
    feature = materializer.large_image.LargeImage()
    rows = {"image": [{"bytes": images[0].data, "path": "a.jpg"}, None], "number": [1, 2]}
    written = datasets.Dataset.from_dict(rows, datasets.Features({"image": feature, "number": datasets.Value("int64")}))
    written.save_to_disk(tmp_path / "one")
    assert finalize(tmp_path / "one", tmp_path / "two", None, HERE).verified is None
    found = datasets.load_from_disk(str(tmp_path / "two"))
    assert found.features["image"] == datasets.Image()
    assert found.cast_column("image", datasets.Image(decode=False))[0]["image"]["bytes"] == images[0].data
    assert found[1]["image"] is None


def test_a_batch_too_large_for_32_bit_offsets_is_divided(tmp_path, monkeypatch):
    monkeypatch.setattr("materializer.dataset.convert._MAX_BATCH", 1000)
    schema = pa.schema([("image", materializer.large_image.LargeImage.pa_type)])
    features = datasets.Features({"image": materializer.large_image.LargeImage()})
    rows = [{"image": {"bytes": bytes([number]) * 300, "path": None}} for number in range(9)]
    datasets.Dataset(pa.Table.from_pylist(rows, schema), info=datasets.DatasetInfo(features=features)).save_to_disk(
        tmp_path / "one"
    )
    finalize(tmp_path / "one", tmp_path / "two", Feature.STANDARD, HERE)
    with pa.ipc.open_stream(tmp_path / "two" / "data-00000-of-00001.arrow") as stream:
        batches = list(stream)
    assert [batch.num_rows for batch in batches] == [2, 2, 2, 3]
    assert pa.Table.from_batches(batches).to_pylist() == rows


@pytest.mark.parametrize("name", ["../../mine.arrow", "/mine.arrow", ".."])
def test_untrusted_file_names_cannot_leave_the_folder(site, images, name):
    site.built(images[:3])
    file = site.folder / "out" / "train" / "state.json"
    state = json.loads(file.read_text())
    file.write_text(json.dumps(state | {"_data_files": [{"filename": name}]}))
    with pytest.raises(SourceError, match="leads out of its folder"):
        finalize(site.folder / "out", site.folder / "other", None, HERE)


def test_a_build_description_without_shards_is_an_error(site, images):
    site.built(images[:3])
    (site.folder / "out" / "build.json").write_text('{"splits": []}')
    with pytest.raises(OutputError, match=r"build\.json cannot be read"):
        verify(site.folder / "out", None, HERE)


def test_a_state_without_files_is_an_error(site, images):
    site.built(images[:3])
    (site.folder / "out" / "train" / "state.json").write_text("{}")
    with pytest.raises(SourceError, match="lacks '_data_files'"):
        finalize(site.folder / "out", site.folder / "other", None, HERE)


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [("nowhere", SourceError, "dataset_dict.json cannot be read"), ("out", OutputError, "exists already")],
)
def test_a_missing_source_or_existing_target_is_an_error(site, images, name, error, words):
    site.built(images[:3])
    source = site.folder / ("nowhere" if name == "nowhere" else "out")
    with pytest.raises(error, match=words):
        finalize(source, site.folder / name, None, HERE)


def test_build_that_differs_from_its_record_is_not_converted(site, images):
    site.built(images[:3])
    [shard] = (site.folder / "out/train").glob("*.arrow")
    content = bytearray(shard.read_bytes())
    content[content.index(images[0].data) + 100] ^= 1
    shard.write_bytes(content)
    with pytest.raises(SourceError, match=r"differs from its record \(2 differences; .*materializer verify"):
        finalize(site.folder / "out", site.folder / "other", None, HERE)
    assert not list(site.folder.glob("other*"))
