"""Fill quotas: inspect candidates in the order of their ranks, only as many as are needed.

The next candidates follow from the recipe and from the inspections of earlier rounds, never from the order of reading.
So an interrupted run, or one over inspected images, ends with the same selection.
"""

from dataclasses import dataclass, field
from typing import Literal

from indexer.base.errors import RecipeError
from indexer.manifest.store import Parameters, Store
from indexer.selection.models import Inspect
from indexer.selection.near_looks import add_near
from indexer.selection.working_tables import put

Candidates = Literal["fakes", "reals"]
_STRATA = {"fakes": "select/candidates/strata_fakes", "reals": "select/candidates/strata_reals"}
_RANKED = {"fakes": "select/candidates/ranked_fakes", "reals": "select/candidates/ranked_reals"}


@dataclass(slots=True)
class QuotaFiller:
    """Fills ``work.quota``, within ``work.cap``, without duplicates of ``work.fixed``.

    ``inspected`` counts images read so far; ``dropped`` names the generators that cannot reach their quota.
    """

    store: Store
    parameters: Parameters
    inspect: Inspect
    inspected: int = 0
    dropped: list[str] = field(default_factory=list)

    def fill(self, candidates: Candidates) -> None:
        """Choose among ``candidates``; leaves the chosen rows and their spares in ``work.chosen``.

        Raises:
            RecipeError: a generator cannot reach its quota, and the recipe does not drop it.
        """
        self._save("stratum", _STRATA[candidates])
        for table in ("depth", "ranked", "checked", "duplicate", "kept", "copy"):
            put(self.store, table, [])
        while True:
            has_dropped = self._allocate(candidates)
            if self._is_filled() and not has_dropped:
                break
            self._save("depth", "select/quotas/depths")
            self._reach(candidates)
            self.inspected += self.inspect(self.store)
            if self.parameters["copies"]:
                self._find_copies(of_fakes=candidates == "fakes")
            self._check_inspected()
        self._save("chosen", "select/quotas/chosen")

    def _reach(self, candidates: Candidates) -> None:
        """Save the candidates down to ``work.depth`` in ``work.pool``."""
        factor = 1
        while self.store.rows("select/candidates/too_few_ranked"):
            factor *= 2
            self._save("rank_bound", "select/candidates/rank_bounds", stretch=factor)
            self._save("ranked", _RANKED[candidates])
        self._save("pool", "select/candidates/pool")

    def _find_copies(self, *, of_fakes: bool) -> None:
        """Inspect all candidates that may be copies of those in ``work.pool``; leaves the later ones in ``work.copy``.

        Which candidates are copies must not depend on what was inspected earlier.
        """
        self.store.save_query("work.reached", "from work.pool")
        self._save("alike", "select/candidates/alike", of_fakes=of_fakes)
        if self._save("pool", "select/candidates/unread_alike"):
            self.inspected += self.inspect(self.store)
        self.store.save_query("work.pool", "from work.reached")
        self._save("copy", "select/candidates/copies")

    def check(self) -> None:
        """Inspect ``work.pool``; leaves the usable rows without duplicates in ``work.kept``."""
        self.inspected += self.inspect(self.store)
        self._check_inspected()

    def _check_inspected(self) -> None:
        self._save("checked", "select/candidates/checked")
        self._save("exact", "select/duplicates/exact")
        self._save("look", "select/duplicates/looks")
        self._drop_near()
        self._save("duplicate", "select/duplicates/duplicates")
        self._save("kept", "select/candidates/kept")

    def _allocate(self, candidates: Candidates) -> bool:
        """Divide each quota among its origins by what is known so far; True if generators were dropped."""
        self._save("supply", "select/quotas/supply")
        names = [generator for (generator,) in self.store.rows("select/quotas/short")]
        if names:
            if self.parameters["when_short"] == "error" or "" in names:
                raise RecipeError(self._shortage(names, candidates))
            self.dropped += names
            self.store.execute("delete from work.quota where list_contains($names, generator)", {"names": names})
            self._save("supply", "select/quotas/supply")
        self._save("allocation", "select/quotas/allocations", with_spares=True)
        self._save("base_allocation", "select/quotas/allocations", with_spares=False)
        return bool(names)

    def _is_filled(self) -> bool:
        query = "select count(*) from work.allocation join work.supply using (generator, origin) where allocated > kept"
        return not self.store.execute(query)[0][0]

    def _drop_near(self) -> None:
        """Drop near duplicates of kept rows that are not kin. A row whose only near duplicate is dropped is kept."""
        put(self.store, "near_dropped", [])
        if self.parameters["radius"] >= 0:
            self._save("phash", "select/duplicates/phashes")
            add_near(self.store, self.parameters["radius"], is_turned=self.parameters["turned"])
        left = self._save("near_pair", "select/duplicates/near_pairs")
        while left:
            self._save("near_now", "select/duplicates/near_dropped")
            self.store.execute("insert into work.near_dropped by name from work.near_now")
            left = self._save("near_pair", "select/duplicates/open_pairs")

    def _shortage(self, names: list[str], candidates: Candidates) -> str:
        """Return the number of usable images of generators that are short, of all candidates that are inspected."""
        self.store.execute("delete from work.quota where not list_contains($names, generator)", {"names": names})
        self.store.save_query(
            "work.depth", "select generator, origin, candidates as depth, 1::bigint as steps from work.stratum"
        )
        self._reach(candidates)
        self._check_inspected()
        self._save("supply", "select/quotas/supply")
        lines = [
            f"{generator or 'real images'}: {found:,} of {images:,} ({origins})"
            for generator, images, found, origins in self.store.rows("select/quotas/shortages")
        ]
        return f'too few images: {"; ".join(lines)}: lower quotas, raise caps, or set when_short = "drop"'

    def _save(self, table: str, step: str, **more: object) -> int:
        return self.store.save(f"work.{table}", step, {**self.parameters, **more})
