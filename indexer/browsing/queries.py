"""Filters -> rows of the manifest, as JSON takes them.

The manifest is opened for each question: between two of them a scan may write.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from indexer.manifest import sandbox, store

IMAGES_A_SCREEN = 60
_ROWS_OF_A_QUERY = 500
_TEXTS = ("generator", "origin", "source", "status", "selection", "split")

# A query in the browser is a question in passing: it may use less than one on the command line.
BOUNDS = sandbox.QueryLimits(memory=1_000, seconds=20.0, threads=1)


def filters(asked: Mapping[str, str]) -> dict[str, Any]:
    """What a request asks for, as the parameters of sql/browse/rows.sql; what it leaves empty is null."""
    found: dict[str, Any] = {name: asked.get(name) or None for name in _TEXTS}
    found["label"] = {"real": 0, "fake": 1}.get(asked.get("label", ""))
    found["text"] = asked.get("text", "").strip().lower() or None
    found["after_id"] = asked.get("after_id")
    member = asked.get("after_member", "")
    found["after_member"] = int(member) if member.isascii() and member.isdigit() and len(member) <= 18 else 0
    found["images"] = IMAGES_A_SCREEN
    return found


def rows(manifest: Path, asked: Mapping[str, str]) -> list[dict[str, Any]]:
    """One screen of images.

    Raises:
        ManifestError: the manifest is in use, or gone.
    """
    with store.open_for_reading(manifest) as opened:
        found = opened.arrow("browse/rows", filters(asked)).to_pylist()
    return [row | {"label": "fake" if row["label"] else "real"} for row in found]


def count(manifest: Path, asked: Mapping[str, str]) -> int:
    """How many images pass the filter; raises as :func:`rows`."""
    with store.open_for_reading(manifest) as opened:
        return int(opened.rows("browse/counted", filters(asked))[0][0])


def choices(manifest: Path) -> dict[str, list[str]]:
    """What each filter offers; raises as :func:`rows`."""
    offered: dict[str, list[str]] = {name: [] for name in _TEXTS}
    with store.open_for_reading(manifest) as opened:
        for field, value in opened.rows("browse/choices"):
            offered[field].append(value)
    return offered


def answer(manifest: Path, text: str) -> dict[str, Any]:
    """The first rows of a SELECT that a person typed, every value as text.

    Raises:
        QueryError: it is refused, wrong, or takes too long (:mod:`indexer.manifest.sandbox`).
    """
    with sandbox.query(manifest, text, BOUNDS) as result:
        found: list[list[str]] = []
        for batch in result.batches:
            columns = batch.slice(0, _ROWS_OF_A_QUERY + 1 - len(found)).to_pydict().values()
            found += [["" if value is None else str(value) for value in row] for row in zip(*columns, strict=True)]
            if len(found) > _ROWS_OF_A_QUERY:
                break
    return {"columns": result.schema.names, "rows": found[:_ROWS_OF_A_QUERY], "more": len(found) > _ROWS_OF_A_QUERY}
