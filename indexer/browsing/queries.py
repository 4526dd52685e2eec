"""Filters -> rows of the manifest, ready for JSON.

The manifest is opened for each request, so that a scan can write between two requests.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from indexer.base.arrow_values import python_values
from indexer.manifest import sandbox, store

IMAGES_PER_PAGE = 60
_ROWS_PER_QUERY = 500
_TEXTS = ("generator", "origin", "source", "status", "selection", "split")

# Lower than on the command line: queries in the browser are interactive.
QUERY_LIMITS = sandbox.QueryLimits(memory=1_000, seconds=20.0, threads=1, output=64)


def filters(query: Mapping[str, str]) -> dict[str, Any]:
    """Return the parameters of sql/browse/rows.sql for the query string of a request; empty fields are None."""
    found: dict[str, Any] = {name: query.get(name) or None for name in _TEXTS}
    found["label"] = {"real": 0, "fake": 1}.get(query.get("label", ""))
    found["text"] = query.get("text", "").strip().lower() or None
    found["after_id"] = query.get("after_id")
    member = query.get("after_member", "")
    found["after_member"] = int(member) if member.isascii() and member.isdigit() and len(member) <= 18 else 0
    found["images"] = IMAGES_PER_PAGE
    return found


def rows(manifest: Path, query: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return one page of images.

    Raises:
        ManifestError: the manifest is in use, or missing.
    """
    with store.open_for_reading(manifest) as opened:
        found = opened.arrow("browse/rows", filters(query)).to_pylist()
    return labelled(found)


def labelled(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows with the label as text."""
    return [row | {"label": "fake" if row["label"] else "real"} for row in found]


def count(manifest: Path, query: Mapping[str, str]) -> int:
    """Return the number of images that match the filter; raises as :func:`rows`."""
    with store.open_for_reading(manifest) as opened:
        return int(opened.rows("browse/count", filters(query))[0][0])


def choices(manifest: Path) -> dict[str, list[str]]:
    """Return the values of each filter; raises as :func:`rows`."""
    values: dict[str, list[str]] = {name: [] for name in _TEXTS}
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
