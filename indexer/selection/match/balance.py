"""Store how fakes and real images differ before and after matching."""

from importlib.util import find_spec

from indexer.manifest.store import Store
from indexer.selection.audit.prediction.tree import tree_maker
from indexer.selection.audit.shortcuts import find

_SAMPLE = 200_000  # images of a stage that shortcuts are measured on

_STEPS = {
    "selection_bin": "select/match/bin_counts",
    "selection_pair": "select/match/pair_rows",
    "selection_trait": "select/match/trait_balance",
    "selection_shortcut": "select/match/shortcuts",
    "selection_histogram": "select/match/histograms",
}


def store_balance(store: Store, name: str) -> None:
    """Store bins, columns and shortcuts of the matched selection ``name``, whose rows are stored already."""
    for table, is_before in (("shortcut_after", False), ("shortcut_before", True)):
        store.save("work.audited", "audit/audited", {"name": name, "with_unmatched": is_before})
        store.save_query("work.audited", f"from work.audited order by md5('tree' || file_id) limit {_SAMPLE}")
        found = find(store, tree_maker() if find_spec("sklearn") else None, ["label"], with_p=False)
        with store.registered("incoming", found):
            store.save_query(f"work.{table}", "from incoming")
    store.save("work.staged_value", "select/match/staged_values")
    with store.transaction():
        for table, step in _STEPS.items():
            store.append(table, step, {"name": name})
