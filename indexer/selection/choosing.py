"""A recipe and a manifest make a selection. Each step is a SELECT of ``sql/select``; here they are put in order."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from indexer.manifest.store import Parameters, Store
from indexer.selection.filling import Filling
from indexer.selection.models import WORK, Counts, Inspect, Selected, put
from indexer.selection.recipe import Recipe
from indexer.selection.splitting import split


def select(store: Store, recipe: Recipe, name: str, inspect: Inspect | None = None) -> Selected:
    """Choose by ``recipe`` and keep the result under ``name``, in place of what had that name.

    ``inspect`` reads images that nobody looked at yet; None does without: only what is known counts against an image.

    Raises:
        RecipeError: there are too few images of a generator, or too few photographs.
        SourceError: a container vanished or changed since the scan.
    """
    with workbench(store):
        return _Selecting(store, recipe, name, inspect).run()


@contextmanager
def workbench(store: Store) -> Iterator[None]:
    """A database in memory for the steps' tables, which nobody needs afterwards."""
    store.execute("attach ':memory:' as work")
    try:
        for table in WORK:
            put(store, table, [])
        yield
    finally:
        store.execute("detach work")


class _Selecting:
    """One selection under way: fakes, their photographs, the split, other photographs, the result."""

    def __init__(self, store: Store, recipe: Recipe, name: str, inspect: Inspect | None) -> None:
        self.store, self.recipe = store, recipe
        self.parameters = _parameters(recipe, name) | {"inspect": inspect is not None}
        self.filling = Filling(store, self.parameters, inspect or (lambda _: 0))

    def run(self) -> Selected:
        self._give_choices()
        self._choose_fakes()
        self._look_at_paired()
        uneven = split(self.store, self.recipe.splits)
        self._choose_photographs()
        self._keep_result()
        filling = self.filling
        return Selected(
            str(self.parameters["name"]),
            *self._counts(),
            inspected=filling.inspected,
            dropped=tuple(filling.dropped),
            uneven=uneven,
        )

    def _give_choices(self) -> None:
        caps = self.recipe.caps or {}
        put(self.store, "cap", [(generator, origin, cap) for origin in caps for generator, cap in caps[origin].items()])
        put(self.store, "preference", list(zip(self.recipe.origins, range(len(self.recipe.origins)), strict=True)))
        put(self.store, "section_rule", self._section_rules())
        self._save("section", "sections")
        put(self.store, "quota", self._quotas())
        self.store.save_query("work.fake_quota", "from work.quota")

    def _section_rules(self) -> list[tuple[object, ...]]:
        sections = list((self.recipe.sections or {}).items())
        return [
            (place, name, origin, section.file_id)
            for place, (name, section) in enumerate(sections)
            for origin in section.origins
        ]

    def _quotas(self) -> list[tuple[object, ...]]:
        recipe, own = self.recipe, self.recipe.quotas or {}
        names = recipe.generators or [name for (name,) in self.store.rows("select/generators")]
        wanted = {name: own.get(name, recipe.per_generator or 0) for name in dict.fromkeys([*names, *own])}
        return [(name, images, math.ceil(images * recipe.spares)) for name, images in wanted.items() if images]

    def _choose_fakes(self) -> None:
        self.filling.fill("fakes")
        self._note_verdicts()
        put(self.store, "dropped", [(name,) for name in self.filling.dropped])
        for table, origin in (("fake", "taken"), ("fake_duplicate", "duplicate")):
            self.store.save_query(f"work.{table}", f"from work.{origin}")
        self._save("fake_near", "near_tied")
        self._settle("fake")

    def _look_at_paired(self) -> None:
        """The photographs of the fakes: which are good, and which equal one another, is known before the split."""
        self._save("pool", "pool_paired")
        self.filling.judge()
        self._note_verdicts()
        self.store.save_query("work.paired_duplicate", "from work.duplicate")
        self._save("paired_near", "near_tied")

    def _choose_photographs(self) -> None:
        self._save("need", "needs")
        self._save("paired", "paired_taken")
        self._settle("paired")
        self._save("complement_need", "complement_needs")
        wanted, spare = self.store.execute(
            "select coalesce(sum(photographs), 0)::bigint, coalesce(sum(spares), 0)::bigint from work.complement_need"
        )[0]
        put(self.store, "quota", [("", wanted, spare)])
        self.filling.fill("photographs")
        self._note_verdicts()
        self._save("complement", "complement_taken")

    def _keep_result(self) -> None:
        self._save("result")
        run = {"recipe": self.recipe.text, "recipe_hash": self.recipe.hash, "seed": self.recipe.seed}
        keep(self.store, {**self.parameters, **run}, "select/excluded")

    def _counts(self) -> tuple[Counts, Counts]:
        counts, excluded = (
            self.store.rows(f"select/{step}", self.parameters) for step in ("counts", "excluded_counts")
        )
        return counted(counts), counted(excluded)

    def _settle(self, table: str) -> None:
        """Rows that are chosen for good: whatever equals one of them is the one that goes."""
        self.store.execute(
            f"insert into work.settled by name select member_id, generator, origin, rank_key from work.{table}"
        )

    def _note_verdicts(self) -> None:
        self.store.append("work.verdict", "select/verdicts")

    def _save(self, table: str, step: str | None = None) -> None:
        self.store.save(f"work.{table}", f"select/{step or table}", self.parameters)


def counted(rows: list[tuple[Any, ...]]) -> Counts:
    """Rows of two texts and a number."""
    return tuple((first, second, int(images)) for first, second, images in rows)


def keep(store: Store, run: Parameters, excluded: str) -> None:
    """Make ``work.result``, and what the step ``excluded`` tells, the selection called ``run["name"]``, all at once."""
    with store.transaction():
        forget(store, str(run["name"]))
        store.execute("insert into selection by name select * exclude (member_id) from work.result")
        store.append("selection_excluded", excluded, run)
        store.append("selection_run", "select/run", run)


def forget(store: Store, name: str) -> None:
    """Drop all that is kept of a selection; what was imported under its name is not what the next one is made of."""
    for table in ("selection", "selection_run", "selection_excluded", "shared_row"):
        store.execute(f"delete from {table} where name = $name", {"name": name})


def _parameters(recipe: Recipe, name: str) -> dict[str, object]:
    origins = recipe.photograph_origins
    return {
        "name": name,
        "seed": recipe.seed,
        "cap": recipe.cap,
        "when_short": recipe.when_short,
        "min_side": recipe.min_side,
        "max_pixels": recipe.max_pixels,
        "exact": recipe.exact,
        "radius": recipe.radius,
        "per_fake": recipe.photographs_per_fake,
        "spares": recipe.spares,
        "unwanted": [generator for generator, images in (recipe.quotas or {}).items() if not images],
        "photograph_origins": None if origins is None else list(origins),
    }
