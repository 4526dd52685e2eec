"""LargeImage to the standard Image and back, byte for byte what a build would have written."""

import json

import datasets
import pyarrow as pa
import pytest

import materializer.large_image
from indexer.base.errors import OutputError, SourceError
from indexer.base.workers import Workers
from indexer.manifest import store as stores
from materializer.dataset.convert import finalize
from materializer.dataset.verify import verify
from materializer.models import Feature
from tests.materializer.conftest import tree

HERE = Workers(1, "threading")


def test_it_makes_what_a_build_would_have_made(site, images):
    site.lay_out(images).build("large")
    site.build("standard", feature=Feature.STANDARD)
    assert finalize(site.folder / "large", site.folder / "converted", None, HERE) is Feature.STANDARD
    assert finalize(site.folder / "converted", site.folder / "back", None, HERE) is Feature.LARGE
    for made, expected in (("converted", "standard"), ("back", "large")):
        found, built = tree(site.folder / made), tree(site.folder / expected)
        assert found.keys() == built.keys()
        assert [name for name in built if found[name] != built[name]] == []


def test_what_was_converted_verifies_and_is_the_build_that_the_command_asks_for(site, images):
    site.lay_out(images).build("large")
    finalize(site.folder / "large", site.folder / "converted", None, HERE)
    with stores.open_for_reading(site.manifest) as store:
        found = verify(site.folder / "converted", store, HERE)
    assert (found.rows, found.differences) == (52, ())
    before = tree(site.folder / "converted")
    assert site.build("converted", feature=Feature.STANDARD).kept == 6
    assert tree(site.folder / "converted") == before


def test_a_card_can_be_made_of_a_converted_dataset_that_others_gave(site, images):
    """The build is gone, and so is the manifest: what the folder says is enough."""
    site.lay_out(images).build("large")
    site.build("standard", feature=Feature.STANDARD)
    expected = tree(site.folder / "standard")
    site.manifest.unlink()
    finalize(site.folder / "large", site.folder / "converted", None, HERE)
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
        (change("build.json", splits=lambda splits: {"../../train": splits["train"]}), "do not name the same shards"),
        (change("build.json", splits={"train": []}), "do not name the same shards"),
        (change("build.json", digests=[]), "misspells digests"),
        (change("build.json", digests={"all": 1}), "misspells digests"),
        (change("build.json", selection=7), "misspells selection"),
        (change("build.json", settings=lambda settings: settings | {"pixels": "all"}), "'all' is not a valid Pixels"),
        (change("record/plan.json", shards={}), "data-00000-of-00001.arrow"),
        (change("record/facts.json", counts=None), "not iterable"),
        (first_count(images="1"), "images is '1'"),
        (first_count(generator=None), "generator is None"),
        (first_count(origin="\ud800"), "surrogates not allowed"),
        (change("build.json", settings=lambda settings: settings | {"quality": 1e400}), "as an integer"),
        (lambda folder: (folder / "record/facts.json").write_text("[" * 100_000), "recursion"),
        (lambda folder: (folder / "record/facts.json").unlink(), "No such file"),
        (lambda folder: (folder / "record/facts.json").write_text("[]"), "list indices"),
        (lambda folder: (folder / "record/refused.parquet").unlink(), r"refused\.parquet is missing"),
        (lambda folder: (folder / "record/rows/train-00000-of-00001.parquet").write_bytes(b"PAR1"), "train-00000"),
    ],
)
def test_a_build_that_is_not_whole_is_refused_before_hours_of_work(site, images, damage, words):
    site.lay_out(images[:3]).build()
    damage(site.folder / "out")
    with pytest.raises(SourceError, match=words) as caught:
        finalize(site.folder / "out", site.folder / "other", None, HERE)
    assert "\n" not in str(caught.value)
    assert not list(site.folder.glob("other*"))


def test_it_takes_what_save_to_disk_wrote(tmp_path, images):
    feature = materializer.large_image.LargeImage()
    rows = {"image": [{"bytes": images[0].data, "path": "a.jpg"}, None], "number": [1, 2]}
    written = datasets.Dataset.from_dict(rows, datasets.Features({"image": feature, "number": datasets.Value("int64")}))
    written.save_to_disk(tmp_path / "one")
    finalize(tmp_path / "one", tmp_path / "two", None, HERE)
    found = datasets.load_from_disk(str(tmp_path / "two"))
    assert found.features["image"] == datasets.Image()
    assert found.cast_column("image", datasets.Image(decode=False))[0]["image"]["bytes"] == images[0].data
    assert found[1]["image"] is None


def test_a_batch_that_32_bits_cannot_count_is_cut(tmp_path, monkeypatch):
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
def test_a_strangers_dataset_leads_nowhere_else(site, images, name):
    site.lay_out(images[:3]).build()
    file = site.folder / "out" / "train" / "state.json"
    state = json.loads(file.read_text())
    file.write_text(json.dumps(state | {"_data_files": [{"filename": name}]}))
    with pytest.raises(SourceError, match="leads out of its folder"):
        finalize(site.folder / "out", site.folder / "other", None, HERE)


def test_a_build_that_says_nothing_of_its_shards(site, images):
    site.lay_out(images[:3]).build()
    (site.folder / "out" / "build.json").write_text('{"splits": []}')
    with pytest.raises(OutputError, match=r"build\.json cannot be read"):
        verify(site.folder / "out", None, HERE)


def test_a_dataset_whose_files_say_nothing(site, images):
    site.lay_out(images[:3]).build()
    (site.folder / "out" / "train" / "state.json").write_text("{}")
    with pytest.raises(SourceError, match="lacks '_data_files'"):
        finalize(site.folder / "out", site.folder / "other", None, HERE)


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [("nowhere", SourceError, "dataset_dict.json cannot be read"), ("out", OutputError, "exists already")],
)
def test_wrong_folders(site, images, name, error, words):
    site.lay_out(images[:3]).build()
    source = site.folder / ("nowhere" if name == "nowhere" else "out")
    with pytest.raises(error, match=words):
        finalize(source, site.folder / name, None, HERE)
