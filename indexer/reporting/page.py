"""Facts and thumbnails -> one self-contained HTML page.

The security policy of the page allows scripts with the listed hashes, embedded images, and no network. The templates
escape names and prompts, so that they are text in the document.
"""

import base64
import hashlib
import itertools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from indexer.base.errors import DependencyError
from indexer.reporting import rows, templates
from indexer.reporting.facts import ReportFacts
from indexer.reporting.models import MissingThumbnail, ReportContext, ThumbnailResult

FOLDER = Path(__file__).parent / "page"
_SCRIPTS = ("dom", "filter", "figures", "charts", "table", "detail", "report")
_CHARTS = ("counts", "origins", "timeline", "shares", "heat")


@dataclass(frozen=True, slots=True)
class ReportPage:
    """The content of a page; ``subject`` is selection, manifest or dataset, ``thumbnails`` is by row id."""

    title: str
    subject: str
    facts: ReportFacts
    thumbnails: Mapping[int, ThumbnailResult]
    context: ReportContext


def check_dependencies() -> None:
    """Check that the libraries of a report are installed, before the work starts.

    Raises:
        DependencyError: the libraries of the extra ``report`` are not installed.
    """
    try:
        import jinja2  # noqa: F401, PLC0415
        import vl_convert  # noqa: F401, PLC0415
    except ImportError as error:
        message = f"a report needs {error.name}: python -m pip install 'image-manifest[report]'"
        raise DependencyError(message) from None


def render(report: ReportPage) -> str:
    """Return the HTML of the page.

    Raises:
        DependencyError: the libraries of the extra ``report`` are not installed.
    """
    check_dependencies()
    scripts = [_charting_library(), *(_read(f"{name}.js") for name in _SCRIPTS)]
    shown = _shown(report)
    html: str = (
        templates.environment(FOLDER)
        .get_template("report.html.jinja")
        .render(
            report=report,
            facts=report.facts,
            sheets=_sheets(shown, report.facts.shown.sheets),
            shown=shown,
            data=_data(report),
            table=rows.pack(report.facts.rows),
            style=_read("style.css"),
            scripts=scripts,
            hashes=[_source_hash(script) for script in scripts],
            licences=_read("licences.txt"),
        )
    )
    return html


@cache
def _charting_library() -> str:
    """Return Vega, Vega-Lite and Vega-Embed as one script, bundled by vl-convert."""
    import vl_convert  # noqa: PLC0415

    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return bundle.replace("</script", "<\\/script")


def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _source_hash(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def _data(report: ReportPage) -> dict[str, Any]:
    """Return the data of the scripts, except for the table of all rows."""
    facts = report.facts
    return {
        "subject": report.subject,
        "groups": facts.groups,
        "traits": facts.traits,
        "timeline": {**facts.timeline, "released": [str(day) for day in facts.timeline["released"]]},
        "charts": {name: json.loads(_read(f"charts/{name}.vl.json")) for name in _CHARTS},
        "details": _details(report),
    }


def _details(report: ReportPage) -> dict[int, dict[str, Any]]:
    """Return the non-empty values of the detail view, per row id that is shown as an image."""
    licences = report.context.licences
    shown = {}
    for row in _records(report.facts.details):
        row["licence"] = licences.get(row["source"], "")
        kept = {name: value for name, value in row.items() if value not in ("", None, [])}
        shown[row["row_id"]] = {**kept, "label": "fake" if row["label"] else "real"}
    return shown


def _shown(report: ReportPage) -> dict[int, dict[str, Any]]:
    """Return the rows with their thumbnails, per row id, for the templates."""
    missing = MissingThumbnail("not read")
    return {
        row["row_id"]: {**row, "thumbnail": report.thumbnails.get(row["row_id"], missing)}
        for row in _records(report.facts.details)
    }


def _sheets(shown: Mapping[int, dict[str, Any]], chosen: Iterable[int]) -> list[tuple[dict[str, Any], list[Any]]]:
    """Group the rows of the contact sheets: real images per origin, then fake images per generator."""

    def subject(row: dict[str, Any]) -> tuple[int, str, str]:
        return row["label"], row["generator"], "" if row["label"] else row["origin"]

    rows = sorted((shown[row_id] for row_id in chosen), key=subject)
    return [(members[0], members) for members in (list(group) for _, group in itertools.groupby(rows, key=subject))]


def _records(table: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [dict(zip(table, values, strict=True)) for values in zip(*table.values(), strict=True)]
