"""Every published file_id is what the rules make of the path that its origin would have.

A few ids of each origin stand in published_ids.txt. The whole lists (216,000) are laid out where FILE_ID_LISTS names
the folder that they lie in.
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
    told = manifest.execute("select code, detail from derivation_error")
    return sorted(set(ids) - found), told, found - set(ids)


def test_ids_of_every_origin_come_from_their_paths(sources, manifest):
    ids = [line for line in lines_of(SAMPLE) if line]
    assert missing(ids, sources, manifest) == ([], [], set())


@pytest.mark.skipif(not LISTS, reason="FILE_ID_LISTS names no folder with the published lists (*_file_ids.txt)")
def test_every_id_of_the_published_lists_comes_from_its_path(sources, manifest):
    ids = {line for file in sorted(Path(LISTS).glob("*_file_ids.txt")) for line in lines_of(file) if line}
    assert len(ids) == 216_000
    assert missing(ids, sources, manifest) == ([], [], set())
