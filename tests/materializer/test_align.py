"""Builds of a recipe with [align]: all images are encoded anew, by one encoder with one setting."""

import io
import json
from dataclasses import asdict, replace

import datasets
import pyarrow as pa
import pytest
from PIL import Image

import materializer.large_image  # noqa: F401 - registers the feature
from indexer.base.errors import ConfigError, RecipeError
from indexer.base.workers import Workers
from indexer.images import INSPECTION_SCHEMA, inspect
from indexer.images.rendition import Rendition
from indexer.manifest import store as stores
from indexer.selection import recipe
from materializer.dataset import verify
from materializer.dataset.build_folder import read_build
from materializer.models import Pixels
from materializer.planning.alignment import aligned
from tests.materializer.conftest import tree
from tests.support import manifests


def align(site, table):
    with stores.open_for_writing(site.manifest) as store:
        store.execute("update selection_run set recipe = $recipe", {"recipe": f"seed = 1\n[align]\n{table}\n"})


def stored(site, name="out"):
    for split in datasets.load_from_disk(str(site.folder / name)).values():
        for row in split.cast_column("image", datasets.Image(decode=False)):
            yield row, inspect(row["image"]["bytes"])


@pytest.mark.slow
def test_all_images_get_one_encoder_quality_and_size(site, images):
    align(site.lay_out(images), "long_side = 96\njpeg = 90")
    site.build()
    found = list(stored(site))
    assert len(found) == 52
    assert {(one.format, one.jpeg_quality, one.subsampling, one.mode) for _, one in found} == {
        ("JPEG", 90, "4:2:0", "RGB")
    }
    assert len({one.encoder for _, one in found}) == 1
    assert {max(one.width, one.height) for _, one in found} == {96}
    assert all((row["width"], row["height"]) == (one.width, one.height) for row, one in found)
    assert all(row["image"]["path"].endswith(".jpg") for row, _ in found)
    described = json.loads((site.folder / "out" / "build.json").read_text())
    assert described["settings"]["align"] == {"long_side": 96, "crop": None, "jpeg": 90}
    assert read_build(site.folder / "out").settings.align == Rendition(long_side=96, jpeg=90)
    assert "encoded anew (long_side 96 jpeg 90)" in (site.folder / "out" / "README.md").read_text()


@pytest.mark.slow
def test_bytes_do_not_depend_on_workers_and_inspections(site, images):
    align(site.lay_out(images), "crop = 12")
    site.build("one", jobs=1)
    other = type(site)(site.folder / "other").lay_out(images, "tar.gz")
    align(other, "crop = 12")
    other.build("two", jobs=3)
    assert tree(site.folder / "one") == tree(other.folder / "two")
    assert {(one.format, one.width, one.height) for _, one in stored(site, "one")} == {("PNG", 12, 12)}


def test_image_smaller_than_the_crop_is_replaced_by_a_spare(site, images):
    target = io.BytesIO()
    Image.new("RGB", (9, 300)).save(target, "PNG")
    images[7] = replace(images[7], data=target.getvalue())
    align(site.lay_out(images), "crop = 12")
    site.build()
    assert images[7].file_id not in {row["file_id"] for row, _ in stored(site)}


@pytest.mark.parametrize("table", ["jpeg = 101", "crop = 0", 'jpeg = "fake"', "quality = 9"])
def test_invalid_table_is_refused_by_recipe_and_build(site, images, table):
    with pytest.raises(RecipeError, match="align: "):
        recipe.parse(f"seed = 1\nper_generator = 1\n[align]\n{table}\n")
    align(site.lay_out(images), table)
    with pytest.raises(ConfigError, match="the recipe of 'main'"):
        site.build()


def test_other_conversions_exclude_the_table(site, images):
    align(site.lay_out(images), "jpeg = 96")
    with pytest.raises(ConfigError, match=r"has \[align\] \(jpeg 96\), which encodes all images anew: omit --pixels"):
        site.build(pixels=Pixels.VERBATIM)
    with stores.open_for_writing(site.manifest) as store:
        store.execute("update selection_run set recipe = 'select 1'")
        assert aligned(store, site.request()) == site.request()


