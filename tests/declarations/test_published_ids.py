"""The rules give every published file_id to the path that the file has in its dataset.

published_ids.txt has some ids of each origin. Set FILE_ID_LISTS to the folder of the complete lists (216,000 ids) to
test all of them.
"""

import os
from pathlib import Path

import pytest

from indexer.declarations.derive import derive
from tests.support.published import lay_out
from tests.support.raw_rows import lines_of

SAMPLE = Path(__file__).parent / "published_ids.txt"
LISTS = os.environ.get("FILE_ID_LISTS")


def missing(ids, sources, manifest):
    lay_out(ids, sources).write(manifest)
    derive(manifest, list(sources.values()))
    found = {row[0] for row in manifest.execute("select file_id from attributes")}
    errors = manifest.execute("select code, detail from derivation_error")
    return sorted(set(ids) - found), errors, found - set(ids)


def test_published_ids_of_every_origin_are_derived(sources, manifest):
    ids = [line for line in lines_of(SAMPLE) if line]
    assert missing(ids, sources, manifest) == ([], [], set())


@pytest.mark.skipif(not LISTS, reason="FILE_ID_LISTS is not set: the folder of the published lists (*_file_ids.txt)")
def test_all_published_ids_are_derived(sources, manifest):
    ids = {line for file in sorted(Path(LISTS).glob("*_file_ids.txt")) for line in lines_of(file) if line}
    assert len(ids) == 216_000
    assert missing(ids, sources, manifest) == ([], [], set())
