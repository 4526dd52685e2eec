"""Choose the real images that match the chosen fakes."""

from collections.abc import Callable
from dataclasses import dataclass, fields

from indexer.base.errors import RecipeError
from indexer.images.models import Traits
from indexer.manifest.store import Parameters, Store
from indexer.selection.inspecting import renew_traits
from indexer.selection.match.bins import check_columns, save_keys
from indexer.selection.match.models import Matching
from indexer.selection.quotas import QuotaFiller
from indexer.selection.working_tables import put

_SHOWN_BINS = 5
_TRAITS = frozenset(field.name for field in fields(Traits))


@dataclass(frozen=True, slots=True)
class Matcher:
    """Fills ``work.paired`` and ``work.complement``. ``note_exclusions`` is called after each check of images."""

    store: Store
    match: Matching
    parameters: Parameters
    filler: QuotaFiller
    note_exclusions: Callable[[], None]

    def run(self) -> None:
        """Match the fakes of ``work.fake``; those without a counterpart are removed from it, and so are their spares.

        A matched image that turns out to be a duplicate is excluded, and all are matched again.

        Raises:
            RecipeError: fakes lack a counterpart and the recipe does not allow that.
        """
        self._save("match_candidate", "candidates")
        self._save("match_image", "images")
        save_keys(self.store, self.match)
        self._save("match_slot", "slots")
        is_open = True
        while is_open:
            self._pair()
            pairs = self._save("matched", "matched")
            self.store.save_query("work.pool", "select member_id, generator, origin, rank_key from work.matched")
            self.filler.check()
            self.note_exclusions()
            is_open = self.store.count("work.kept") < pairs
        self._save_spares()
        self.store.append("work.exclusion", "select/match/exclusions")
        self._save("match_spare_fake", "spare_fakes")
        self.store.execute("delete from work.fake where member_id in (select fake_id from work.match_short)")
        self.store.execute(
            "delete from work.fake where is_spare and member_id not in (select member_id from work.match_spare_fake)"
        )
        self._save("match_stratum", "strata")
        self._save("paired", "reals", is_tied=True)
        self._save("complement", "reals", is_tied=False)

    def _save_spares(self) -> None:
        """Save spares of the real images in ``work.match_spare``, without duplicates."""
        columns = "member_id, generator, origin, rank_key"
        self.store.execute(f"insert into work.fixed by name select {columns} from work.matched")
        self._save("match_spare", "spares")
        self.store.save_query("work.pool", f"select {columns} from work.match_spare")
        self.filler.check()
        self.note_exclusions()
        self.store.execute("delete from work.match_spare where member_id not in (select member_id from work.kept)")

    def inspect(self) -> None:
        """Inspect all candidates, in ``work.match_pool``: whether they match is known only then.

        Raises:
            RecipeError: a column does not exist.
        """
        check_columns(self.store, self.match)
        self._save("match_pool", "pool")
        self.store.save_query("work.pool", "from work.match_pool")
        if self.parameters["inspect"] and not _TRAITS.isdisjoint(self.match.on):
            renew_traits(self.store)
        self.filler.inspected += self.filler.inspect(self.store)

    def _pair(self) -> None:
        """Save the pairs in ``work.match_pair``, and the fakes without counterpart in ``work.match_short``."""
        put(self.store, "match_pair", [])
        full = len(self.match.on)
        for level in range(full, -1, -1) if self.match.when_short == "nearest" else [full]:
            for is_tied in (True, False):
                self.store.append("work.match_pair", "select/match/pairs", {"level": level, "is_tied": is_tied})
        short = self._save("match_short", "short")
        if short and (self.match.when_short != "drop" or not self.store.count("work.match_pair")):
            raise RecipeError(self._shortage(short))

    def _shortage(self, short: int) -> str:
        bins = [f"{bin_} ({fakes:,})" for bin_, fakes in self.store.rows("select/match/short_bins")]
        more = f", and {len(bins) - _SHOWN_BINS:,} other bins" if len(bins) > _SHOWN_BINS else ""
        fakes = self.store.count("work.fake where not is_spare")
        words = f"match: {short:,} of {fakes:,} fake images have no real image"
        if self.match.when_short == "nearest":
            return f"{words}: there are only {self.store.count('work.match_candidate'):,} candidates"
        return (
            f"{words} in their bin of {', '.join(self.match.on)}: {'; '.join(bins[:_SHOWN_BINS])}{more}. Widen the bins"
            ' in [match.bins], match on fewer columns, or set when_short = "nearest" or "drop" in [match]'
        )

    def _save(self, table: str, step: str, **more: object) -> int:
        return self.store.save(f"work.{table}", f"select/match/{step}", {**self.parameters, **more})
