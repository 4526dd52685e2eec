"""Measure duplicates, leaks and shortcuts of the images in ``work.audited``.

``work.audited`` has the columns of sql/audit/audited.sql. The audit and the reports measure by these functions alone.
"""

from dataclasses import dataclass

import pyarrow as pa

from indexer.manifest.store import Store
from indexer.selection.audit.prediction.tree import MakeTree
from indexer.selection.audit.sentences import sentences
from indexer.selection.audit.shortcuts import Audited, scores
from indexer.selection.audit.subgroups import between_splits, worst_groups
from indexer.selection.near_looks import add_near


@dataclass(frozen=True, slots=True)
class Measures:
    """One table per measure.

    ``duplicates``: kind, groups, over_splits, over_labels, example. ``leaks``: kind (real image, near real image,
    prompt, declared group), groups, images, example. ``conflicts``: split, file_id, label, kind, other, images.
    ``shortcuts``: see shortcuts.SCHEMA. ``between_splits`` and ``worst_groups``: see subgroups. ``words``: sentences on
    the strongest findings.
    """

    duplicates: pa.Table
    leaks: pa.Table
    conflicts: pa.Table
    shortcuts: pa.Table
    between_splits: pa.Table
    worst_groups: pa.Table
    words: tuple[str, ...]


def measure(store: Store, radius: int, make_tree: MakeTree | None, *, is_turned: bool = False) -> Measures:
    """Measure ``work.audited``; leaves pairs of near perceptual hashes in ``work.near``.

    The working tables are attached, and ``work.near`` is empty. Without ``make_tree``, no decision tree is fitted.
    ``is_turned``: mirrored and turned images count as near.
    """
    store.save("work.audit_photograph", "audit/photographs")
    store.save("work.phash", "audit/phashes")
    if radius >= 0:
        add_near(store, radius, is_turned=is_turned)
    audited = Audited.of(store)
    found, worst = scores(audited, make_tree), worst_groups(audited)
    return Measures(
        store.arrow("audit/duplicates"),
        store.arrow("audit/leaks"),
        store.arrow("audit/conflicts"),
        found,
        between_splits(audited),
        worst,
        tuple(sentences(audited, found, worst)),
    )
