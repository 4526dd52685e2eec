"""Measure label shortcuts for each source and each generator by itself."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from indexer.base.errors import ManifestError
from indexer.manifest.store import Store
from indexer.selection.audit.auditing import AuditOptions, inspect_audited
from indexer.selection.audit.prediction.tree import MakeTree, tree_maker
from indexer.selection.audit.shortcuts import MIN_CLASS, find
from indexer.selection.models import Inspect
from indexer.selection.working_tables import working_tables

SCHEMA = pa.schema(
    [
        ("kind", pa.string()),
        ("name", pa.string()),
        ("fakes", pa.int64()),
        ("reals", pa.int64()),
        ("trait", pa.string()),
        ("before", pa.float64()),
        ("balanced_accuracy", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
    ]
)


def shortcut_table(store: Store, name: str | None, options: AuditOptions, inspect: Inspect | None = None) -> pa.Table:
    """Return the balanced accuracy of each trait per source and per generator, best trait first.

    Fakes are compared with the real images that were matched with them; if the selection was not matched, with those of
    the same sources, or with all if there are too few. ``low`` and ``high`` are the ends of the 95% interval.
    ``before`` is the balanced accuracy before matching; null if the selection ``name`` was not matched.

    Raises:
        RecipeError: there is no selection ``name``.
        ManifestError: none of its images was inspected.
        DependencyError: ``options.tree`` is set and scikit-learn is not installed.
    """
    make_tree = tree_maker() if options.tree else None
    with working_tables(store):
        inspect_audited(store, name, inspect)
        is_matched = bool(store.arrow("audit/matched_traits", {"name": name}).num_rows)
        before = _measured(store, name, make_tree, with_unmatched=True) if is_matched else ()
        accuracies = {(row["kind"], row["name"], row["trait"]): row["balanced_accuracy"] for row in before}
        rows = list(_measured(store, name, make_tree, with_unmatched=False))
    if not rows:
        raise ManifestError("no source or generator has enough inspected fake and real images to compare them")
    for row in rows:
        row["before"] = accuracies.get((row["kind"], row["name"], row["trait"]))
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _measured(
    store: Store, name: str | None, make_tree: MakeTree | None, *, with_unmatched: bool
) -> Iterator[dict[str, Any]]:
    """Yield the columns of ``SCHEMA`` but ``before``, for each source and generator and each trait."""
    store.save("work.audited_all", "audit/audited", {"name": name, "with_unmatched": with_unmatched})
    for kind, group in store.rows("audit/shortcut_groups", {"min_class": MIN_CLASS}):
        given = {"kind": kind, "group": group, "name": name, "with_unmatched": with_unmatched}
        store.save("work.audited", "audit/audited_of_group", given | {"min_class": MIN_CLASS})
        [(fakes, reals)] = store.rows("audit/labels")
        for row in find(store, make_tree, ["label"], with_p=False).to_pylist():
            yield {**row, "kind": kind, "name": group, "fakes": fakes, "reals": reals}
