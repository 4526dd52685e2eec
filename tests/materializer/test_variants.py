"""Builds with --variants: each image in several encodings and sizes, one split per variant."""

import gc
import io
import json
from dataclasses import replace

import datasets
import pytest
from PIL import Image

import materializer.large_image  # noqa: F401 - registers the feature
from indexer.base.errors import ConfigError, OutputError, RecipeError
from indexer.base.workers import Workers
from indexer.images import inspect
from indexer.manifest import store as stores
from materializer.dataset import grading, verify
from materializer.dataset.convert import finalize
from materializer.models import Feature, Pixels
from materializer.planning import plan as planning
from materializer.running import parts
from materializer.running.parts import BuildPart
from materializer.shards import record, variants
from tests.materializer.conftest import tree
from tests.support import manifests


def rows(site, split, name="out"):
    dataset = datasets.load_from_disk(str(site.folder / name))[split]
    return list(dataset.cast_column("image", datasets.Image(decode=False)))


def plain(file_id="a"):
    return replace(manifests.pictures(1)[0], file_id=file_id)


def exif_picture(number):
    image = Image.frombytes("RGB", (24, 16), bytes(range(256))[:128] * 9)
    exif = Image.Exif()
    exif[0x0131] = "a program"
    target = io.BytesIO()
    image.save(target, "JPEG", exif=exif)
    return replace(manifests.pictures(1, first=number)[0], data=target.getvalue())


def test_variants_need_no_room_for_their_source_images(site, images, small_disk):
    site.lay_out([replace(image, data=image.data + bytes(100_000)) for image in images])
    small_disk(site.folder / "small", "1m")
    site.build("small/out", variants=("crop8",))
    assert len(rows(site, "train-crop8", "small/out")) == 40


def test_each_image_is_stored_in_each_variant(site, images):
    images[1] = replace(exif_picture(1), file_id=images[1].file_id)
    names = variants.parse(["jpeg75", "native", "webp80", "long12", "crop8", "stripped", "long12-jpeg50"])
    site.lay_out(images).build(variants=names, shard_size=1 << 30)
    found = datasets.load_from_disk(str(site.folder / "out"))
    assert set(found) == {
        split + end
        for split in ("train", "validation")
        for end in ("", "-jpeg75", "-webp80", "-long12", "-crop8", "-stripped", "-long12-jpeg50")
    }
    native = rows(site, "train")
    assert [row["variant"] for row in native] == ["native"] * 40
    for name in names[1:]:
        own = rows(site, f"train-{name}")
        assert [row["variant_of"] for row in own] == [row["file_id"] for row in native]
        assert {row["variant"] for row in own} == {name}
        looks = [inspect(row["image"]["bytes"]) for row in own]
        assert [(one.width, one.height) for one in looks] == [(row["width"], row["height"]) for row in own]
        if name == "jpeg75":
            assert {(one.format, one.jpeg_quality) for one in looks} == {("JPEG", 75)}
        if name == "webp80":
            assert {one.format for one in looks} == {"WEBP"}
            assert all(row["image"]["path"].endswith(".webp") for row in own)
        if name == "long12":
            assert {(one.format, one.width, one.height) for one in looks} == {("PNG", 12, 8)}
        if name == "crop8":
            assert {(one.format, one.width, one.height) for one in looks} == {("PNG", 8, 8)}
        if name == "stripped":
            assert not any(one.software for one in looks)
            assert any(inspect(row["image"]["bytes"]).software for row in native)
    with stores.open_for_reading(site.manifest) as store:
        assert verify.verify(site.folder / "out", store, Workers(1, "threading")).differences == ()


def test_variant_is_made_from_the_native_image(site):
    """Of an RGBA image, native is RGB on white; its long12 is that, resized."""
    image = replace(plain(), data=manifests.encoded(5, "RGBA", "PNG"))
    site.lay_out([image]).build(variants=("native", "long12"))
    [native], [small] = rows(site, "train"), rows(site, "train-long12")
    picture = Image.open(io.BytesIO(native["image"]["bytes"])).resize((12, 8), Image.Resampling.LANCZOS)
    assert Image.open(io.BytesIO(small["image"]["bytes"])).tobytes() == picture.tobytes()


