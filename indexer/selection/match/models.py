"""The table ``[match]`` of a recipe.

::

    [match]
    on = ["format", "jpeg_quality", "long_side"]  # columns of the manifest, or of sql/select/match/columns.sql
    when_short = "error"        # fakes without counterpart; or "drop", or "nearest": fewer columns, the last one first

    [match.bins]                # default: ratio 1.09 for sizes, exact for others
    jpeg_quality = [50, 75, 90, 95]   # edges: a bin begins at each of them
    long_side = {ratio = 1.1}   # or {width = 64}, {quantiles = 10} of the fakes, "exact"
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from indexer.base.toml_fields import Fields

KINDS = {"width": (1e-9, 1e12), "ratio": (1.001, 1e6), "quantiles": (2, 1_000)}
"""Kinds of bins with a number, and its limits."""

_EXACT, _EDGES = "exact", "edges"
# Sizes and proportions: two images look alike if they differ by a factor near 1.
_RATIO_COLUMNS = frozenset(
    ["width", "height", "long_side", "short_side", "pixels", "aspect", "size", "bytes_per_pixel", "packed_size"]
)


@dataclass(frozen=True, slots=True)
class Bins:
    """How a numeric column is divided: ``kind`` is exact, edges, width, ratio or quantiles."""

    kind: str = _EXACT
    numbers: tuple[float, ...] = ()

    def __str__(self) -> str:
        numbers = ", ".join(f"{number:g}" for number in self.numbers)
        return {_EXACT: _EXACT, _EDGES: f"[{numbers}]"}.get(self.kind, f"{self.kind} {numbers}")


@dataclass(frozen=True, slots=True)
class Matching:
    """Columns to match on, in order of their importance; bins of those that name some; what to do about a shortage."""

    on: tuple[str, ...]
    when_short: str = "error"
    bins: Mapping[str, Bins] = field(default_factory=dict)

    def bins_of(self, column: str) -> Bins:
        """Return the bins of a numeric column."""
        return self.bins.get(column) or (Bins("ratio", (1.09,)) if column in _RATIO_COLUMNS else Bins())


def match_of(fields: Fields) -> Matching | None:
    """Return the table ``[match]``; None if the recipe has none."""
    if not fields.values:
        return None
    on = fields.texts("on", distinct=True) or ()
    if not on:
        fields.problem("'on' is missing: name the columns to match on")
    bins = fields.below("match.bins", fields.table("bins"))
    for column in bins.values:
        if column not in on:
            bins.problem(f"'{column}' is not in 'on'")
    match = Matching(
        on=on,
        when_short=fields.choice("when_short", ("error", "drop", "nearest")),
        bins={column: _bins(bins, column) for column in bins.values},
    )
    fields.close()
    return match


def _bins(fields: Fields, column: str) -> Bins:
    value = fields.values[column]
    if value == _EXACT:
        return Bins()
    if isinstance(value, list) and value and all(_is_number(one) for one in value):
        if all(low < high for low, high in pairwise(value)):
            return Bins(_EDGES, tuple(map(float, value)))
        fields.problem(f"'{column}': the edges must increase")
        return Bins()
    if isinstance(value, dict) and len(value) == 1:
        [(kind, number)] = value.items()
        low, high = KINDS.get(kind, (1, 0))
        if _is_number(number) and low <= number <= high and (kind != "quantiles" or number == int(number)):
            return Bins(kind, (float(number),))
    fields.problem(
        f"""'{column}' must be "exact", a list of edges, {{width = 64}}, {{ratio = 1.1}} (at least 1.001) or"""
        f" {{quantiles = 10}}, not {value!r}"
    )
    return Bins()


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
