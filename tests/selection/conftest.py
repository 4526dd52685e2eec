"""A manifest for queries, and functions that select from it."""

from pathlib import Path

import pytest

from indexer.manifest.store import open_for_reading, open_for_writing
from indexer.selection.by_query import Queried, select_query
from indexer.selection.query_recipe import QueryRecipe
from indexer.selection.query_rows import rows_of
from tests.support.worlds import Picture, photographs, world

HALVES = {"train": 0.5, "validation": 0.5}
FIFTHS = {"train": 0.8, "validation": 0.2}


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """200 fakes of ten prompts, 100 real images, an unreadable and an undecodable one."""
    pictures = [
        *(Picture(f"o/A/{n}", "o", "A", prompt=f"prompt {n % 10}", side=100 + n) for n in range(200)),
        *photographs("coco", 100),
        Picture("o/A/bad", "o", "A", status="unreadable"),
        Picture("o/A/cut", "o", "A", inspected="truncated"),
    ]
    world(tmp_path / "m.duckdb", pictures).close()
    return tmp_path / "m.duckdb"


def select(manifest: Path, recipe: QueryRecipe) -> Queried:
    """Select by a query that runs in the sandbox."""
    rows = rows_of(manifest, recipe)
    with open_for_writing(manifest) as store:
        return select_query(store, recipe, rows, "mine")


def select_of(manifest: Path, query: str, **choices: object) -> Queried:
    """Select by a query that runs in this process, which takes a tenth of the time."""
    with open_for_writing(manifest) as store:
        blank = "null::varchar as split, null::varchar as role, []::varchar[] as groups, null::varchar as file_id"
        text = f"select file_id, split, role, groups from ({query} union all by name select {blank} where false)"
        rows = store.connection.sql(text).to_arrow_table()
        return select_query(store, QueryRecipe(query, **choices), rows, "mine")  # type: ignore[arg-type]


def chosen(manifest: Path, columns: str = "split, position, file_id, role") -> list[tuple[object, ...]]:
    with open_for_reading(manifest) as store:
        return store.execute(f"select {columns} from selection where name = 'mine' order by split, position")
