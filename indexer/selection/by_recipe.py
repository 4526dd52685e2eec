"""Make a selection from a recipe: run the steps of ``sql/select`` in order."""

import math
from dataclasses import replace

from indexer.base.errors import RecipeError
from indexer.manifest.store import Store
from indexer.selection import storing
from indexer.selection.excluding import exclude
from indexer.selection.extending import read_earlier
from indexer.selection.grouping import group_images, split_fakes
from indexer.selection.match.balance import store_balance
from indexer.selection.match.matching import Matcher
from indexer.selection.models import Inspect, Selected, UnevenOrigin, UnevenSplit
from indexer.selection.quotas import QuotaFiller
from indexer.selection.real_images import RealImages
from indexer.selection.recipe import Recipe
from indexer.selection.recipe_inputs import NO_INPUTS, RecipeInputs, fill_inputs
from indexer.selection.windows import fractions, place_generators, undated
from indexer.selection.working_tables import clear, put, working_tables

_NOTHING = (
    "no image was selected: a recipe selects fake images and real images to match them;"
    " to select real images only, give 'per_stratum' instead of 'per_generator', or select by a query or by ids"
)

# Tables that do not depend on the candidates that were reached.
_KEPT = ("conflict", "eligible", "exported", "excluded", "excluded_content", "earlier")


def select(
    store: Store, recipe: Recipe, name: str, inspect: Inspect | None = None, inputs: RecipeInputs = NO_INPUTS
) -> Selected:
    """Select by ``recipe`` and store the result as ``name``, in place of an earlier selection of that name.

    ``inspect`` reads candidates that were never inspected. With None, only candidates known to be bad are refused.
    ``inputs`` is the result of the recipe's SQL, which :func:`recipe_inputs.eligible` runs.

    Raises:
        RecipeError: a generator has too few images, there are too few real ones, or no image is selected. The manifest
            has no new selection then.
        SourceError: a container vanished or changed since the scan.
        ValueError: the recipe has SQL, and ``inputs`` lacks its result.
    """
    if recipe.filters.has_sql and inputs.eligible is None:
        raise ValueError("the recipe has SQL: give the images that recipe_inputs.eligible returns")
    with working_tables(store):
        fill_inputs(store, inputs)
        parameters = _parameters(recipe, name, inputs) | {"inspect": inspect is not None}
        return _RecipeRun(store, recipe, parameters, inspect).run()