def as_fakes(site, images, pairs):
    """Make the images ``pairs`` names fakes of real images; all images are inspected."""
    with stores.open_for_writing(site.manifest) as store:
        store.execute("update attributes set paired_real_images = []")
        for fake, real in pairs.items():
            store.execute(
                "update attributes set label = 1, paired_real_images = $real where file_id = $fake",
                {"fake": fake, "real": ["nowhere", real]},
            )
        ids = dict(store.execute("select file_id, member_id from attributes"))
        facts = [{"member_id": ids[one.file_id], "status": "ok", **vars_of(inspect(one.data))} for one in images]
        store.insert("inspection", pa.Table.from_pylist(facts, INSPECTION_SCHEMA))


def vars_of(found):
    flat = asdict(found)
    return {name: flat.get(name) for name in INSPECTION_SCHEMA.names if name not in ("member_id", "status")}


def jpeg(seed, **options):
    target = io.BytesIO()
    Image.open(io.BytesIO(manifests.encoded(seed, "RGB", "PNG"))).save(target, "JPEG", **options)
    return target.getvalue()


def test_fake_gets_the_encoding_of_its_real_image(site):
    images = manifests.pictures(9)
    data = {
        0: jpeg(0, quality=40, subsampling="4:4:4"),
        1: jpeg(1, quality=93, subsampling="4:2:0", progressive=True),
        2: manifests.encoded(2, "RGB", "PNG"),
        3: manifests.encoded(3, "L", "JPEG"),
        **{number: manifests.encoded(number, "RGB", "PNG") for number in range(4, 9)},
    }
    images = [replace(image, data=data[number]) for number, image in enumerate(images)]
    names = [image.file_id for image in images]
    site.lay_out(images)
    # 7 belongs to a greyscale JPEG, 8 to nothing: their encodings cannot be repeated
    as_fakes(
        site, images, {names[4]: names[0], names[5]: names[1], names[6]: names[2], names[7]: names[3], names[8]: "?"}
    )
    align(site, 'jpeg = "real"')
    summary = site.build()
    assert (summary.refused, summary.missing) == (2, 2)
    found = {row["file_id"]: (row["image"]["bytes"], one) for row, one in stored(site)}
    assert set(found) == set(names[:7])
    for fake, real in ((4, 0), (5, 1)):
        ours, theirs = found[names[fake]][1], found[names[real]][1]
        assert (ours.format, ours.qtables_hash, ours.subsampling) == ("JPEG", theirs.qtables_hash, theirs.subsampling)
    assert found[names[6]][1].format == "PNG"
    assert [found[names[number]][0] for number in range(3)] == [data[number] for number in range(3)]
    settings = read_build(site.folder / "out").settings
    assert settings.align.as_real
    assert len(settings.align.pairs) == 16
    assert "encoded as the real images that belong to them (jpeg real)" in (site.folder / "out/README.md").read_text()
    assert verify.verify(site.folder / "out", None, Workers(1, "threading"), decodes=True).differences == ()


def test_real_images_that_are_cropped_keep_their_encoding(site):
    images = [replace(image, data=jpeg(number, quality=40)) for number, image in enumerate(manifests.pictures(2))]
    site.lay_out(images)
    as_fakes(site, images, {images[1].file_id: images[0].file_id})
    align(site, 'crop = 12\njpeg = "real"')
    site.build()
    looks = [(one.format, one.jpeg_quality, one.width) for _, one in stored(site)]
    assert looks == [("JPEG", 40, 12)] * 2


def test_real_images_must_be_inspected_first(site):
    images = manifests.pictures(2)
    site.lay_out(images)
    with stores.open_for_writing(site.manifest) as store:
        store.execute("update attributes set label = 1, paired_real_images = [$real] where file_id = $fake",
                      {"real": images[0].file_id, "fake": images[1].file_id})  # fmt: skip
    align(site, 'jpeg = "real"')
    with pytest.raises(RecipeError, match="needs the encodings of real images"):
        site.build()
