"""Bins: the key of each image, a list with one bin per column."""

import math

from indexer.base import resources
from indexer.base.errors import RecipeError
from indexer.base.suggestions import near
from indexer.manifest.store import Store
from indexer.selection.match.models import Bins, Matching
from indexer.selection.working_tables import put

_TEXTS = ("VARCHAR", "BOOLEAN")
_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UBIGINT", "UINTEGER", "FLOAT", "DOUBLE")
_MOST_BINS = 20_000  # of one column


def columns(store: Store) -> dict[str, str]:
    """Return the columns that images can be matched on, with their types; leaves them in the view ``match_column``."""
    store.execute("create or replace temporary view match_column as " + resources.sql("select/match/columns"))
    found = {name: kind for name, kind, *_ in store.execute("describe match_column")}
    return {name: kind for name, kind in found.items() if kind in (*_TEXTS, *_NUMBERS) and name != "member_id"}


def check_columns(store: Store, match: Matching) -> None:
    """Refuse columns that do not exist, and bins of columns that are no numbers.

    Raises:
        RecipeError: with the names of the columns that exist.
    """
    known = columns(store)
    for name in match.on:
        if name not in known:
            close = near(name, known)
            raise RecipeError(f"match: there is no column '{name}'{close}; columns: {', '.join(sorted(known))}")
        if known[name] in _TEXTS and name in match.bins:
            raise RecipeError(
                f"match: '{name}' holds texts, so each of its values is a bin: remove it from [match.bins]"
            )


def save_keys(store: Store, match: Matching) -> None:
    """Save the keys of the images in ``work.match_image`` in ``work.match_key``: member_id, bins, score.

    ``score`` orders images within a bin: the sum of the standardized numbers.
    """
    known = columns(store)
    numeric = [name for name in match.on if known[name] in _NUMBERS]
    bins = {name: str(match.bins_of(name)) for name in numeric}
    put(
        store,
        "match_trait",
        [(rank, name, name in bins, bins.get(name, "exact")) for rank, name in enumerate(match.on)],
    )
    store.save("work.match_value", "select/match/values", {"on": list(match.on)})
    ranges = {trait: (low, high) for trait, low, high in store.rows("select/match/ranges")}
    rows = []
    for name in numeric:
        rows += [(name, edge) for edge in _edges(store, name, match.bins_of(name), ranges.get(name))]
    put(store, "match_edge", rows)
    store.save("work.match_bin", "select/match/bins")
    store.save("work.match_scale", "select/match/scales")
    store.save("work.match_key", "select/match/keys")


def _edges(store: Store, name: str, bins: Bins, span: tuple[float, float] | None) -> list[float]:
    """Return the numbers at which bins begin; none if each value is a bin."""
    if bins.kind == "exact" or span is None:
        return []
    if bins.kind == "edges":
        return list(bins.numbers)
    (number,) = bins.numbers
    if bins.kind == "quantiles":
        fractions = [part / number for part in range(1, int(number))]
        [(found,)] = store.rows("select/match/quantiles", {"trait": name, "fractions": fractions})
        return sorted(set(found))
    low, high = span
    if bins.kind == "ratio":
        low, high = (math.log(max(end, 1e-9)) / math.log(number) for end in span)
        first, last = math.floor(low) - 1, math.ceil(high) + 1
        # Rounded, because the last digit of a power differs between machines.
        edges = [float(f"{number ** (step + 0.5):.9g}") for step in _steps(name, bins, first, last)]
        return [0.0, *edges]
    return [step * number for step in _steps(name, bins, math.floor(low / number), math.floor(high / number) + 1)]


def _steps(name: str, bins: Bins, first: int, last: int) -> range:
    if last - first > _MOST_BINS:
        raise RecipeError(f"match: {bins} gives '{name}' more than {_MOST_BINS:,} bins: choose wider ones")
    return range(first, last + 1)
