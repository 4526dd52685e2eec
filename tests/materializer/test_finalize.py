"""LargeImage to the standard Image and back, byte for byte what a build would have written."""

import json

import datasets
import pyarrow as pa
import pytest

import materializer.large_image
from indexer.errors import OutputError, SourceError
from indexer.parallel import Workers
from materializer.finalize import finalize
from materializer.shapes import Feature
from materializer.verify import verify
from tests.materializer.conftest import tree

HERE = Workers(1, "threading")


def test_it_makes_what_a_build_would_have_made(site, images):
    site.lay_out(images).build("large")
    site.build("standard", feature=Feature.STANDARD)
    assert finalize(site.folder / "large", site.folder / "converted", None, HERE) is Feature.STANDARD
    assert finalize(site.folder / "converted", site.folder / "back", None, HERE) is Feature.LARGE
    for made, expected in (("converted", "standard"), ("back", "large")):
        found, built = tree(site.folder / made), tree(site.folder / expected)
        names = [name for name in built if name.startswith(("train/", "validation/", "dataset_dict"))]
        assert {name: found[name] for name in names} == {name: built[name] for name in names}
    assert verify(site.folder / "converted", None, HERE).differences == ()


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
    monkeypatch.setattr("materializer.finalize._MAX_BATCH", 1000)
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
    [("nowhere", SourceError, "dataset_dict.json cannot be read"), ("out", OutputError, "is there already")],
)
def test_wrong_folders(site, images, name, error, words):
    site.lay_out(images[:3]).build()
    source = site.folder / ("nowhere" if name == "nowhere" else "out")
    with pytest.raises(error, match=words):
        finalize(source, site.folder / name, None, HERE)
