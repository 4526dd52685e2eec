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


def derived(manifest, raw, sources):
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
def test_source_has_the_rows_of_its_case(key, sources, manifest):
    case = CASES / key
    found = derived(manifest, raw_rows(key, sources, lines_of(case / "tree.txt")), sources)
    for name, rows in found.items():
        if os.environ.get("GOLDEN"):
            (case / name).write_text(rows, encoding="utf-8")
        assert rows == (case / name).read_text(encoding="utf-8"), (
            f"show the difference with: make golden && git diff {case}"
        )


@pytest.mark.parametrize("key", KEYS)
def test_rows_are_equal_for_loose_and_packed_files(key, sources, tmp_path):
    lines = lines_of(CASES / key / "tree.txt")
    rows = []
    for number, archive in enumerate((None, "downloads/other.zip", "a.tar")):
        layout = packed(lines, archive) if archive else lines
        place = packed_with(lines, archive) if archive else str
        with store.open_for_writing(tmp_path / f"{number}.duckdb") as manifest:
            derived(manifest, raw_rows(key, sources, layout, place), sources)
            rows.append(manifest.execute("select * exclude (member_id) from attributes order by file_id"))
    assert rows[0]
    assert rows[0] == rows[1] == rows[2]
