"""The tables of a matched selection in its report."""

from collections.abc import Sequence
from types import SimpleNamespace

import pytest

from indexer.reporting import templates
from indexer.reporting.models import Columns, ReportContext
from indexer.reporting.page import FOLDER


def rendered(matching: dict[str, Columns], histograms: Sequence[dict[str, object]] = ()) -> str:
    pytest.importorskip("jinja2")
    page = SimpleNamespace(context=ReportContext(matching=matching, histograms=histograms))
    text: str = templates.environment(FOLDER).get_template("matching.html.jinja").render(report=page)
    return text


def test_tables_have_a_row_per_column_and_bin() -> None:
    text = rendered(
        {
            "Columns that were matched": {"trait": ["<b>width"], "smd_before": [1.23456], "smd_after": [None]},
            "Bins with too few real images": {"split": ["train"], "bin": ["PNG"], "fakes": [3]},
        }
    )
    assert '<th scope="col">smd before</th>' in text
    assert "<td><bdi>&lt;b&gt;width</bdi></td><td><bdi>1.235</bdi></td><td><bdi></bdi></td>" in text
    assert "<td><bdi>PNG</bdi></td><td><bdi>3</bdi></td>" in text


def test_histogram_has_a_bar_per_label_and_stage() -> None:
    shares = {"fake_before": 75.5, "real_before": None, "fake_after": 50.0, "real_after": 50.0}
    text = rendered(
        {"Columns that were matched": {"trait": ["format"]}}, [{"trait": "<i>format", "bin": "<b>PNG", **shares}]
    )
    assert "<bdi>&lt;i&gt;format</bdi>" in text
    assert '<th scope="row"><bdi>&lt;b&gt;PNG</bdi></th>' in text
    assert '<span class="bar fake" style="width:75.5%"></span><small>75.5</small>' in text
    assert '<span class="bar real" style="width:0%"></span><small>0</small>' in text


def test_selection_without_matching_has_no_section() -> None:
    assert rendered({"Columns that were matched": {"trait": []}, "Bins with too few real images": {}}).strip() == ""
    assert rendered({}).strip() == ""
