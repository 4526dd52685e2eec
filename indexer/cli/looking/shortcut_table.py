"""Print the table of ``audit --all``: label shortcuts per source and generator."""

import html
import sys
from collections.abc import Callable, Iterable
from typing import Any

import pyarrow as pa

from indexer.cli.printing import render
from indexer.cli.printing.messages import printable

_TITLE = "Balanced accuracy of metadata alone, per source and generator"
_SHOWN_TRAITS = 10
FORMATS = ("table", "json", "markdown", "csv", "html")


def print_table(found: pa.Table, form: str) -> None:
    """Print the rows of :func:`~indexer.selection.audit.shortcut_table.shortcut_table`.

    CSV and JSON have one row per group and trait, the other formats one per group.
    """
    _PRINTERS[form](found)


def _wide(found: pa.Table) -> pa.Table:
    """Return one row per group, with the traits of the highest balanced accuracy as columns."""
    rows = found.to_pylist()
    best: dict[str, float] = {}
    for row in rows:
        best[row["trait"]] = max(best.get(row["trait"], 0), row["before"] or 0, row["balanced_accuracy"])
    traits = sorted(best, key=lambda trait: (-best[trait], trait))[:_SHOWN_TRAITS]
    wide: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        head = {name: row[name] for name in ("kind", "name", "fakes", "reals")}
        group = wide.setdefault((row["kind"], row["name"]), head | dict.fromkeys(traits))
        if row["trait"] in traits:
            group[row["trait"]] = _text(row["before"], row["balanced_accuracy"])
    return pa.Table.from_pylist(list(wide.values()))


def _text(before: float | None, after: float) -> str:
    return f"{after:.0%}" if before is None else f"{before:.0%} to {after:.0%}"


def _print_html(found: pa.Table) -> None:
    rows = _wide(found)
    head = _cells("th", rows.column_names)
    body = "\n".join(f"<tr>{_cells('td', record)}</tr>" for record in render.records(rows.to_batches()))
    style = "body{font:14px sans-serif}td,th{padding:2px 8px;border-bottom:1px solid #ccc;text-align:right}"
    print(
        f'<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>{_TITLE}</title><style>{style}</style>\n'
        f"<h1>{_TITLE}</h1>\n<table>\n<tr>{head}</tr>\n{body}\n</table>\n</html>"
    )


def _cells(tag: str, values: Iterable[Any]) -> str:
    texts = (html.escape(printable(render.text_of(value, null=""))) for value in values)
    return "".join(f"<{tag}>{text}</{tag}>" for text in texts)


_PRINTERS: dict[str, Callable[[pa.Table], None]] = {
    "table": lambda found: print(render.table_text(_wide(found), _TITLE), end=""),
    "markdown": lambda found: print(f"# {_TITLE}\n\n{render.markdown(_wide(found))}", end=""),
    "csv": lambda found: render.write_csv(found.schema, found.to_batches(), sys.stdout.buffer),
    "json": lambda found: render.write_json(found.schema, found.to_batches(), sys.stdout.buffer),
    "html": _print_html,
}
