"""Label shortcuts by part of a selection: learned on one split and tested on others; per generator and per origin."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from indexer.selection.audit.prediction.intervals import CONFIDENCE, CROSS_VALIDATED, quantile_of
from indexer.selection.audit.prediction.models import Flags, Images
from indexer.selection.audit.prediction.rules import RuleTable
from indexer.selection.audit.shortcuts import MIN_CLASS, SCHEMA, Audited, Target, measured, rules

_NUMBERS = [SCHEMA.field(name) for name in ("trait", "images", "balanced_accuracy", "low", "high")]
BETWEEN_SCHEMA = pa.schema([("learned_on", pa.string()), ("tested_on", pa.string()), *_NUMBERS])
WORST_SCHEMA = pa.schema([("kind", pa.string()), ("name", pa.string()), *_NUMBERS])
_MOST_IMAGES = 20_000  # of a label, in one comparison


def between_splits(audited: Audited) -> pa.Table:
    """Return how well rules on the label that are learned on the largest split predict the label in the others."""
    label, splits = audited.target("label"), audited.classes["split"]
    names, counts = np.unique(splits, return_counts=True)
    rows: list[dict[str, Any]] = []
    if len(names) > 1:
        largest = names[np.argmax(counts)]
        for name in names[names != largest]:
            parts = {"learned_on": str(largest), "tested_on": str(name)}
            rows += [parts | row for row in _tested(label, splits == largest, splits == name)]
    return _table(rows, BETWEEN_SCHEMA)


def _table(rows: list[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist([{name: row[name] for name in schema.names} for row in rows], schema)


def _tested(label: Target, learned_on: Flags, tested_on: Flags) -> list[dict[str, Any]]:
    """Return one row per trait, best first. Each split is one fold: what one learned is applied to the other."""
    images, both = label.images, learned_on | tested_on
    part = Images(images.part(both).traits, images.groups[both], tested_on[both].astype(np.int64))
    target = Target.of(label.name, part, label.classes[both], label.names)
    table = RuleTable(part, len(target.names))
    learned = table.learn(table.counts(target.classes), target.is_counted)
    rows = []
    for trait, is_counted in enumerate(target.is_counted):
        known = table.known[trait]
        is_tested, classes = part.folds[known] == 1, target.classes[known]
        enough = np.bincount(classes[is_tested], minlength=len(target.names)) >= MIN_CLASS
        if is_counted.any() and enough.all():
            hits = table.hits(learned, trait, target.classes)
            related, counted = part.groups[known][is_tested], np.flatnonzero(is_counted)
            row = measured(hits[is_tested], related, classes[is_tested], counted, quantile_of())
            rows.append({**row, "trait": part.traits[trait].name})
    return sorted(rows, key=lambda row: (-row["balanced_accuracy"], row["trait"]))


def worst_groups(audited: Audited) -> pa.Table:
    """Return the generator, the origin of fakes and the origin of real images that one trait predicts best.

    Each is compared with all images of the other label. The best is the one with the highest lower end. All intervals
    of a kind hold together with 95% (Bonferroni), so choosing one does not make it better than it is.
    """
    rows = []
    for kind, label, field in _KINDS:
        names = _names(audited, label, field)
        found = [row for name in names for row in _group(audited, label, field, name, len(names))]
        if found:
            rows.append({**max(found, key=lambda row: (row["low"], row["name"], row["trait"])), "kind": kind})
    return _table(rows, WORST_SCHEMA)


_KINDS = (
    ("generator", "fake", "generator"),
    ("origin of fakes", "fake", "origin"),
    ("origin of real images", "real", "origin"),
)


def _names(audited: Audited, label: str, field: str) -> list[str]:
    names, counts = np.unique(audited.classes[field][audited.classes["label"] == label], return_counts=True)
    return [str(name) for name in names[counts >= MIN_CLASS]]


def _group(audited: Audited, label: str, field: str, name: str, groups: int) -> Iterator[dict[str, Any]]:
    """Yield a row per trait: the images of ``label`` with ``name`` against all of the other label."""
    labels, values = audited.classes["label"], audited.classes[field]
    own, others = (labels == label) & (values == name), labels != label
    chosen = (own & (np.cumsum(own) <= _MOST_IMAGES)) | (others & (np.cumsum(others) <= _MOST_IMAGES))
    target = audited.part(chosen).target("label")
    if target.is_counted.any():
        tests = max(groups * len(target.images.traits), 1)
        for row in rules(target, quantile=quantile_of(1 - (1 - CONFIDENCE) / tests, variance=CROSS_VALIDATED)):
            yield {**row, "name": name}
