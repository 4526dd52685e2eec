"""Intervals of balanced accuracies: the mean of recalls, each a proportion of images in groups.

Each recall has a Wilson interval of its effective number of images; their mean has the interval of Newcombe's method
(MOVER; Zou and Donner, Statistics in Medicine 27, 2008). It holds at 0% and 100%, where a bootstrap has no width.
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from indexer.selection.audit.prediction.models import FOLDS, Real, Whole

CONFIDENCE = 0.95
CROSS_VALIDATED = 1 + FOLDS / (FOLDS - 1)
"""Variance of a cross-validated proportion over that of independent images: rules of two folds share most images.

Source: Nadeau and Bengio, "Inference for the Generalization Error", Machine Learning 52 (2003), the corrected variance.
"""


@dataclass(frozen=True, slots=True)
class Recall:
    """The proportion of the images of one class that are predicted right, and their effective number."""

    value: float
    images: float


def recall(hits: Real, groups: Whole) -> Recall:
    """Return the recall of images with ``hits`` between 0 and 1.

    Images of one group are not independent. Their effective number follows from the variance between groups; where
    there is none, each group counts as one image of its size.
    """
    value = float(hits.mean())
    _, number, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    least = len(hits) ** 2 / float((sizes.astype(float) ** 2).sum())
    between = float((np.bincount(number, hits - value) ** 2).sum()) / len(hits) ** 2
    of_independent = value * (1 - value) / len(hits)
    if between <= 0 or of_independent <= 0:
        return Recall(value, least)
    return Recall(value, min(max(len(hits) * of_independent / between, least), len(hits)))


def quantile_of(confidence: float = CONFIDENCE, *, variance: float = 1.0) -> float:
    """Return the quantile of a two-sided interval, for a variance that is that many times as large."""
    return NormalDist().inv_cdf((1 + confidence) / 2) * float(variance**0.5)


def interval(recalls: list[Recall], quantile: float) -> tuple[float, float]:
    """Return the ends of the interval of the mean of ``recalls``; ``quantile``: of the normal distribution."""
    ends = [_wilson(one, quantile) for one in recalls]
    mean = sum(one.value for one in recalls) / len(recalls)
    below = sum((one.value - low) ** 2 for one, (low, _) in zip(recalls, ends, strict=True)) ** 0.5
    above = sum((high - one.value) ** 2 for one, (_, high) in zip(recalls, ends, strict=True)) ** 0.5
    return max(mean - below / len(recalls), 0.0), min(mean + above / len(recalls), 1.0)


def _wilson(one: Recall, quantile: float) -> tuple[float, float]:
    square = quantile**2 / one.images
    centre = (one.value + square / 2) / (1 + square)
    half = (one.value * (1 - one.value) * square + square**2 / 4) ** 0.5 / (1 + square)
    return max(centre - half, 0.0), min(centre + half, 1.0)
