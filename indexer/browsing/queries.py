"""Filters -> rows of the manifest, ready for JSON.

The manifest is opened for each request, so that a scan can write between two requests.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from indexer.base.arrow_values import python_values
from indexer.base.errors import QueryError
from indexer.manifest import sandbox, store
from indexer.manifest.store import Store

IMAGES_PER_PAGE = 60
TEXT_COLUMNS = (
    "label",
    "generator",
    "origin",
    "source",
    "status",
    "format",
    "mode",
    "encoder",
    "software",
    "camera_make",
)
NUMBER_COLUMNS = ("width", "height", "size", "jpeg_quality")
_BARS = 24
_ROWS_PER_QUERY = 500
_CHOICES = ("generator", "origin", "source", "status", "selection", "split")

# Lower than on the command line: queries in the browser are interactive.
QUERY_LIMITS = sandbox.QueryLimits(memory=1_000, seconds=20.0, threads=1, output=64)


@contextmanager
def opened_to_show(manifest: Path) -> Iterator[Store]:
    """Open the manifest to read rows of the page's images, which the temporary view ``shown`` has.

    Raises:
        ManifestError: the manifest is in use, or missing.
    """
    with store.open_for_reading(manifest) as opened:
        opened.view_temporary("shown", "browse/shown")
        yield opened


@contextmanager
def _filtered(manifest: Path, query: Mapping[str, str]) -> Iterator[Store]:
    """Open the manifest as :func:`opened_to_show`; its temporary view ``matching`` has the images that match."""
    wanted: dict[str, Any] = {name: query.get(name) or None for name in _CHOICES}
    wanted["label"] = {"real": 0, "fake": 1}.get(query.get("label", ""))
    wanted["text"] = query.get("text", "").strip().lower() or None
    with opened_to_show(manifest) as opened:
        opened.execute("set variable filter = $filter", {"filter": wanted})
        opened.view_temporary("chosen", "browse/chosen")
        opened.view_temporary("matching", "browse/matching")
        yield opened


def rows(manifest: Path, query: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return one page of images; raises as :func:`opened_to_show`."""
    member = query.get("after_member", "")
    last = int(member) if member.isascii() and member.isdigit() and len(member) <= 18 else 0
    page = {"after_id": query.get("after_id"), "after_member": last, "images": IMAGES_PER_PAGE}
    with _filtered(manifest, query) as opened:
        return labelled(opened.arrow("browse/rows", page).to_pylist())


def labelled(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows with the label as text."""
    return [row | {"label": "fake" if row["label"] else "real"} for row in found]


def count(manifest: Path, query: Mapping[str, str]) -> int:
    """Return the number of images that match the filter; raises as :func:`opened_to_show`."""
    with _filtered(manifest, query) as opened:
        return opened.count("matching")


def values(manifest: Path, column: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the distribution of a column over the images that match the filter: ``text`` and ``images`` of each bar.

    Raises:
        QueryError: it is none of TEXT_COLUMNS and NUMBER_COLUMNS.
        ManifestError: as :func:`opened_to_show`.
    """
    if column not in (*TEXT_COLUMNS, *NUMBER_COLUMNS):
        raise QueryError(f"no distribution of '{column}': there are {', '.join((*TEXT_COLUMNS, *NUMBER_COLUMNS))}")
    is_text = column in TEXT_COLUMNS
    step = "browse/text_values" if is_text else "browse/number_values"
    with _filtered(manifest, query) as opened:
        found = opened.rows(step, {"column": column, "bars": _BARS})
    if is_text:
        return [{"text": text, "images": images} for text, images in found]
    return [{"text": _span(low, high), "images": images} for _, low, high, images in found]


def _span(lowest: float | None, highest: float | None) -> str:
    """Return ``512`` or ``512 to 1,024``; empty if the values are not known."""
    if lowest is None or highest is None:
        return ""
    return f"{lowest:,.0f}" if lowest == highest else f"{lowest:,.0f} to {highest:,.0f}"


def choices(manifest: Path) -> dict[str, list[str]]:
    """Return the values of each filter; raises as :func:`opened_to_show`."""
    values: dict[str, list[str]] = {name: [] for name in _CHOICES}
    with store.open_for_reading(manifest) as opened:
        for field, value in opened.rows("browse/choices"):
            values[field].append(value)
    return values


def answer(manifest: Path, text: str) -> dict[str, Any]:
    """Return the first rows of a SELECT that the user typed, with each value as text.

    Raises:
        QueryError: it is refused, invalid, or exceeds a limit (:mod:`indexer.manifest.sandbox`).
    """
    with sandbox.query(manifest, text, QUERY_LIMITS) as result:
        found: list[list[str]] = []
        for batch in result.batches:
            columns = map(python_values, batch.slice(0, _ROWS_PER_QUERY + 1 - len(found)).columns)
            found += [["" if value is None else str(value) for value in row] for row in zip(*columns, strict=True)]
            if len(found) > _ROWS_PER_QUERY:
                break
    return {"columns": result.schema.names, "rows": found[:_ROWS_PER_QUERY], "more": len(found) > _ROWS_PER_QUERY}
