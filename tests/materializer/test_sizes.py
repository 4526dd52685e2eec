"""Who looked at the images before a build, and how they are packed, has no say in where shards are cut."""

from dataclasses import replace

import pytest

from indexer.base.errors import RecipeError
from indexer.base.workers import Workers
from indexer.manifest import store as stores
from indexer.selection.inspecting import Inspector, inspect_selection, inspect_unsized
from materializer.models import Check
from materializer.planning import plan as planning
from materializer.running.build import build
from materializer.running.parts import BuildPart, build_part, complete
from tests.materializer.conftest import tree
from tests.support import manifests

HERE = Workers(2, "threading")


@pytest.fixture
def uneven(images):
    """Every fifth picture is many times as large as the others, so that a guess would cut elsewhere."""
    large = {at: manifests.encoded(at, size=(160, 120)) for at in range(1, 52, 5)}
    return [replace(image, data=large.get(at, image.data)) for at, image in enumerate(images)]


def looked(site, look):
    with stores.open_for_writing(site.manifest) as store:
        return look(store, "main", Inspector({manifests.SOURCE: site.root}, HERE))


def test_sizes_that_only_reading_tells_are_read_before_shards_are_cut(site, uneven):
    site.lay_out(uneven).build()
    other = type(site)(site.folder / "other").lay_out(uneven, "parquet")
    with pytest.raises(
        RecipeError, match=r"\(pictures 52\), by which shards are cut: run 'python -m indexer inspect main'"
    ):
        other.build()
    assert not (other.folder / "out").exists()
    assert looked(other, inspect_unsized) == 52
    other.build()
    assert tree(other.folder / "out") == tree(site.folder / "out")
    assert looked(other, inspect_selection) == 6
    other.build("again")
    assert tree(other.folder / "again") == tree(site.folder / "out")


def test_parts_are_not_cut_by_a_guess_either(site, uneven):
    site.lay_out(uneven, "parquet")
    with stores.open_for_reading(site.manifest) as store:
        for run in (
            lambda: build_part(store, site.request(), BuildPart(1, 2), HERE),
            lambda: complete(store, site.request(), HERE),
        ):
            with pytest.raises(RecipeError, match="by which shards are cut"):
                run()
        assert planning.make(store, site.request()).shards  # an estimate may guess
    assert not (site.folder / "out").exists()


def test_what_is_missing_for_good_is_guessed_where_that_was_asked_for(site, uneven):
    site.lay_out(uneven, "parquet")
    (site.root / "pictures.parquet").unlink()
    with stores.open_for_reading(site.manifest) as store:
        assert build(store, replace(site.request(), allow_missing=True), HERE).missing == 52


@pytest.mark.parametrize("check", Check)
def test_what_was_found_in_an_image_counts_as_far_as_images_are_looked_into(site, images, check):
    images[7] = replace(images[7], data=images[7].data[:-80])  # its header is whole
    unseen = site.lay_out(images).build("unseen", check=check)
    assert unseen.refused == 2 + (check is Check.DECODE)
    assert looked(site, inspect_selection) == len(images)
    site.build("seen", check=check)
    assert tree(site.folder / "seen") == tree(site.folder / "unseen")
