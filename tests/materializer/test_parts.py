"""A build in parts, written at the same time by independent processes, equals a build at once."""

import subprocess
import sys
from pathlib import Path

import pytest

from indexer.base.errors import ConfigError, OutputError
from indexer.base.workers import Workers
from indexer.manifest import store as stores
from materializer.models import RowOrder
from materializer.running import parts
from materializer.running.parts import BuildPart, build_part, complete
from tests.materializer.conftest import tree

ROOT = Path(__file__).parents[2]
HERE = Workers(2, "threading")


def last(site, name="parts", **settings):
    with stores.open_for_reading(site.manifest) as store:
        return complete(store, site.request(name, **settings), HERE)


def part(site, number, count, name="parts", **settings):
    with stores.open_for_reading(site.manifest) as store:
        return build_part(store, site.request(name, **settings), BuildPart(number, count), HERE)


@pytest.mark.slow
@pytest.mark.parametrize("packing", ["deflate", "tar.gz"])
def test_parts_killed_and_completed_give_the_same_dataset(site, images, packing):
    site.lay_out(images, packing)
    expected = site.build()
    run = [
        sys.executable,
        "-m",
        "tests.materializer.parts_at_once",
        site.manifest,
        site.root,
        site.folder / "parts",
        "3",
    ]
    subprocess.run(run, cwd=ROOT, check=True)
    assert last(site).splits == expected.splits
    assert tree(site.folder / "parts") == tree(site.folder / "out")
    assert list(site.folder.glob("scratch/*/*")) == []
    assert last(site).kept == expected.shards


def test_a_missing_part_is_an_error_and_nothing_is_written(site, images):
    site.lay_out(images)
    first = part(site, 1, 4)
    assert (first.shards, first.kept, first.refused) == (2, 0, 1)
    before = tree(site.folder / "parts")
    with pytest.raises(OutputError, match=r"lacks train-00001-of-00004 and 3 more of 6 shards: run the parts"):
        last(site)
    assert tree(site.folder / "parts") == before
    assert part(site, 1, 4).kept == 1


@pytest.mark.slow
def test_number_of_parts_may_change_and_exceed_the_shards(site, images):
    site.lay_out(images)
    expected = site.build()
    assert part(site, 9, 9).shards == 0
    part(site, 2, 2)
    part(site, 1, 3)
    part(site, 3, 3)
    assert part(site, 2, 3).shards == 2
    assert last(site).shards == expected.shards
    assert tree(site.folder / "parts") == tree(site.folder / "out")


@pytest.mark.slow
def test_a_build_completes_a_build_in_parts(site, images):
    site.lay_out(images).build()
    part(site, 1, 2)
    site.build("parts")
    assert tree(site.folder / "parts") == tree(site.folder / "out")


def test_parts_of_different_builds_do_not_mix(site, images):
    site.lay_out(images)
    part(site, 1, 2)
    with pytest.raises(OutputError, match="holds another build"):
        part(site, 2, 2, order=RowOrder.SELECTION)
    (site.folder / "other").mkdir()
    (site.folder / "other/thesis.tex").write_text("all of it")
    with pytest.raises(OutputError, match="is not empty and holds no build"):
        part(site, 2, 2, "other")


@pytest.mark.parametrize("text", ["0/8", "9/8", "3", "3/8/1", "a/b", "-1/2"])
def test_a_wrong_part_is_an_error(text):
    with pytest.raises(ConfigError, match="write it as 3/8"):
        parts.parse(text)
    assert parts.parse("3/8") == BuildPart(3, 8)