@pytest.fixture
def small_ones(images):
    """The images of the other tests; two are smaller than the crop of a variant, one of them a spare."""
    for number in (7, -5):
        images[number] = replace(images[number], data=manifests.encoded(number + 99, size=(9, 7)))
    return images


def test_image_that_one_variant_cannot_have_is_replaced_in_all(site, small_ones):
    site.lay_out(small_ones).build(variants=("native", "crop8", "jpeg50"))
    every = [[row["file_id"] for row in rows(site, f"train{end}")] for end in ("", "-crop8", "-jpeg50")]
    assert every[0] == every[1] == every[2]
    assert not {small_ones[7].file_id, small_ones[-5].file_id} & set(every[0])
    assert len(every[0]) == 40 - 2 + 2


@pytest.mark.parametrize("interrupted", [False, True])
def test_grown_list_writes_only_what_is_missing(site, small_ones, interrupted):
    site.lay_out(small_ones)
    names = ("native", "crop8", "jpeg50")
    site.build("at once", variants=names)
    site.build(variants=("native", "jpeg50"))
    before = {path: path.stat().st_ino for path in (site.folder / "out").rglob("data-*.arrow")}
    if interrupted:
        (site.folder / "out" / "build.json").unlink()
    site.build(variants=names)
    assert tree(site.folder / "out") == tree(site.folder / "at once")
    rewritten = {path.parent.name for path, number in before.items() if path.stat().st_ino != number}
    assert rewritten == {"train", "train-jpeg50"}, (
        "they hold the image, and the spare, that are too small to be cropped"
    )
    assert sum(path.stat().st_ino != number for path, number in before.items()) == 4 < len(before) == 12


def test_parts_have_the_same_bytes(site, small_ones):
    names = ("native", "crop8")
    site.lay_out(small_ones).build("at once", variants=names)
    request = site.request(variants=names)
    with stores.open_for_reading(site.manifest) as store:
        for number in (1, 2):
            parts.build_part(store, request, BuildPart(number, 2), Workers(1, "threading"))
        parts.complete(store, request, Workers(1, "threading"))
    assert tree(site.folder / "out") == tree(site.folder / "at once")


def test_fewer_or_no_variants_are_another_build(site, images):
    site.lay_out(images[:2]).build(variants=("native", "jpeg50"))
    with pytest.raises(OutputError, match="with variants native,jpeg50"):
        site.build(variants=("native",))
    with pytest.raises(OutputError, match="with variants native,jpeg50"):
        site.build()
    site.build("plain")
    with pytest.raises(OutputError, match="without variants"):
        site.build("plain", variants=("native",))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # datasets leaves files open
@pytest.mark.parametrize("form", ["parquet", "webdataset", "imagefolder"])
def test_stock_loaders_open_every_variant(site, images, tmp_path, form):
    site.lay_out(images[20:24]).build(variants=("native", "jpeg50"), format=form, feature=Feature.STANDARD)
    found = datasets.load_dataset(str(site.folder / "out"), cache_dir=str(tmp_path / "cache"))
    assert {name: len(split) for name, split in found.items()} == {"train": 4, "train_jpeg50": 4}
    gc.collect()  # the warnings about unclosed files belong to this test
    texts = [row["json"] if form == "webdataset" else row for row in found["train_jpeg50"]]
    assert {row["variant"] for row in texts} == {"jpeg50"}
    assert {row["variant_of"] for row in texts} == {image.file_id for image in images[20:24]}
    assert verify.verify(site.folder / "out", None, Workers(1, "threading"), decodes=True).differences == ()


