"""Label shortcuts: how well metadata alone predict the label, and the generator of a fake."""

import math
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
# A sentence is printed for the strongest rules that are this much better than chance.
_LEAST_ADVANTAGE = 0.1
_SENTENCES = 5
# Standard errors of balanced accuracy by chance; 30 traits are compared.
_STANDARD_ERRORS = 4.0

# With fewer images in all or in a class, no score is given: chance alone would often look like a shortcut.
MIN_IMAGES, MIN_CLASS = 20, 5

MakeTree: TypeAlias = Callable[[], Any]


def tree_maker() -> MakeTree:
    """Return a function that makes an unfitted decision tree.

    Raises:
        DependencyError: scikit-learn is not installed.
    """
    try:
        from sklearn.tree import DecisionTreeClassifier  # noqa: PLC0415 an extra of many megabytes
    except ImportError:
        raise DependencyError(
            "the decision tree needs scikit-learn: pip install 'image-manifest[audit]', or run with --no-tree"
        ) from None
    return lambda: DecisionTreeClassifier(max_depth=_DEPTH, class_weight="balanced", random_state=0)


def find(store: Store, make_tree: MakeTree | None) -> pa.Table:
    """Return the cross-validated balanced accuracy of one rule per trait, and of a decision tree; best first.

    Classes of fewer than ``MIN_CLASS`` images are left out; a target needs two classes and ``MIN_IMAGES`` images.
    """
    store.save("work.trait", "audit/traits", {"min_class": MIN_CLASS, "min_images": MIN_IMAGES})
    rules = store.arrow("audit/rules").cast(_SCHEMA)
    if make_tree is None:
        return rules
    tree = pa.Table.from_pylist(list(_trees(store.arrow("audit/tree"), make_tree)), schema=_SCHEMA)
    best_first = [("target", "descending"), ("balanced_accuracy", "descending"), ("trait", "ascending")]
    return pa.concat_tables([rules, tree]).sort_by(best_first)


def unjudged(store: Store) -> str | None:
    """Return why metadata cannot be compared between the labels of ``work.audited``; None if they can."""
    [(fakes, reals)] = store.rows("audit/labels")
    if not fakes or not reals:
        return f"all images are {'fake' if fakes else 'real'}: there is no label to predict"
    if fakes + reals < MIN_IMAGES or min(fakes, reals) < MIN_CLASS:
        return (
            f"too few images to tell whether metadata predict the label: {fakes:,} fake, {reals:,} real;"
            f" at least {MIN_IMAGES} images and {MIN_CLASS} of each label are needed"
        )
    return None


def words(store: Store, found: pa.Table) -> Iterator[str]:
    """Yield sentences on the strongest shortcuts to the label and to the generator."""
    if reason := unjudged(store):
        yield reason
    else:
        examples: dict[str, list[str]] = {}
        for trait, value, fake, real in store.rows("audit/extreme_values"):
            examples.setdefault(trait, []).append(f"{value}: {fake:.0%} of fakes, {real:.0%} of real images")
        for row in _strongest(found, "label", max(_LEAST_ADVANTAGE, _noise(store))):
            values = f" ({'; '.join(examples[row['trait']])})" if row["trait"] in examples else ""
            yield f"{_subject(row)} predicts the label at {row['balanced_accuracy']:.0%}{values}"
    for row in _strongest(found, "generator", _LEAST_ADVANTAGE):
        yield f"{_subject(row)} predicts the generator at {row['balanced_accuracy']:.0%} (chance {row['chance']:.0%})"


def _strongest(found: pa.Table, target: str, advantage: float) -> list[dict[str, Any]]:
    rows = [row for row in found.to_pylist() if row["target"] == target]
    return [row for row in rows if row["balanced_accuracy"] > row["chance"] + advantage][:_SENTENCES]


def _noise(store: Store) -> float:
    """Return the advantage over chance that no uninformative trait of some dozens reaches in 95% of all cases."""
    [(fakes, reals)] = store.rows("audit/labels")
    return _STANDARD_ERRORS * math.sqrt(1 / fakes + 1 / reals) / 4


def _subject(row: dict[str, Any]) -> str:
    return "a decision tree of all traits" if row["trait"] == TREE else f"{row['trait']} alone"


def _trees(rows: pa.Table, make_tree: MakeTree) -> Iterator[dict[str, object]]:
    traits = [name for name in rows.column_names if name not in ("label", "generator", "fold")]
    features = np.column_stack([rows[name].to_numpy() for name in traits])
    fold, label = rows["fold"].to_numpy(), rows["label"].to_numpy()
    generator = np.array(rows["generator"].to_pylist())
    fakes = label == 1
    for target, truth, judged in (("label", label, label >= 0), ("generator", generator, fakes)):
        classes, counts = np.unique(truth[judged], return_counts=True)
        classes = classes[counts >= MIN_CLASS]
        part = judged & np.isin(truth, classes)
        if len(classes) > 1 and part.sum() >= MIN_IMAGES:
            accuracy = _balanced_accuracy(make_tree, features[part], truth[part], fold[part])
            yield {"target": target, "trait": TREE, "balanced_accuracy": accuracy, "chance": 1 / len(classes)}


def _balanced_accuracy(make_tree: MakeTree, features: Any, truth: Any, fold: Any) -> float:
    """Return the mean recall over classes, each fold predicted by a tree that was fitted to the other folds."""
    predicted = np.empty_like(truth)
    for held in np.unique(fold):
        is_held = fold == held
        # With a single fold there is no other data to fit to.
        is_seen = ~is_held if (~is_held).any() else is_held
        predicted[is_held] = make_tree().fit(features[is_seen], truth[is_seen]).predict(features[is_held])
    return float(np.mean([(predicted[truth == name] == name).mean() for name in np.unique(truth)]))
