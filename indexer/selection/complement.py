"""Assign the complement, real images that are not paired with fakes, to splits."""

from collections.abc import Mapping

import numpy as np

from indexer.manifest.store import Store
from indexer.selection.margins import fitted
from indexer.selection.rounding import Real
from indexer.selection.splitting import Strata, split_units
from indexer.selection.working_tables import put


def split_complement(store: Store, seed: str, fractions: Mapping[str, float]) -> None:
    """Assign ``work.chosen`` to splits, in ``work.complement``, so that ``work.complement_need`` is met.

    The real images of each origin, paired ones included, are in proportion to those of each split, as far as possible.
    """
    needs = {split: (reals, spares, paired) for split, reals, spares, paired in store.rows("select/reals/open_needs")}
    open_reals, open_spares, paired = np.array(
        [needs.get(split, (0, 0, 0)) for split in sorted(fractions)], np.float64
    ).T
    by_split = dict(zip(sorted(fractions), range(len(fractions)), strict=True))
    taken: dict[str, Real] = {}
    for origin, split, images in store.rows("select/reals/paired_counts"):
        taken.setdefault(origin, np.zeros(len(fractions)))[by_split[split]] = images
    shares = (open_reals + paired) / max((open_reals + paired).sum(), 1)
    put(store, "complement", [])
    for of_spares, columns in ((False, open_reals), (True, open_spares)):
        store.save("work.unit", "select/split/units_reals", {"of_spares": of_spares})

        def exact(strata: Strata, columns: Real = columns, *, counts_paired: bool = not of_spares) -> Real:
            nothing = np.zeros(len(columns))
            here = np.array([taken.get(name, nothing) * counts_paired for name in strata.names]).reshape(
                -1, len(columns)
            )
            rows = strata.images.astype(np.float64)
            return fitted((rows + here.sum(axis=1))[:, None] * shares - here, rows, columns)

        split_units(store, seed, fractions, exact)
        store.append("work.complement", "select/reals/complement")