def test_record_counts_and_digests(site, images):
    site.lay_out(images[20:24]).build("plain")
    site.build(variants=("native", "jpeg50", "webp9"))
    plain, found = (json.loads((site.folder / name / "build.json").read_text()) for name in ("plain", "out"))
    assert found["digests"] == plain["digests"]
    assert found["settings"]["variants"] == ["native", "jpeg50", "webp9"]
    assert found["versions"]["libwebp"]
    assert list(found["splits"]) == ["train", "train-jpeg50", "train-webp9"]
    card = (site.folder / "out" / "README.md").read_text()
    assert "3 variants: native, jpeg50, webp9" in card
    assert "0 others were converted" in card
    recorded = record.read(site.folder / "out", next(iter(grading.read_build(site.folder / "out").all_shards))[0])
    assert recorded.rows["transform"].to_pylist() == ["verbatim"] * 4


def test_variants_of_converted_images(site, images):
    site.lay_out(images[20:22]).build(variants=("native", "stripped", "jpeg30"), pixels=Pixels.JPEG, quality=90)
    qualities = [inspect(row["image"]["bytes"]).jpeg_quality for row in rows(site, "train-jpeg30")]
    assert qualities == [30, 30]
    stripped, native = rows(site, "train-stripped"), rows(site, "train")
    assert [row["image"] for row in stripped] == [row["image"] for row in native]


def test_finalized_build_can_grow(site, images):
    names = ("native", "jpeg50", "long12-jpeg50")
    site.lay_out(images[20:24]).build("standard", feature=Feature.STANDARD, variants=names)
    finalize(site.folder / "standard", site.folder / "large", None, Workers(1, "threading"))
    grown = site.build("large", variants=(*names, "webp9"))
    assert (grown.shards, grown.kept) == (4, 3)


def test_variant_split_that_exists_is_refused(site, images):
    site.lay_out([images[20], replace(images[21], split="train-jpeg50")])
    with pytest.raises(RecipeError, match="--variants jpeg50 of split 'train' would be 'train-jpeg50'"):
        site.build(variants=("native", "jpeg50"))


@pytest.mark.parametrize(
    ("splits", "listed", "words"),
    [
        (("train", "train-long12"), ("native", "jpeg75", "long12-jpeg75"), "of split 'train-long12' would be"),
        (
            ("train-long12",),
            ("jpeg75", "long12-jpeg75"),
            "'train-long12-jpeg75', which ends like variant long12-jpeg75",
        ),
        (("train-jpeg75",), ("native", "jpeg75"), "'train-jpeg75', which ends like variant jpeg75: rename the split"),
        (("train-jpeg75",), ("jpeg75",), "'train-jpeg75', which ends like variant jpeg75: rename the split"),
    ],
)
def test_split_whose_name_ends_like_a_variant_is_refused(site, images, splits, listed, words):
    site.lay_out([replace(images[20 + at], split=split) for at, split in enumerate(splits)])
    with stores.open_for_reading(site.manifest) as store, pytest.raises(RecipeError, match=words):
        planning.make(store, site.request(variants=listed))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("jpeg", "'jpeg' is unknown: use native, stripped, longN"),
        ("jpeg101", "'jpeg101' is out of range: jpeg takes 1 to 100"),
        ("jpeg0", "out of range"),
        ("jpeg075", "unknown"),
        ("crop99999", "crop takes 1 to 16,384"),
        ("long16384-webp80", "long takes 1 to 16,383"),
        ("jpeg75-long512", "unknown"),
        ("native,", "'' is unknown"),
        ("Native", "unknown"),
        ("native,native", "'native' is listed twice"),
        ("blur3", "unknown"),
        ("jpeg50-webp50", "unknown"),
    ],
)
def test_wrong_variants_are_refused(text, words):
    with pytest.raises(ConfigError, match=words):
        variants.parse(text.split(","))


def test_order_of_the_list_has_no_effect():
    assert variants.parse(["webp80", " crop224", "native", "jpeg50"]) == ("native", "crop224", "jpeg50", "webp80")
