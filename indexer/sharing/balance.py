"""The tables of a matched selection in an export: how fakes and real images differ before and after matching."""

import json
from typing import Any

from indexer.manifest.store import Store

BALANCE_FILE = "balance.json"

_STEPS = {
    "columns": "audit/matched_traits",
    "balanced_accuracies": "audit/matched_shortcuts",
    "bins": "share/bins",
    "histograms": "share/histograms",
}
_NEEDS_PACKAGE = "decision tree of all"  # not every machine can train it


def balance_text(store: Store, name: str) -> str:
    """Return the content of ``balance.json``; empty if the selection was not matched."""
    tables: dict[str, list[dict[str, Any]]] = {
        title: store.arrow(step, {"name": name}).to_pylist() for title, step in _STEPS.items()
    }
    if not tables["columns"]:
        return ""
    measured = tables["balanced_accuracies"]
    tables["balanced_accuracies"] = [row for row in measured if row["trait"] != _NEEDS_PACKAGE]
    return json.dumps(tables, ensure_ascii=False, indent=1) + "\n"
