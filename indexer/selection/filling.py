"""Fill quotas: look at candidates in the order of their ranks, only as far as is needed.

What is looked at next follows from the recipe and from what was found so far, never from how it was read. So runs that
were interrupted, or that found much inspected already, end with the same choice.
"""

from dataclasses import dataclass, field

from indexer.base.errors import RecipeError
from indexer.manifest.store import Parameters, Store
from indexer.selection.models import Inspect, put


@dataclass(slots=True)
class Filling:
    """Quotas under way. ``work.quota``, ``work.cap`` and ``work.settled`` are given."""

    store: Store
    parameters: Parameters
    inspect: Inspect
    inspected: int = 0
    dropped: list[str] = field(default_factory=list)

    def fill(self, kind: str) -> None:
        """Leave what is chosen of the ``kind`` (fakes, photographs), and its spares, in ``work.taken``.

        Raises:
            RecipeError: generators cannot reach their numbers, and the recipe does not say to drop them.
        """
        self._save("stratum", f"strata_{kind}")
        for table in ("depth", "queue", "judged", "duplicate", "kept"):
            put(self.store, table, [])
        while True:
            has_dropped = self._share()
            if self._is_met() and not has_dropped:
                break
            self._save("depth", "deepened")
            self._make_queues(kind)
            self._save("pool")
            self.judge()
        self._save("taken")

    def judge(self) -> None:
        """Look at ``work.pool``; leave what is good and unlike all others in ``work.kept``."""
        self.inspected += self.inspect(self.store)
        self._save("judged")
        self._save("exact")
        self._save("fingerprint", "fingerprints")
        self._settle_near()
        self._save("duplicate", "duplicates")
        self._save("kept")

    def _make_queues(self, kind: str) -> None:
        """Make the queues again, and longer, where they end before what is to be looked at."""
        stretch = 1
        while self.store.rows("select/not_queued"):
            stretch *= 2
            self._save("reach", stretch=stretch)
            self._save("queue", f"queue_{kind}")

    def _share(self) -> bool:
        """Say what each origin gives to each generator, as far as is known by now; True if generators were dropped."""
        self._save("supply")
        short = self.store.rows("select/short")
        if short:
            self._do_without(short)
            self._save("supply")
        self._save("share", "shares", with_spares=True)
        self._save("base_share", "shares", with_spares=False)
        return bool(short)

    def _do_without(self, short: list[tuple[str, int, int, str]]) -> None:
        names = [generator for generator, *_ in short]
        if self.parameters["when_short"] == "error" or "" in names:
            raise RecipeError(_shortage(short))
        self.dropped += names
        self.store.execute("delete from work.quota where list_contains($names, generator)", {"names": names})

    def _is_met(self) -> bool:
        query = "select count(*) from work.share join work.supply using (generator, origin) where share > kept"
        return not self.store.execute(query)[0][0]

    def _settle_near(self) -> None:
        """Of near duplicates the first stays; what is near only to one that goes, stays too."""
        put(self.store, "near_dropped", [])
        if self.parameters["radius"] < 1:
            return
        self._save("print", "prints")
        self.store.append("work.near", "select/near", self.parameters)
        left = self._save("pair", "pairs")
        while left:
            self._save("near_now", "near_dropped")
            self.store.execute("insert into work.near_dropped by name from work.near_now")
            left = self._save("pair", "near_open")

    def _save(self, table: str, step: str | None = None, **more: object) -> int:
        return self.store.save(f"work.{table}", f"select/{step or table}", {**self.parameters, **more})


def _shortage(short: list[tuple[str, int, int, str]]) -> str:
    told = [
        f"{generator or 'photographs'}: {found:,} of {wanted:,} ({origins})"
        for generator, wanted, found, origins in short
    ]
    return f'too few images: {"; ".join(told)}: lower quotas, raise caps, or set when_short = "drop"'
