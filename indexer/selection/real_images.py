"""Choose real images: photographs of the selected fakes, then a complement, and split all groups.

The complement is chosen before the split, because its images may be related to fakes, and share their split then.
"""

from dataclasses import dataclass

import numpy as np

from indexer.base.errors import RecipeError
from indexer.manifest.store import Parameters, Store
from indexer.selection.grouping import group_images, split_fakes
from indexer.selection.margins import fitted
from indexer.selection.models import UnevenSplit
from indexer.selection.quotas import QuotaFiller
from indexer.selection.recipe import Recipe
from indexer.selection.rounding import Real
from indexer.selection.splitting import Strata, split_units
from indexer.selection.working_tables import put

_ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class RealImages:
    """Fills ``work.paired``, ``work.complement`` and ``work.group_split``."""

    store: Store
    recipe: Recipe
    parameters: Parameters
    filler: QuotaFiller

    def run(self) -> tuple[UnevenSplit, ...]:
        """Choose and split; returns the generators and splits that miss their numbers.

        Related images may fill one split and leave another short. Then more of the complement is chosen.

        Raises:
            RecipeError: there are too few real images.
        """
        extra, (uneven, short) = 0, self._attempt(0)
        for _ in range(_ATTEMPTS):
            if not short:
                break
            try:
                found = self._attempt(extra + short)
            except RecipeError:  # there are no more
                uneven, short = self._attempt(extra)
                break
            extra += short
            uneven, short = found
        return uneven + self._lacking() if short else uneven

    def _attempt(self, extra: int) -> tuple[tuple[UnevenSplit, ...], int]:
        """Choose ``extra`` images more than are needed; returns the generators that are off, and the shortage."""
        self._save("given", "select/reals/given")
        put(self.store, "quota", self.store.rows("select/reals/complement_quota", {**self.parameters, "extra": extra}))
        self.filler.fill("reals")
        group_images(self.store, self.parameters, self.recipe.splits)
        uneven = split_fakes(self.store, self.recipe)
        self._save("need", "select/reals/needs")
        self._save("paired", "select/reals/paired")
        self._split_complement()
        self._save("complement", "select/reals/complement")
        return uneven, sum(lacking.target - lacking.images for lacking in self._lacking())

    def _split_complement(self) -> None:
        """Assign the groups without fakes to the splits that need them, each origin in its proportion."""
        splits = sorted(self.recipe.splits)
        needs = {split: numbers for split, *numbers in self.store.rows("select/reals/open_needs")}
        open_reals, open_spares, wanted = np.array([needs.get(split, (0, 0, 0)) for split in splits], np.float64).T
        taken: dict[str, Real] = {}
        for origin, split, images in self.store.rows("select/reals/taken"):
            taken.setdefault(origin, np.zeros(len(splits)))[splits.index(split)] = images
        for of_spares, columns, before in ((False, open_reals, taken), (True, open_spares, {})):
            self.store.save("work.unit", "select/split/units_reals", {"of_spares": of_spares})
            exact = _Shares(columns, wanted / max(wanted.sum(), 1), before)
            split_units(self.store, self.recipe.seed, self.recipe.splits, exact)
            self.store.execute("insert into work.group_split from work.unit_split")

    def _lacking(self) -> tuple[UnevenSplit, ...]:
        lacking = self.store.rows("select/reals/lacking")
        return tuple(UnevenSplit("real images", split, images, target) for split, images, target in lacking)

    def _save(self, table: str, step: str) -> None:
        self.store.save(f"work.{table}", step, self.parameters)


@dataclass(frozen=True, slots=True)
class _Shares:
    """The numbers of a complement: ``columns`` per split, so that each origin, with ``taken``, has these ``shares``."""

    columns: Real
    shares: Real
    taken: dict[str, Real]

    def __call__(self, strata: Strata) -> Real:
        rows = strata.images.astype(np.float64)
        here = np.array([self.taken.get(name, np.zeros(len(self.shares))) for name in strata.names])
        here = here.reshape(len(rows), len(self.shares))
        columns = self.columns if self.columns.any() else self.shares
        columns = columns * rows.sum() / max(columns.sum(), 1e-9)
        return fitted((rows + here.sum(axis=1))[:, None] * self.shares - here, rows, columns)