class _RecipeRun:
    """The steps of one selection: fakes, their real images, the split, further real images, the result."""

    def __init__(self, store: Store, recipe: Recipe, parameters: dict[str, object], inspect: Inspect | None) -> None:
        self.store, self.recipe, self.parameters = store, recipe, parameters
        self.filler = QuotaFiller(store, self.parameters, inspect or (lambda _: 0))

    def run(self) -> Selected:
        view = "eligible" if self.recipe.filters.is_active else "usable"
        self.store.view_temporary("every_candidate", f"select/candidates/{view}")
        self.store.view_temporary("candidate", f"select/candidates/{view}")
        windows, generators = self.recipe.windows, self.recipe.generators
        placed = place_generators(self.store, windows, generators) if windows else ()
        self._read_earlier()
        exclude(self.store, self.parameters, self.filler.inspect)
        uneven = self._select()
        while self._find_conflicts():
            clear(self.store, keep=_KEPT)
            self.filler.dropped.clear()
            uneven = self._select()
        if not self.store.count("work.result"):
            few = ", ".join(f"'{name}'" for name in dict.fromkeys(self.filler.dropped))
            raise RecipeError(f"no image was selected: too few usable images of {few}" if few else _NOTHING)
        self._check_splits()
        run = {
            "recipe": self.recipe.text,
            "recipe_hash": self.recipe.hash,
            "made_from": "recipe",
            "extends": self.recipe.extend,
        }
        storing.replace(self.store, {**self.parameters, **run}, "select/result/excluded")
        if self.recipe.match:
            store_balance(self.store, str(self.parameters["name"]))
        return Selected(
            str(self.parameters["name"]),
            storing.counts(self.store.rows("select/result/counts", self.parameters)),
            storing.counts(self.store.rows("select/result/excluded_counts", self.parameters)),
            inspected=self.filler.inspected,
            dropped=tuple(self.filler.dropped),
            uneven=uneven,
            matched=tuple(self.store.rows("audit/matched_traits", self.parameters)),
            windows=placed,
            undated=undated(self.store, generators) if windows else (),
            uneven_origins=self._uneven_origins(),
        )

    def _read_earlier(self) -> None:
        """Read the splits of the selection that is extended, if any; refuse recipes that cannot keep them."""
        if self.recipe.extend and self.recipe.windows:
            raise RecipeError(
                f"--extend {self.recipe.extend}: a recipe with [windows] cannot keep the splits of a selection, because"
                " they follow from release dates: remove the table, or select without --extend"
            )
        read_earlier(self.store, self.recipe.extend, self.recipe.splits)

    def _select(self) -> tuple[UnevenSplit, ...]:
        """Run all steps up to ``work.result``."""
        self._fix("excluded")
        self._set_quotas()
        self._select_fakes()
        self._check_paired()
        if self.recipe.match:
            matcher = Matcher(self.store, self.recipe.match, self.parameters, self.filler, self._note_exclusions)
            matcher.inspect()
            self.store.save_query("work.chosen", "from work.match_pool where generator = ''")
            group_images(self.store, self.parameters, self.recipe.splits)
            uneven = split_fakes(self.store, self.recipe)
            matcher.run()
        else:
            self._fix("paired_kept")
            uneven = RealImages(self.store, self.recipe, self.parameters, self.filler).run()
            self._note_exclusions()
        self._save("result", "select/result/rows")
        return uneven

    def _uneven_origins(self) -> tuple[UnevenOrigin, ...]:
        """Return the origins that miss equal parts; matched real images have none."""
        if self.recipe.match:
            return ()
        return tuple(UnevenOrigin(*row) for row in self.store.rows("select/reals/uneven_origins"))

    def _check_splits(self) -> None:
        """Refuse splits that are empty."""
        for name, fraction, images in self.store.rows("select/split/empty"):
            raise RecipeError(
                f"the split '{name}' stays empty: {images:,} images are too few for its fraction {fraction:g}; select"
                " more images, or set it to 0"
            )

    def _find_conflicts(self) -> int:
        """Add contents that were found under both labels to ``work.conflict``; returns their number.

        Candidates with such a content are refused by the next run. It depends on the same candidates on every machine.
        """
        if self.recipe.on_conflict != "drop":
            return 0
        found = self.store.save("work.new_conflict", "select/duplicates/conflicts")
        self.store.execute("insert into work.conflict from work.new_conflict")
        return found

    def _set_quotas(self) -> None:
        recipe = self.recipe
        caps, quotas = recipe.caps, recipe.quotas
        put(self.store, "cap", [(generator, origin, cap) for origin in caps for generator, cap in caps[origin].items()])
        put(self.store, "origin_order", list(zip(recipe.origins, range(len(recipe.origins)), strict=True)))
        rules = [
            (rank, name, origin, section.file_id)
            for rank, (name, section) in enumerate(recipe.sections.items())
            for origin in section.origins
        ]
        put(self.store, "section_rule", rules)
        self._save("section", "select/candidates/sections")
        present = [name for (name,) in self.store.rows("select/candidates/generators", self.parameters)]
        names = dict.fromkeys([*(recipe.generators or present), *quotas])
        images = {
            name: quotas.get(name, recipe.filters.per_stratum or recipe.per_generator or 0)
            for name in names
            if name in present or not recipe.windows
        }
        rows = [(name, quota, math.ceil(quota * recipe.spares)) for name, quota in images.items() if quota]
        put(self.store, "quota", rows)
        self.store.save_query("work.fake_quota", "from work.quota")

    def _select_fakes(self) -> None:
        self.filler.fill("fakes")
        self._note_exclusions()
        put(self.store, "dropped", [(name,) for name in self.filler.dropped])
        self.store.save_query("work.fake", "from work.chosen")
        self.store.save_query("work.fake_duplicate", "from work.duplicate")
        self._fix("fake")
        if self.recipe.windows:
            self.recipe = replace(self.recipe, splits=fractions(self.store))

    def _check_paired(self) -> None:
        """Inspect the photographs of fakes: the split depends on their contents."""
        self._save("photograph", "select/reals/photographs")
        self._save("photograph_of_chosen", "select/reals/photographs_of_chosen")
        self._save("photograph_pool", "select/reals/photograph_pool")
        self.store.save_query("work.pool", "from work.photograph_pool")
        self.filler.inspected += self.filler.inspect(self.store)
        self._save("pool", "select/reals/paired_pool")
        self.filler.check()
        self._note_exclusions()
        self.store.save_query("work.paired_kept", "from work.kept")
        self.store.save_query("work.paired_duplicate", "from work.duplicate")

    def _fix(self, table: str) -> None:
        """Mark the rows of ``work.<table>`` as chosen: duplicates of them are the ones to drop."""
        self.store.execute(
            f"insert into work.fixed by name select member_id, generator, origin, rank_key from work.{table}"
        )

    def _note_exclusions(self) -> None:
        self.store.append("work.exclusion", "select/result/exclusions")
        if self.recipe.on_conflict == "drop":
            self.store.append("work.content", "select/duplicates/contents")

    def _save(self, table: str, step: str) -> None:
        self.store.save(f"work.{table}", step, self.parameters)


def _parameters(recipe: Recipe, name: str, inputs: RecipeInputs) -> dict[str, object]:
    origins = recipe.photograph_origins
    return {
        "name": name,
        "seed": recipe.seed,
        "cap": recipe.cap,
        "when_short": recipe.when_short,
        "min_side": recipe.min_side,
        "max_pixels": recipe.max_pixels,
        "exact": recipe.exact,
        "copies": recipe.exact and recipe.copies,
        "radius": recipe.radius,
        "turned": recipe.turned,
        "across_labels": recipe.across_labels,
        "within_groups": recipe.within_groups,
        "prompts": recipe.prompts,
        "per_fake": recipe.photographs_per_fake,
        "every_label": recipe.filters.every_label,
        "is_filtered": recipe.filters.is_active,
        "exclude": [name for name in recipe.filters.exclude if name not in inputs.exports],
        "spares": recipe.spares,
        "excluded_generators": [generator for generator, images in recipe.quotas.items() if not images],
        "real_origins": None if origins is None else list(origins),
    }
