"""Describe the strongest shortcuts of an audit in sentences. By chance alone, a sentence is printed in 5% of audits."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from indexer.selection.audit.shortcuts import MIN_CLASS, MIN_IMAGES, TREE, Audited

LEVEL = 0.05
"""The probability that the best of all traits is called better than chance although none is."""

_LEAST_ADVANTAGE = 0.05  # over chance
_SENTENCES = 5


def sentences(audited: Audited, found: pa.Table, worst: pa.Table) -> Iterator[str]:
    """Yield why the label cannot be judged, if so, then the strongest shortcuts, and the drift between splits."""
    if reason := _unjudged(audited, found):
        yield reason
    for row in _strongest(found, "label"):
        values = "".join(f"; {text}" for text in _extreme_values(audited, row["trait"]))
        yield f"{_subject(row)} predicts the label at {_score(row)}{values})"
    for row in worst.to_pylist():
        if row["low"] > 1 / 2 + _LEAST_ADVANTAGE:
            yield f"worst {row['kind']}: {row['name']}, where {_subject(row)} predicts the label at {_score(row)})"
    for row in _strongest(found, "generator"):
        yield f"{_subject(row)} predicts the generator at {_score(row)}; chance {row['chance']:.0%})"
    for row in _strongest(found, "split"):
        yield f"{_subject(row)} differs between splits: it predicts the split at {_score(row)})"


def _unjudged(audited: Audited, found: pa.Table) -> str | None:
    """Return why metadata cannot be compared between labels; None if they can."""
    labels = audited.classes["label"]
    fakes, reals = int((labels == "fake").sum()), int((labels == "real").sum())
    if not fakes or not reals:
        return f"all images are {'fake' if fakes else 'real'}: there is no label to predict"
    if "label" in found["target"].to_pylist():
        return None
    return (
        f"too few images to tell whether metadata predict the label: {fakes:,} fake, {reals:,} real, in"
        f" {len(np.unique(audited.images.groups)):,} groups of related images; at least {MIN_IMAGES} unrelated images"
        f" and {MIN_CLASS} of each label are needed"
    )


def _strongest(found: pa.Table, target: str) -> list[dict[str, Any]]:
    rows = [row for row in found.to_pylist() if row["target"] == target and row["p"] <= LEVEL]
    return [row for row in rows if row["balanced_accuracy"] > row["chance"] + _LEAST_ADVANTAGE][:_SENTENCES]


def _subject(row: dict[str, Any]) -> str:
    return "a decision tree of all traits" if row["trait"] == TREE else f"{row['trait']} alone"


def _score(row: dict[str, Any]) -> str:
    """Return a score with its interval and the number of images, without the closing bracket."""
    return f"{row['balanced_accuracy']:.0%} ({row['low']:.0%} to {row['high']:.0%} with 95%, {row['images']:,} images"


def _extreme_values(audited: Audited, name: str) -> Iterator[str]:
    """Yield the two values whose frequencies among fakes and real images differ most; none of the tree."""
    for trait in audited.images.traits:
        if trait.name == name:
            known = trait.codes >= 0
            fakes = known & (audited.classes["label"] == "fake")
            count = [np.bincount(trait.codes[part], minlength=len(trait.texts)) for part in (fakes, known & ~fakes)]
            fake, real = (counts / max(counts.sum(), 1) for counts in count)
            for code in np.argsort(-abs(fake - real), kind="stable")[:2]:
                yield f"{trait.texts[code]}: {fake[code]:.0%} of fakes, {real[code]:.0%} of real images"
