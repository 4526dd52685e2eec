"""Shards are cut at the same rows, whether images were inspected before and however they are packed."""

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
    """Every fifth picture is many times as large as the others, so that a guess would cut at other rows."""
    large = {at: manifests.encoded(at, size=(160, 120)) for at in range(1, 52, 5)}
    return [replace(image, data=large.get(at, image.data)) for at, image in enumerate(images)]


def inspected(site, inspect):
    with stores.open_for_writing(site.manifest) as store:
        return inspect(store, "main", Inspector({manifests.SOURCE: site.root}, HERE))


def test_a_build_of_unknown_sizes_needs_an_inspection(site, uneven):
    site.lay_out(uneven).build()
    other = type(site)(site.folder / "other").lay_out(uneven, "parquet")
    with pytest.raises(
        RecipeError, match=r"\(pictures 52\), and shards are cut by size: run 'python -m indexer inspect main'"
    ):
        other.build()
    assert not (other.folder / "out").exists()
    assert inspected(other, inspect_unsized) == 52
    other.build()
    assert tree(other.folder / "out") == tree(site.folder / "out")
    assert inspected(other, inspect_selection) == 6
    other.build("again")
    assert tree(other.folder / "again") == tree(site.folder / "out")


def test_parts_of_unknown_sizes_need_an_inspection(site, uneven):
    site.lay_out(uneven, "parquet")
    with stores.open_for_reading(site.manifest) as store:
        for run in (
            lambda: build_part(store, site.request(), BuildPart(1, 2), HERE),
            lambda: complete(store, site.request(), HERE),
        ):
            with pytest.raises(RecipeError, match="shards are cut by size"):
                run()
        assert planning.make(store, site.request()).shards  # an estimate may guess
    assert not (site.folder / "out").exists()


def test_sizes_of_missing_images_may_be_guessed(site, uneven):
    site.lay_out(uneven, "parquet")
    (site.root / "pictures.parquet").unlink()
    request = replace(site.request(shard_size=1 << 30), allow_missing=True)
    with stores.open_for_reading(site.manifest) as store:
        assert build(store, request, HERE).missing == 52


@pytest.mark.parametrize("check", Check)
def test_an_inspection_refuses_no_more_than_the_check_of_the_build(site, images, check):
    images[7] = replace(images[7], data=images[7].data[:-80])  # its header is whole
    unseen = site.lay_out(images).build("unseen", check=check)
    assert unseen.refused == 2 + (check in (Check.DECODE, Check.LENIENT))
    assert inspected(site, inspect_selection) == len(images)
    site.build("seen", check=check)
    assert tree(site.folder / "seen") == tree(site.folder / "unseen")
