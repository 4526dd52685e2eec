"""The table ``[windows]`` of a recipe: train on the generators of the past, test on the next ones.

::

    [windows]                   # instead of [split]: the splits are past and next
    size = 4                    # generators per window, in the order of their release dates
    next = 9                    # the window to test on, from 2; default: the last one
    past = 8                    # windows before it to train on; default: all

Generators without a date, and those of later windows, are left out. Real images are divided in the ratio of the fakes.

Source: AI-GenBench (arXiv 2504.20865), section "Temporal evaluation protocol", with windows of four generators.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import NamedTuple

from indexer.base.errors import RecipeError
from indexer.base.toml_fields import Fields
from indexer.manifest.store import Store

_LARGEST = 10**6


@dataclass(frozen=True, slots=True)
class Windows:
    """The keys of the table."""

    size: int
    next: int | None = None
    past: int | None = None


class DatedGenerator(NamedTuple):
    """A generator with its release date, the number of its window, from 1, and its split."""

    generator: str
    released: date
    window: int
    split: str


def windows_of(top: Fields, split: Fields, *, every_label: bool) -> Windows | None:
    """Return the table ``[windows]``; None if the recipe has none. ``split`` is its table ``[split]``."""
    fields = top.below("windows", top.table("windows"))
    if not fields.values:
        return None
    size = fields.integer("size", None, (1, _LARGEST))
    if size is None:
        fields.problem("'size' is missing: give the number of generators per window")
    if split.values.keys() - {"group_by"}:
        fields.problem("[windows] makes the splits past and next: omit the fractions of [split]")
    if every_label:
        fields.problem("[windows] divides fakes: add a table [photographs], or give 'per_generator'")
    number, past = fields.integer("next", None, (2, _LARGEST)), fields.integer("past", None, (1, _LARGEST))
    fields.close()
    return Windows(size or 1, number, past)


def place_generators(store: Store, windows: Windows, generators: Sequence[str] | None) -> tuple[DatedGenerator, ...]:
    """Save the generators of past and next in ``work.window``; the view ``candidate`` has no other fakes.

    Raises:
        RecipeError: there are too few generators with a release date.
    """
    given = asdict(windows) | _named(generators)
    store.save("work.window", "select/windows/windows", given)
    store.view_temporary("candidate", "select/windows/candidates")
    found = tuple(DatedGenerator(*row) for row in store.execute("from work.window order by released, generator"))
    if {one.split for one in found} != {"past", "next"}:
        raise RecipeError(
            f"windows: {len(found)} generators with a release date make {max((one.window for one in found), default=0)}"
            f" windows of {windows.size}, and window {windows.next or 2} is needed: give a smaller 'size' or 'next'"
        )
    return found


def undated(store: Store, generators: Sequence[str] | None) -> tuple[str, ...]:
    """Return the generators of candidates that have no release date."""
    return tuple(name for (name,) in store.rows("select/windows/undated", _named(generators)))


def fractions(store: Store) -> dict[str, float]:
    """Return the fraction of the selected fakes that each split has.

    Raises:
        RecipeError: the recipe's quotas left no fake in one of them.
    """
    found: dict[str, float] = dict(store.rows("select/windows/fractions"))
    if len(found) == 1:
        lacking = ({"past", "next"} - found.keys()).pop()
        raise RecipeError(f"windows: no generator of the split '{lacking}' has enough images: lower the quotas")
    return found or {"past": 0.5, "next": 0.5}


def split_groups(store: Store) -> None:
    """Assign the fakes to the splits of their generators, in ``work.image_group`` and ``work.group_split``."""
    store.save("work.image_group", "select/windows/groups")
    store.save("work.group_split", "select/windows/group_splits")


def _named(generators: Sequence[str] | None) -> dict[str, object]:
    return {"generators": None if generators is None else list(generators)}
