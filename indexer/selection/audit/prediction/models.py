"""Images with coded traits, groups and folds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.int64]
Real = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.str_]

FOLDS = 5
UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class Trait:
    """A trait of all images: the code of each (``UNKNOWN`` if not known), and the text of each code."""

    name: str
    codes: Whole
    texts: Sequence[str]


@dataclass(frozen=True, slots=True)
class Images:
    """Images in order of a hash. ``groups`` and ``folds`` hold a number per image; related images have one of each."""

    traits: Sequence[Trait]
    groups: Whole
    folds: Whole

    def part(self, chosen: Flags) -> "Images":
        """Return the images for which ``chosen`` is true."""
        traits = [Trait(trait.name, trait.codes[chosen], trait.texts) for trait in self.traits]
        return Images(traits, self.groups[chosen], self.folds[chosen])


def folds_of(groups: Whole) -> Whole:
    """Deal groups, which are numbered in order of a hash, to folds of nearly equal numbers of groups."""
    _, order = np.unique(groups, return_inverse=True)
    return order % FOLDS
