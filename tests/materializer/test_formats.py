"""Each output format, opened by its stock reader."""

import io
import json
import os
import subprocess
import sys
import tarfile
from dataclasses import replace
from itertools import pairwise

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

import materializer.large_image  # noqa: F401 - registers the feature
from indexer.base.errors import ConfigError, OutputError
from materializer.dataset.build_folder import read_build
from materializer.models import Feature, Pixels, Settings
from materializer.shards.formats import FORMATS, parquet
from tests.support import manifests


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")


def test_parquet_opens_by_its_file_names(site, images, tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "ROW_GROUP_SIZE", 6_000)
    monkeypatch.setattr("materializer.shards.record_batches.BATCH_SIZE", 2_000)
    site.lay_out(images).build(format="parquet", feature=Feature.STANDARD)
    found = datasets.load_dataset(str(site.folder / "out"), cache_dir=str(tmp_path / "cache"))
    assert {name: len(split) for name, split in found.items()} == {"train": 40, "validation": 12}
    assert isinstance(found["train"].features["image"], datasets.Image)
    assert found["train"].features["label"].names == ["real", "fake"]
    assert found["train"][0]["image"].size == (24, 16)
    file = pq.ParquetFile(site.folder / "out/data/train-00000-of-00004.parquet")
    assert file.num_row_groups > 1


def test_every_large_image_has_a_parquet_page_of_its_own(site, images):
    large = [manifests.encoded(number, "RGB", "PNG", size=(64, 64)) for number in range(40)]
    found = [replace(image, data=data) for image, data in zip(images[:40], large, strict=True)]
    assert min(map(len, large)) > parquet.PAGE_SIZE
    site.built(found, format="parquet", feature=Feature.STANDARD, shard_size=10_000_000)
    shard = site.folder / "out/data/train-00000-of-00001.parquet"
    column = pq.ParquetFile(shard).metadata.row_group(0).column(0)
    assert (column.path_in_schema, column.has_offset_index) == ("image.bytes", True)
    stored = [bytes(data) for _, data in FORMATS["parquet"].read(shard)]
    starts = [shard.read_bytes().index(data) for data in stored]
    gaps = [start - (before + len(data)) for data, (before, start) in zip(stored[:-1], pairwise(starts), strict=True)]
    assert min(gaps) > 8  # the header of a page and a length; inside a page there would be a length of 4 bytes


def test_reading_parquet_frees_row_groups(tmp_path):
    """A shard of 5 GB is read in the memory of a row group."""
    data, rows, groups = os.urandom(100_000), 20, 40
    image = pa.array([{"bytes": data}] * rows, pa.struct([("bytes", pa.large_binary())]))
    table = pa.table({"file_id": [str(number) for number in range(rows)], "image": image})
    with pq.ParquetWriter(tmp_path / "shard.parquet", table.schema, use_dictionary=False, compression="none") as file:
        for _ in range(groups):
            file.write_table(table)
    before = pa.total_allocated_bytes()
    held = [pa.total_allocated_bytes() - before for _ in parquet.ParquetFormat().read(tmp_path / "shard.parquet")]
    assert len(held) == rows * groups
    assert max(held) < 5 * rows * len(data) < groups * rows * len(data) // 4


def test_webdataset_has_its_keys_in_order(site, images, tmp_path):
    site.built(images, format="webdataset", feature=Feature.STANDARD)
    streams = datasets.load_dataset(str(site.folder / "out"), streaming=True)
    samples = list(streams["train"])
    assert [sample["__key__"] for sample in samples] == [f"train-{position:09d}" for position in range(40)]
    assert all(sample["cls"] == sample["json"]["label"] for sample in samples)
    assert not {sample["__key__"] for sample in streams["validation"]} & {sample["__key__"] for sample in samples}
    texts = {sample["json"]["file_id"] for sample in samples}
    assert "train/spare/0201" in texts
    assert all((sample["jpg"] or sample["png"]).size == (24, 16) for sample in samples)


def test_a_webdataset_of_jpegs_and_pngs_opens_by_its_folder(site, tmp_path):
    """Builds of real sources have both; the card declares a column for each."""
    images = [
        manifests.Picture(f"{form}/{shade}", _flat(form, shade)) for form in ("JPEG", "PNG") for shade in range(4)
    ]
    site.built(images, format="webdataset", feature=Feature.STANDARD)
    found = datasets.load_dataset(str(site.folder / "out"), cache_dir=str(tmp_path / "cache"))["train"]
    jpegs, pngs = ([sample[suffix] for sample in found if sample[suffix]] for suffix in ("jpg", "png"))
    assert [image.format for image in jpegs + pngs] == ["JPEG"] * 4 + ["PNG"] * 4
    assert found.features["cls"].names == ["real", "fake"]
    with tarfile.open(site.folder / "out/data/train-00000-of-00001.tar") as tar:
        names = {member.name: tar.extractfile(member).read(4) for member in tar}
    assert {name.rpartition(".")[2] for name in names} == {"jpg", "png", "cls", "json"}
    assert all(data.startswith(b"\xff\xd8") for name, data in names.items() if name.endswith(".jpg"))
    assert all(data.startswith(b"\x89PNG") for name, data in names.items() if name.endswith(".png"))


