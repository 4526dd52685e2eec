"""A decision tree of all traits, fitted to four folds at a time."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from indexer.base.errors import DependencyError
from indexer.selection.audit.prediction.models import Images, Real, Whole

_DEPTH = 4
_MOST_IMAGES = 200_000

MakeTree: TypeAlias = Callable[[], Any]


def tree_maker() -> MakeTree:
    """Return a function that makes an unfitted decision tree.

    Raises:
        DependencyError: scikit-learn is not installed.
    """
    try:
        from sklearn.tree import DecisionTreeClassifier  # noqa: PLC0415 - an extra of many megabytes
    except ImportError:
        raise DependencyError(
            "the decision tree needs scikit-learn: pip install 'image-manifest[audit]', or run with --no-tree"
        ) from None
    return lambda: DecisionTreeClassifier(max_depth=_DEPTH, class_weight="balanced", random_state=0)


def hits(images: Images, classes: Whole, make_tree: MakeTree) -> Real:
    """Return 1 for each of the first 200,000 images that a tree fitted to the other folds predicts right, else 0."""
    features = np.column_stack([trait.codes for trait in images.traits])[:_MOST_IMAGES]
    truth, fold = classes[:_MOST_IMAGES], images.folds[:_MOST_IMAGES]
    predicted = np.empty_like(truth)
    for held in np.unique(fold):
        is_held = fold == held
        # With a single fold there is no other data to fit to.
        is_seen = ~is_held if (~is_held).any() else is_held
        predicted[is_held] = make_tree().fit(features[is_seen], truth[is_seen]).predict(features[is_held])
    found: Real = (predicted == truth).astype(float)
    return found
