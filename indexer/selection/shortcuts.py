"""Label shortcuts: how well photographs and fakes, and generators, are told by metadata alone."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

from indexer.base.errors import DependencyError
from indexer.manifest.store import Store

_SCHEMA = pa.schema(
    [("target", pa.string()), ("trait", pa.string()), ("balanced_accuracy", pa.float64()), ("chance", pa.float64())]
)
TREE = "decision tree of all"
_DEPTH = 4
# Rules that are this much better than chance are worth a line.
_WORTH = 0.1
_LINES = 5

MakeTree: TypeAlias = Callable[[], Any]


def tree_of() -> MakeTree:
    """What makes decision trees.

    Raises:
        DependencyError: scikit-learn is not installed.
    """
    try:
        from sklearn.tree import DecisionTreeClassifier  # noqa: PLC0415 an extra of many megabytes
    except ImportError:
        raise DependencyError(
            "the decision tree needs scikit-learn: pip install 'image-manifest[audit]', or go without by --no-tree"
        ) from None
    return lambda: DecisionTreeClassifier(max_depth=_DEPTH, class_weight="balanced", random_state=0)


def find(store: Store, make_tree: MakeTree | None) -> pa.Table:
    """Every rule of one trait, and of the tree, with its balanced accuracy under cross-validation; best first."""
    store.save("work.trait", "audit/traits")
    rules = store.arrow("audit/rules").cast(_SCHEMA)
    if make_tree is None:
        return rules
    tree = pa.Table.from_pylist(list(_trees(store.arrow("audit/tree"), make_tree)), schema=_SCHEMA)
    best_first = [("target", "descending"), ("balanced_accuracy", "descending"), ("trait", "ascending")]
    return pa.concat_tables([rules, tree]).sort_by(best_first)


def words(store: Store, found: pa.Table) -> Iterator[str]:
    """The worst shortcuts to the label and to the generator, in words."""
    telling: dict[str, list[str]] = {}
    for trait, value, fake, real in store.rows("audit/telling"):
        said = f"{value}: {fake:.0%} of fakes, {real:.0%} of photographs"
        telling.setdefault(trait, []).append(said)
    for row in _worst(found, "label"):
        how = f" ({'; '.join(telling[row['trait']])})" if row["trait"] in telling else ""
        yield f"{_subject(row)} tells fakes from photographs at {row['balanced_accuracy']:.0%}{how}"
    for row in _worst(found, "generator"):
        yield f"{_subject(row)} tells generators apart at {row['balanced_accuracy']:.0%} (chance {row['chance']:.0%})"


def _worst(found: pa.Table, target: str) -> list[dict[str, Any]]:
    rows = [row for row in found.to_pylist() if row["target"] == target]
    return [row for row in rows if row["balanced_accuracy"] > row["chance"] + _WORTH][:_LINES]


def _subject(row: dict[str, Any]) -> str:
    return "a decision tree of all traits" if row["trait"] == TREE else f"{row['trait']} alone"


def _trees(rows: pa.Table, make_tree: MakeTree) -> Iterator[dict[str, object]]:
    traits = [name for name in rows.column_names if name not in ("label", "generator", "fold")]
    features = np.column_stack([rows[name].to_numpy() for name in traits])
    fold, label = rows["fold"].to_numpy(), rows["label"].to_numpy()
    generator = np.array(rows["generator"].to_pylist())
    fakes = label == 1
    for target, truth, part in (("label", label, label >= 0), ("generator", generator, fakes)):
        classes = np.unique(truth[part])
        if len(classes) > 1:
            accuracy = _balanced_accuracy(make_tree, features[part], truth[part], fold[part])
            yield {"target": target, "trait": TREE, "balanced_accuracy": accuracy, "chance": 1 / len(classes)}


def _balanced_accuracy(make_tree: MakeTree, features: Any, truth: Any, fold: Any) -> float:
    """The mean over classes of what is told right, each fold by a tree that never saw it."""
    told = np.empty_like(truth)
    for held in np.unique(fold):
        here = fold == held
        # With a single fold there is nothing else to learn from.
        seen = ~here if (~here).any() else here
        told[here] = make_tree().fit(features[seen], truth[seen]).predict(features[here])
    return float(np.mean([(told[truth == name] == name).mean() for name in np.unique(truth)]))