def _flat(form, shade):
    data = io.BytesIO()
    Image.new("RGB", (8, 8), (shade, 0, 0)).save(data, form)
    return data.getvalue()


@pytest.mark.slow
def test_verbatim_converts_nothing_and_jpeg_everything(site, images):
    site.lay_out(images).build("verbatim", pixels=Pixels.VERBATIM, format="webdataset", feature=Feature.STANDARD)
    site.build("jpeg", pixels=Pixels.JPEG, quality=80, feature=Feature.STANDARD)
    source = {image.file_id: image.data for image in images}
    for name in ("train-00000-of-00004", "train-00001-of-00004"):
        rows = pq.read_table(site.folder / f"verbatim/record/rows/{name}.parquet").to_pylist()
        assert all(row["source_sha256"] == row["stored_sha256"] for row in rows)
        assert all(row["stored_size"] == len(source[row["file_id"]]) for row in rows)
    found = datasets.load_from_disk(str(site.folder / "jpeg"))["train"]
    formats = {(row["image"].format, row["image"].mode) for row in found}
    assert formats == {("JPEG", "RGB")}
    description = json.loads((site.folder / "jpeg/build.json").read_text())
    assert description["settings"]["quality"] == 80


def test_transparency_becomes_white_and_16_bits_are_scaled(site):
    clear, dark = io.BytesIO(), io.BytesIO()
    Image.new("RGBA", (4, 4), (255, 0, 0, 0)).save(clear, "PNG")
    Image.new("I;16", (4, 4), 0x8080).save(dark, "PNG")
    images = [manifests.Picture("clear", clear.getvalue()), manifests.Picture("dark", dark.getvalue())]
    site.built(images)
    rows = {row["file_id"]: row["image"] for row in datasets.load_from_disk(str(site.folder / "out"))["train"]}
    assert rows["clear"].getpixel((0, 0)) == (255, 255, 255)
    assert rows["dark"].getpixel((0, 0)) == (128, 128, 128)


def test_an_unknown_format_is_an_error(site, images):
    site.lay_out(images[:3])
    with pytest.raises(ConfigError, match="the output format 'lance' is unknown: use arrow, parquet, webdataset"):
        site.build(format="lance")
    assert not (site.folder / "out").exists()
    site.build()
    file = site.folder / "out/build.json"
    file.write_text(file.read_text().replace('"format": "arrow"', '"format": "lance"'))
    with pytest.raises(OutputError, match=r"build\.json cannot be read \(the output format 'lance' is unknown"):
        read_build(site.folder / "out")
    assert Settings().format in FORMATS


@pytest.mark.slow  # mlcroissant
@pytest.mark.parametrize("format_", FORMATS)
def test_croissant_readers_get_every_row(site, images, format_):
    pytest.importorskip("mlcroissant", reason="mlcroissant is not installed")
    site.built(images, format=format_, feature=Feature.STANDARD)
    code = """
import json, sys, mlcroissant
found = mlcroissant.Dataset(sys.argv[1])
rows = {one.name: list(found.records(one.name)) for one in found.metadata.record_sets}
for row in rows.get("images", []):
    row["images/image"] = row["images/image"].convert("RGB").size
print(json.dumps(rows, default=lambda value: value.decode() if isinstance(value, bytes) else int(value)))
"""
    command = [sys.executable, "-W", "ignore", "-c", code, str(site.folder / "out/croissant.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout.splitlines()[-1])
    recorded = pq.read_table(site.folder / "out/record/rows").to_pylist()
    assert sorted(row["record/file_id"] for row in rows["record"]) == sorted(row["file_id"] for row in recorded)
    assert ("images" in rows) == (format_ == "parquet")
    if format_ == "parquet":
        built = datasets.load_dataset(str(site.folder / "out"), cache_dir=str(site.folder / "cache"))
        expected = {row["file_id"]: row for split in built.values() for row in split}
        assert {row["images/file_id"] for row in rows["images"]} == set(expected)
        for row in rows["images"]:
            one = expected[row["images/file_id"]]
            assert (tuple(row["images/image"]), row["images/label"]) == (one["image"].size, one["label"])
            assert row["images/positive_prompt"] == one["positive_prompt"]
