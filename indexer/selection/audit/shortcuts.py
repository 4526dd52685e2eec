"""Label shortcuts: how well metadata alone predict the label, the generator of a fake, and the split.

A split that is predicted drifts: its images differ from those of the others.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import erfc, sqrt
from typing import Any

import numpy as np
import pyarrow as pa

from indexer.manifest.store import Store
from indexer.selection.audit.prediction import tree
from indexer.selection.audit.prediction.coding import coded
from indexer.selection.audit.prediction.intervals import CROSS_VALIDATED, interval, quantile_of, recall
from indexer.selection.audit.prediction.models import Flags, Images, Real, Texts, Whole, folds_of
from indexer.selection.audit.prediction.permutation import independent, p_values
from indexer.selection.audit.prediction.related import groups
from indexer.selection.audit.prediction.rules import RuleTable, accuracies
from indexer.selection.audit.prediction.tree import MakeTree

SCHEMA = pa.schema(
    [
        ("target", pa.string()),
        ("trait", pa.string()),
        ("images", pa.int64()),
        ("balanced_accuracy", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("chance", pa.float64()),
        ("p", pa.float64()),
    ]
)
TREE = "decision tree of all"
TARGETS = ("label", "generator", "split")
_OF_SPLIT = ("origin", "generator", "label")  # traits of the split alone: they define the other targets
_CLASSES = ("label", "generator", "split", "origin")

# With fewer unrelated images in all or in a class, no score is given: its interval would be useless.
MIN_IMAGES, MIN_CLASS = 20, 5
_QUANTILE = quantile_of(variance=CROSS_VALIDATED)


@dataclass(frozen=True, slots=True)
class Audited:
    """The images of ``work.audited`` whose traits are known; ``classes``: their labels, generators, splits, origins."""

    images: Images
    classes: Mapping[str, Texts]

    @classmethod
    def of(cls, store: Store) -> "Audited":
        """Read ``work.audited``. Pairs of near perceptual hashes are in ``work.near``."""
        count = store.save("work.audit_image", "audit/numbered")
        rows = store.arrow("audit/traits")
        related = groups(store, count)
        traits = [coded(name, rows[name]) for name in rows.column_names if name != "split"]
        classes = {name: np.array(rows[name].to_pylist(), np.str_) for name in _CLASSES}
        return cls(Images(traits, related, folds_of(related)), classes)

    def part(self, chosen: Flags) -> "Audited":
        """Return the images for which ``chosen`` is true."""
        return Audited(self.images.part(chosen), {name: values[chosen] for name, values in self.classes.items()})

    def target(self, name: str) -> "Target":
        """Return the images with their classes: label, generator (fakes alone) or split."""
        is_part = self.classes[name] != ""
        names, classes = np.unique(self.classes[name][is_part], return_inverse=True)
        images, left_out = self.images.part(is_part), () if name == "split" else _OF_SPLIT
        traits = [trait for trait in images.traits if trait.name not in left_out]
        return Target.of(name, Images(traits, images.groups, images.folds), classes.astype(np.int64), names.tolist())


@dataclass(frozen=True, slots=True)
class Target:
    """Images with one class each. ``is_counted``: traits x classes, those with enough unrelated images."""

    name: str
    images: Images
    classes: Whole
    names: Sequence[str]
    is_counted: Flags

    @classmethod
    def of(cls, name: str, images: Images, classes: Whole, names: Sequence[str]) -> "Target":
        """Return the target; traits of which too few unrelated images are known have no counted class."""
        unrelated = independent(images.groups, classes)
        found = [np.bincount(classes[unrelated & (trait.codes >= 0)], minlength=len(names)) for trait in images.traits]
        enough = np.array(found, np.int64).reshape(len(images.traits), len(names))
        is_counted = enough >= MIN_CLASS
        is_judged = (is_counted.sum(axis=1) > 1) & ((enough * is_counted).sum(axis=1) >= MIN_IMAGES)
        return cls(name, images, classes, names, is_counted & is_judged[:, None])


def find(
    store: Store, make_tree: MakeTree | None, targets: Sequence[str] = TARGETS, *, with_p: bool = True
) -> pa.Table:
    """Return the cross-validated balanced accuracy of one rule per trait, and of a decision tree; best first."""
    return scores(Audited.of(store), make_tree, targets, with_p=with_p)


def scores(
    audited: Audited, make_tree: MakeTree | None, targets: Sequence[str] = TARGETS, *, with_p: bool = True
) -> pa.Table:
    """Return ``SCHEMA``: per target and trait the images, the balanced accuracy with its 95% interval, and its p-value.

    Classes of fewer than ``MIN_CLASS`` unrelated images are left out; a target needs two classes and ``MIN_IMAGES``.
    """
    rows: list[dict[str, Any]] = []
    for name in targets:
        target = audited.target(name)
        if target.is_counted.any():
            found = [*rules(target, with_p=with_p), *_tree(target, make_tree)]
            rows += sorted(found, key=lambda row: (-row["balanced_accuracy"], row["trait"]))
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def rules(target: Target, *, with_p: bool = False, quantile: float = _QUANTILE) -> Iterator[dict[str, Any]]:
    """Yield a row of ``SCHEMA`` for each trait of which enough images are known."""
    table = RuleTable(target.images, len(target.names))
    learned = table.learn(table.counts(target.classes), target.is_counted)
    found = accuracies(learned.recalls, target.is_counted)
    p = p_values(target.images, target.classes, target.is_counted) if with_p else [None] * len(found)
    for trait, is_counted in enumerate(target.is_counted):
        if is_counted.any():
            known = table.known[trait]
            hits = table.hits(learned, trait, target.classes)
            counted = np.flatnonzero(is_counted)
            row = measured(hits, target.images.groups[known], target.classes[known], counted, quantile)
            name, accuracy = target.images.traits[trait].name, round(float(found[trait]), 12)
            yield {**row, "target": target.name, "trait": name, "balanced_accuracy": accuracy, "p": p[trait]}


def measured(hits: Real, related: Whole, classes: Whole, counted: Whole, quantile: float) -> dict[str, Any]:
    """Return images, balanced accuracy, its interval and chance of predictions.

    Predictions are right with the probabilities ``hits``. Images of one group ``related`` are not independent. Only the
    classes ``counted`` count.
    """
    recalls = [recall(hits[classes == one], related[classes == one]) for one in counted]
    low, high = interval(recalls, quantile)
    mean = sum(one.value for one in recalls) / len(recalls)
    images = int(np.isin(classes, counted).sum())
    return {"images": images, "balanced_accuracy": mean, "low": low, "high": high, "chance": 1 / len(recalls)}


def _tree(target: Target, make_tree: MakeTree | None) -> Iterator[dict[str, Any]]:
    """Yield the row of the decision tree. Its p-value is that of a normal error, times the number of traits."""
    if make_tree is None:
        return
    counted = np.flatnonzero(target.is_counted.any(axis=0))
    is_part = np.isin(target.classes, counted)
    images, classes = target.images.part(is_part), target.classes[is_part]
    hits = tree.hits(images, classes, make_tree)
    row = measured(hits, images.groups[: len(hits)], classes[: len(hits)], counted, _QUANTILE)
    unrelated = independent(images.groups, classes)
    inverse = sum(1 / int((unrelated & (classes == one)).sum()) for one in counted)
    chance = row["chance"]
    deviation = (row["balanced_accuracy"] - chance) / (sqrt(chance * (1 - chance) * inverse) * chance)
    p = min(1.0, (len(images.traits) + 1) * erfc(deviation / sqrt(2)) / 2)
    yield {**row, "target": target.name, "trait": TREE, "p": p}
