"""P-values of the rules of all traits, adjusted for their number: classes are permuted, and the best trait counts.

Source: Westfall and Young, "Resampling-Based Multiple Testing" (1993), single-step maxT. Of each group of related
images one image per class takes part. Classes are permuted within groups that have several, and among all other images.
"""

import numpy as np

from indexer.selection.audit.prediction.models import Flags, Images, Real, Whole
from indexer.selection.audit.prediction.rules import RuleTable, accuracies

PERMUTATIONS = 499
_MOST_IMAGES = 20_000
_MOST_CELLS = 200_000  # of the permutations that are counted at once


def independent(groups: Whole, classes: Whole) -> Flags:
    """Return whether each image takes part: the first of its class in its group."""
    keys = groups * (int(classes.max(initial=0)) + 1) + classes
    chosen = np.zeros(len(groups), bool)
    chosen[np.unique(keys, return_index=True)[1]] = True
    return chosen


def p_values(images: Images, classes: Whole, is_counted: Flags) -> Real:
    """Return the adjusted p-value of each trait: the part of the permutations whose best trait is as good.

    ``is_counted``: traits x classes. The result is the same on every machine.
    """
    chosen = independent(images.groups, classes)
    chosen &= np.cumsum(chosen) <= _MOST_IMAGES
    part, drawn = images.part(chosen), classes[chosen]
    table = RuleTable(part, is_counted.shape[1])
    seen = _standardised(table, drawn, is_counted)
    blocks = _blocks(part.groups)
    places = np.argsort(blocks, kind="stable")
    random = np.random.RandomState(0)  # its numbers are the same in every version of numpy
    reached = np.ones(len(seen))
    at_once = max(1, _MOST_CELLS // max(table.cells, len(drawn)))
    for done in range(0, PERMUTATIONS, at_once):
        keys = random.random_sample((min(at_once, PERMUTATIONS - done), len(drawn)))
        permuted = np.empty(keys.shape, drawn.dtype)
        order = np.lexsort((keys, np.broadcast_to(blocks, keys.shape)))
        np.put_along_axis(permuted, order, np.broadcast_to(drawn[places], keys.shape), axis=1)
        best = np.nanmax(_standardised(table, permuted, is_counted), axis=1, initial=-np.inf)
        reached += (best[:, None] >= seen - 1e-9).sum(axis=0)
    return np.where(np.isnan(seen), np.nan, reached / (PERMUTATIONS + 1))


def _blocks(groups: Whole) -> Whole:
    """Return the blocks within which classes are permuted: each group of several images, and all other images."""
    _, number, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    return np.where(sizes[number] > 1, number + 1, 0)


def _standardised(table: RuleTable, classes: Whole, is_counted: Flags) -> Real:
    """Return how many standard errors of guessing each trait is better than guessing, per row of ``classes``."""
    counts = table.counts(classes)
    found = accuracies(table.learn(counts, is_counted).recalls, is_counted)
    images = np.add.reduceat(counts.sum(axis=-2), table.starts, axis=-2)
    number = is_counted.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        chance = 1 / number
        inverse = np.where(is_counted & (images > 0), 1 / images, 0).sum(axis=-1)
        result: Real = (found - chance) / (np.sqrt(chance * (1 - chance) * inverse) / number)
    return result
