"""Facts and pictures -> one HTML page that needs nothing else.

The page's own security policy allows the scripts whose hashes it names, pictures inside it, and no network at all;
names and prompts are escaped by the templates and reach the document as text only.
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
from indexer.reporting.models import Notes, Picture, Unshown

FOLDER = Path(__file__).parent / "page"
_SCRIPTS = ("dom", "filter", "charts", "table", "detail", "report")
_CHARTS = ("counts", "origins", "timeline", "shares", "heat")


@dataclass(frozen=True, slots=True)
class ReportPage:
    """Everything on the page. ``subject`` is what it is about: ``selection``, ``manifest`` or ``dataset``."""

    title: str
    subject: str
    facts: ReportFacts
    pictures: Mapping[int, Picture]
    notes: Notes


def check_dependencies() -> None:
    """Find out before the work begins.

    Raises:
        DependencyError: the libraries of the extra ``report`` are not installed.
    """
    try:
        import jinja2  # noqa: F401, PLC0415
        import vl_convert  # noqa: F401, PLC0415
    except ImportError as error:
        message = f"a report needs {error.name}: python -m pip install 'image-manifest[report]'"
        raise DependencyError(message) from None


def rendered(report: ReportPage) -> str:
    """The page's HTML.

    Raises:
        DependencyError: the libraries of the extra ``report`` are not installed.
    """
    check_dependencies()
    scripts = [_charting_library(), *(_file(f"{name}.js") for name in _SCRIPTS)]
    html: str = (
        templates.environment(FOLDER)
        .get_template("report.html.jinja")
        .render(
            report=report,
            facts=report.facts,
            sheets=_sheets(_shown(report), report.facts.choice.sheets),
            shown=_shown(report),
            data=_data(report),
            table=rows.packed(report.facts.rows),
            style=_file("style.css"),
            scripts=scripts,
            hashes=[_source_hash(script) for script in scripts],
            licences=_file("licences.txt"),
        )
    )
    return html


@cache
def _charting_library() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script, as vl-convert bundles them."""
    import vl_convert  # noqa: PLC0415

    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return bundle.replace("</script", "<\\/script")


def _file(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _source_hash(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def _data(report: ReportPage) -> dict[str, Any]:
    """What the scripts draw from, apart from the table of all rows."""
    facts = report.facts
    return {
        "subject": report.subject,
        "groups": facts.groups,
        "traits": facts.traits,
        "timeline": {**facts.timeline, "released": [str(day) for day in facts.timeline["released"]]},
        "charts": {name: json.loads(_file(f"charts/{name}.vl.json")) for name in _CHARTS},
        "details": _details(report),
    }


def _details(report: ReportPage) -> dict[int, dict[str, Any]]:
    """Row id -> what the detail view shows, for every row that has a picture; empty values are left out."""
    licences = report.notes.licences
    shown = {}
    for row in _records(report.facts.details):
        row["licence"] = licences.get(row["source"], "")
        kept = {name: value for name, value in row.items() if value not in ("", None, [])}
        shown[row["row_id"]] = {**kept, "label": "fake" if row["label"] else "real"}
    return shown


def _shown(report: ReportPage) -> dict[int, dict[str, Any]]:
    """Row id -> the row with its picture, for the templates."""
    missing = Unshown("not read")
    return {
        row["row_id"]: {**row, "picture": report.pictures.get(row["row_id"], missing)}
        for row in _records(report.facts.details)
    }


def _sheets(shown: Mapping[int, dict[str, Any]], chosen: Iterable[int]) -> list[tuple[dict[str, Any], list[Any]]]:
    """The chosen rows by what they are a sample of: a generator, or an origin of photographs; photographs first."""

    def subject(row: dict[str, Any]) -> tuple[int, str, str]:
        return row["label"], row["generator"], "" if row["label"] else row["origin"]

    rows = sorted((shown[row_id] for row_id in chosen), key=subject)
    return [(members[0], members) for members in (list(group) for _, group in itertools.groupby(rows, key=subject))]


def _records(table: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [dict(zip(table, values, strict=True)) for values in zip(*table.values(), strict=True)]
