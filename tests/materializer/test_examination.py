"""Images of a few shards are decoded by all workers; the shards have the same bytes."""

import pytest

from materializer.running import examination
from materializer.running.examination import is_worthwhile
from tests.materializer.conftest import tree


@pytest.mark.parametrize("check", ["decode", "header"])
def test_examined_images_do_not_change_a_byte(site, images, monkeypatch, check):
    examined = []

    def examine(work, examine=examination.examine):
        found = examine(work)
        examined.extend(found["file_id"].to_pylist())
        return found

    site.lay_out(images).build("reference", jobs=1, check=check, shard_size=1 << 30)
    monkeypatch.setattr(examination, "_SMALLEST_WORK", 0)
    monkeypatch.setattr(examination, "examine", examine)
    site.build("examined", jobs=3, check=check, shard_size=1 << 30)
    assert tree(site.folder / "examined") == tree(site.folder / "reference")
    assert len(set(examined)) == (52 if check == "decode" else 0)


@pytest.mark.parametrize(
    ("shards", "jobs", "expected"),
    [(0, 8, False), (1, 1, False), (1, 2, True), (2, 2, False), (3, 2, True), (2, 8, True), (16, 8, False)],
)
def test_images_are_examined_if_workers_would_be_idle(shards, jobs, expected):
    assert is_worthwhile(shards, jobs) == expected
