"""Builds of a recipe with [align]: all images are encoded anew, by one encoder with one setting."""

import io
import json
from dataclasses import replace

import datasets
import pytest
from PIL import Image

import materializer.large_image  # noqa: F401 - registers the feature
from indexer.base.errors import ConfigError, RecipeError
from indexer.images import inspect
from indexer.images.rendition import Rendition
from indexer.manifest import store as stores
from indexer.selection import recipe
from materializer.dataset.build_folder import read_build
from materializer.models import Pixels
from materializer.planning.alignment import aligned
from tests.materializer.conftest import tree


def align(site, table):
    with stores.open_for_writing(site.manifest) as store:
        store.execute("update selection_run set recipe = $recipe", {"recipe": f"seed = 1\n[align]\n{table}\n"})


def stored(site, name="out"):
    for split in datasets.load_from_disk(str(site.folder / name)).values():
        for row in split.cast_column("image", datasets.Image(decode=False)):
            yield row, inspect(row["image"]["bytes"])


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


@pytest.mark.parametrize("table", ["jpeg = 101", "crop = 0", 'jpeg = "real"', "quality = 9"])
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
