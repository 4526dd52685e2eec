"""Each source has a folder tests/cases/<key>: tree.txt, side/, and the expected rows.csv and derivation_error.csv.

After an intended change, run ``make golden`` and review the difference before committing it.
"""

import csv
import io
import os
from pathlib import Path

import pytest

from indexer.base import resources
from indexer.declarations import load
from indexer.declarations.derive import derive
from indexer.manifest import store
from tests.support.raw_rows import RawRows, lines_of, packed, packed_with

CASES = Path(__file__).parents[1] / "cases"
KEYS = [source.key for source in load([resources.sources_folder()])]

ROWS = """
    select logical_path(m.path, m.name) as path, file_id, origin, generator, label, description, positive_prompt,
        negative_prompt, conditioning, array_to_string(paired_real_images, ' ') as paired_real_images, status
        {further}
    from attributes join member m using (member_id) order by file_id
"""
# Shown for the sources that use them.
FURTHER = ", kind, group_id, extra, companions"
USES_FURTHER = """
    select coalesce(bool_or(kind = 'tampered' or group_id is not null or extra <> map() or companions <> map()), false)
    from attributes
"""
ATTRIBUTES = "select * exclude (member_id) from attributes order by file_id"
COMPANIONS = """
    select logical_path(m.path, m.name) as path, file_id, role, status
    from companion join member m using (member_id) order by file_id
"""
DERIVATION_ERRORS = """
    select code, logical_path(m.path, m.name) as path, detail
    from derivation_error join member m using (member_id) order by all
"""


def raw_rows(key, sources, lines, place=str):
    raw = RawRows()
    raw.add(key, lines)
    for table in sources[key].tables:
        raw.add_side_files([table], CASES / table.source / "side", place)
    return raw


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    """One manifest for all cases: `derived` empties it."""
    with store.open_for_writing(tmp_path_factory.mktemp("golden") / "manifest.duckdb") as opened:
        yield opened


def derived(manifest, raw, sources):
    for table in ("container", "member", "side_row"):
        manifest.execute(f"delete from {table}")
    raw.write(manifest)
    derive(manifest, list(sources.values()))
    further = FURTHER if manifest.execute(USES_FURTHER) == [(True,)] else ""
    found = {
        "rows.csv": text(manifest, ROWS.format(further=further)),
        "derivation_error.csv": text(manifest, DERIVATION_ERRORS),
    }
    return found | ({"companions.csv": text(manifest, COMPANIONS)} if manifest.count("companion") else {})


def text(manifest, query):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    found = manifest.connection.execute(query)
    writer.writerow([column[0] for column in found.description])
    writer.writerows(found.fetchall())
    return out.getvalue()


@pytest.mark.parametrize("key", KEYS)
def test_source_has_the_rows_of_its_case_loose_and_packed(key, sources, manifest):
    case = CASES / key
    lines = lines_of(case / "tree.txt")
    found = derived(manifest, raw_rows(key, sources, lines), sources)
    for name, rows in found.items():
        if os.environ.get("GOLDEN"):
            (case / name).write_text(rows, encoding="utf-8")
        assert rows == (case / name).read_text(encoding="utf-8"), (
            f"show the difference with: make golden && git diff {case}"
        )
    loose = manifest.execute(ATTRIBUTES)
    archive = ("downloads/other.zip", "a.tar")[KEYS.index(key) % 2]
    derived(manifest, raw_rows(key, sources, packed(lines, archive), packed_with(lines, archive)), sources)
    assert loose
    assert manifest.execute(ATTRIBUTES) == loose
