"""Shards that are missing by the names of the others."""

from pathlib import Path

import pytest

from indexer.manifest.store import Store
from indexer.scanning.missing_shards import missing_shards
from tests.scanning.conftest import fill
from tests.scanning.test_copies import scanned
from tests.support.archives import run


@pytest.mark.parametrize(
    ("names", "missing"),
    [
        (["train-00000-of-00003.parquet", "train-00002-of-00003.parquet"], ["train-00001-of-00003.parquet"]),
        (["a/x_1of3.tar", "a/x_3of3.tar", "b/x_2of3.tar"], ["x_2of3.tar", "x_1of3.tar, x_3of3.tar"]),
        (["x-00-of-02.tar", "x-01-of-02.tar", "x 1 of 2.zip", "x 2 of 2.zip"], []),
        (["x-1-of-1.tar", "y-0-of-1.tar", "best-of-2015.zip", "7of3.zip", "a.tar"], []),
        (["x-00000-of-00900.arrow"], ["x-00001-of-00900.arrow, x-00002-of-00900.arrow"]),
    ],
)
def test_missing_numbers_are_named(names: list[str], missing: list[str]) -> None:
    found = sorted(finding.detail for finding in missing_shards(names))
    assert len(found) == len(missing)
    assert all(detail.startswith(names) for detail, names in zip(found, sorted(missing), strict=True))


def test_scan_with_a_missing_shard_is_not_complete(manifest: Store, root: Path) -> None:
    fill(root.parent, {f"train/{number}.jpg": b"%d" % number * 500 for number in range(2)})
    for number in range(2):
        run("tar", "-cf", root / f"x-{number}-of-3.tar", f"train/{number}.jpg", cwd=root.parent)
    assert len(scanned(manifest, root)) == 2
    [(status, reason)] = manifest.execute("select status, reason from container where kind = 'folder'")
    assert status == "partial"
    assert reason.startswith("shard-missing: x-2-of-3.tar: 1 of 3 files")
