"""The pictures that a selection shares with others, in its report."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from indexer.base.errors import RecipeError
from indexer.base.workers import Workers
from indexer.reporting import manifest_report, templates
from indexer.reporting.manifest_report import ManifestReader
from indexer.reporting.models import ReportContext, ReportOptions
from indexer.reporting.page import FOLDER
from indexer.reporting.shared_pictures import shared_pictures
from tests.selection.test_between import PICTURES
from tests.support.worlds import photographs, world


def test_wrong_name_is_refused_before_the_report_is_made(tmp_path: Path) -> None:
    with world(tmp_path / "m.duckdb", PICTURES) as store:
        store.execute("insert into selection select 'a', 'train', 0, file_id, 'listed', '', null from manifest")
        store.execute("insert into selection_run (name, recipe, recipe_hash, seed) values ('a', '', '', '')")
        with pytest.raises(RecipeError, match="'othr' is no selection, no source and no export"):
            manifest_report.report(store, "a", ReportOptions(), ManifestReader({}, Workers(jobs=1)), ("other", "othr"))
        assert store.execute("from duckdb_tables() where table_name like 'report_%'") == []


def test_matrix_has_parts_of_both_sides(tmp_path: Path) -> None:
    pytest.importorskip("jinja2")
    with world(tmp_path / "m.duckdb", [*PICTURES, *photographs("r", 1, source="apart")]) as store:
        store.execute(
            "insert into selection"
            " select 'a', if(file_id = 'a/near', '<test>', 'train'), 0, file_id, 'listed', '', null"
            " from manifest where source = 'world'"
        )
        found = shared_pictures(store, "a", ("other", "apart"))
        with pytest.raises(RecipeError, match="'othr' is no selection, no source and no export"):
            shared_pictures(store, "a", ("othr",))
    page = SimpleNamespace(context=ReportContext(shared=found))
    text = templates.environment(FOLDER).get_template("shared.html.jinja").render(report=page)
    for part, kind in (("&lt;test&gt;", "near"), ("train", "bytes")):
        cell = f'<td style="--share:100%"><b>1</b> <small>1 {kind}</small></td>'
        assert f'<th scope="row"><bdi>{part}</bdi></th>{cell}' in text
    assert "3 of the other were compared; 0 and 1 were not inspected." in text
    assert text.count("They share no picture.") == 1
