"""Measure label shortcuts for each source and each generator by itself."""

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
        before = _measured(store, name, make_tree, with_unmatched=True) if is_matched else {}
        after = _measured(store, name, make_tree, with_unmatched=False)
    if not after:
        raise ManifestError("no source or generator has enough inspected fake and real images to compare them")
    rows = [
        {"kind": kind, "name": group, "fakes": fakes, "reals": reals, "trait": trait,
         "before": before.get((kind, group), (0, 0, {}))[2].get(trait, {}).get("balanced_accuracy"),
         **{column: row[column] for column in ("balanced_accuracy", "low", "high")}}
        for (kind, group), (fakes, reals, found) in after.items()
        for trait, row in found.items()
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _measured(
    store: Store, name: str | None, make_tree: MakeTree | None, *, with_unmatched: bool
) -> dict[tuple[str, str], tuple[int, int, dict[str, dict[str, Any]]]]:
    """Return fakes, real images and the row of each trait, of each kind and name of a group."""
    store.save("work.audited_all", "audit/audited", {"name": name, "with_unmatched": with_unmatched})
    found = {}
    for kind, group in store.rows("audit/shortcut_groups", {"min_class": MIN_CLASS}):
        given = {"kind": kind, "group": group, "name": name, "with_unmatched": with_unmatched}
        store.save("work.audited", "audit/audited_of_group", given | {"min_class": MIN_CLASS})
        [(fakes, reals)] = store.rows("audit/labels")
        rows = find(store, make_tree, ["label"], with_p=False).to_pylist()
        if rows:
            found[kind, group] = (fakes, reals, {row["trait"]: row for row in rows})
    return found
