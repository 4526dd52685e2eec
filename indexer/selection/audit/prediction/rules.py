"""One rule per trait: each code predicts the class in which it is most frequent, learned in the other folds.

A code that the other folds lack, and codes that are equally frequent in several classes, count as guessed. Counts, and
what is learned from them, can have a first axis: permutations of the classes.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from indexer.selection.audit.prediction.models import FOLDS, UNKNOWN, Flags, Images, Real, Whole


@dataclass(frozen=True, slots=True)
class Learned:
    """``chances``: codes x folds x classes, the probability that an image is predicted to be of a class.

    ``recalls``: traits x classes; NaN where a class has no image with the trait known.
    """

    chances: Real
    recalls: Real


class RuleTable:
    """The rules of all traits of ``images`` for classes 0 to ``classes`` - 1. Codes of all traits follow each other."""

    def __init__(self, images: Images, classes: int) -> None:
        self.images, self.classes = images, classes
        codes = [len(trait.texts) for trait in images.traits]
        self.starts = np.cumsum([0, *codes[:-1]])
        self.trait_of_code = np.repeat(np.arange(len(codes)), codes)
        self.known = [trait.codes != UNKNOWN for trait in images.traits]

    @property
    def cells(self) -> int:
        """The number of values that :meth:`counts` returns."""
        return len(self.trait_of_code) * FOLDS * self.classes

    @cached_property
    def _known_cells(self) -> tuple[Whole, Whole]:
        """Of each image and trait that is known of it, trait by trait: the image, and the cell of its code and fold."""
        images = [np.flatnonzero(known) for known in self.known]
        cells = [
            (start + trait.codes[chosen]) * FOLDS + self.images.folds[chosen]
            for start, trait, chosen in zip(self.starts, self.images.traits, images, strict=True)
        ]
        return np.concatenate(images), np.concatenate(cells)

    def counts(self, classes: Whole) -> Whole:
        """Return the images by code, fold and class, if the images have ``classes``.

        ``classes``: one per image, or several such rows (permutations x images) for as many tables of counts.
        """
        images, cells = self._known_cells
        shape = classes.shape[:-1]
        first = np.arange(math.prod(shape)).reshape(*shape, 1) * self.cells
        found = np.bincount(
            (first + cells * self.classes + classes[..., images]).ravel(), minlength=math.prod(shape) * self.cells
        )
        return found.reshape(*shape, -1, FOLDS, self.classes)

    def learn(self, counts: Whole, is_counted: Flags) -> Learned:
        """Learn each fold from the others. ``is_counted``: traits x classes, the classes that a rule may predict."""
        others = counts.sum(axis=-2, keepdims=True) - counts
        totals = np.add.reduceat(counts, self.starts, axis=-3)  # traits x folds x classes
        seen = (totals.sum(axis=-2, keepdims=True) - totals)[..., self.trait_of_code, :, :]
        frequency = np.where(is_counted[self.trait_of_code][:, None, :], others / np.maximum(seen, 1), -1.0)
        is_best = frequency == frequency.max(axis=-1, keepdims=True)
        chances = is_best / is_best.sum(axis=-1, keepdims=True)
        hits = np.add.reduceat((counts * chances).sum(axis=-2), self.starts, axis=-2)
        images = totals.sum(axis=-2)
        with np.errstate(invalid="ignore"):
            return Learned(chances, np.where(images > 0, hits / images, np.nan))

    def hits(self, learned: Learned, trait: int, classes: Whole) -> Real:
        """Return, for the images with the trait known, the probability that they are predicted to be of their class."""
        known, codes = self.known[trait], self.images.traits[trait].codes
        rows = self.starts[trait] + codes[known]
        found: Real = learned.chances[rows, self.images.folds[known], classes[known]]
        return found


def accuracies(recalls: Real, is_counted: Flags) -> Real:
    """Return the balanced accuracy of each trait: the mean recall over its counted classes; NaN without any."""
    weights = is_counted & ~np.isnan(recalls)
    with np.errstate(invalid="ignore"):
        found: Real = np.where(weights, recalls, 0).sum(axis=-1) / weights.sum(axis=-1)
    return found
