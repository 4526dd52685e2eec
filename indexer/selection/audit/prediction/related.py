"""Number the groups of related images: connected components of images and the things that they have in common."""

import numpy as np

from indexer.manifest.store import Store
from indexer.selection.audit.prediction.models import Whole


def groups(store: Store, images: int) -> Whole:
    """Return the group of each of ``images`` images of ``work.audit_image``: the least number of its images."""
    rows = store.arrow("audit/relations")
    image, thing = (rows[name].to_numpy().astype(np.int64) for name in ("image", "thing"))
    return components(images, image, thing)


def components(images: int, image: Whole, thing: Whole) -> Whole:
    """Return the least image of each image's component; ``image`` and ``thing`` are the ends of the edges."""
    least = np.arange(images)
    while True:
        of_thing = np.full(int(thing.max(initial=-1)) + 1, images)
        np.minimum.at(of_thing, thing, least[image])
        found = least.copy()
        np.minimum.at(found, image, of_thing[thing])
        found = found[found]
        if np.array_equal(found, least):
            return found
        least = found
