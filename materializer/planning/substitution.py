"""Replace refused rows by spares: the next usable spare of the same stratum and split.

The refused rows of a stratum and split are replaced in the order of the selection, by its usable spares in their order.
The result depends only on which images are usable, not on the workers or the time of reading.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, zip_longest
from typing import Any

import pyarrow as pa

from indexer.manifest.store import Store
from materializer.models import Refusal, Shard

Row = Mapping[str, Any]
# Returns the rows of a table that cannot be used, by position.
CheckRows = Callable[[pa.Table], Mapping[int, Refusal]]

_REFUSALS = pa.schema(
    [("split", pa.string()), ("position", pa.int64()), ("reason", pa.string()), ("detail", pa.string())]
)
_SUBSTITUTIONS = pa.schema([("split", pa.string()), ("position", pa.int64()), ("spare_position", pa.int64())])


@dataclass(frozen=True, slots=True)
class Substitution:
    """A refused row and its substitute: position in the selection and file_id, None if no spare was left."""

    split: str
    refusal: Refusal
    spare_position: int | None
    substitute: str | None


@dataclass(frozen=True, slots=True)
class Substitutions:
    """All refused rows with their substitutes, and the refused spares (split, refusal)."""

    rows: tuple[Substitution, ...]
    refused_spares: tuple[tuple[str, Refusal], ...]

    @property
    def missing(self) -> int:
        """The number of refused rows without substitute."""
        return sum(row.substitute is None for row in self.rows)


def substitute(store: Store, refused: Mapping[Shard, Sequence[Refusal]], check: CheckRows) -> Substitutions:
    """Choose a spare for each refused row, and insert the choice into the table ``plan_substitutions``."""
    chosen: list[Substitution] = []
    refused_spares: list[tuple[str, Refusal]] = []
    rows = _in_selection_order(store, refused)
    for (split, stratum), group in groupby(rows, key=lambda row: (row["split"], row["stratum"])):
        replaced = list(group)
        spares = store.arrow("plan/spares", {"split": split, "stratum": stratum})
        usable, bad = _usable_spares(spares, len(replaced), check)
        for row, spare in zip_longest(replaced, usable):
            refusal = Refusal(row["position"], row["file_id"], row["reason"], row["detail"])
            position, file_id = (spare["position"], spare["file_id"]) if spare else (None, None)
            chosen.append(Substitution(split, refusal, position, file_id))
        refused_spares += [(split, refusal) for refusal in bad]
    _insert(store, chosen)
    return Substitutions(tuple(chosen), tuple(refused_spares))


def _in_selection_order(store: Store, refused: Mapping[Shard, Sequence[Refusal]]) -> list[dict[str, Any]]:
    rows = [
        {"split": shard.split, "position": refusal.position, "reason": refusal.reason, "detail": refusal.detail}
        for shard, refusals in refused.items()
        for refusal in refusals
    ]
    with store.registered("incoming_refusals", pa.Table.from_pylist(rows, schema=_REFUSALS)):
        return list(store.arrow("plan/refused_rows").to_pylist())


def _usable_spares(spares: pa.Table, needed: int, check: CheckRows) -> tuple[list[Row], list[Refusal]]:
    """Return the first ``needed`` usable spares, and the refused ones before the last of them."""
    usable: list[Row] = []
    bad: list[Refusal] = []
    start = 0
    while len(usable) < needed and start < spares.num_rows:
        candidates = spares.slice(start, needed - len(usable))
        refusals = check(candidates)
        bad += [refusals[position] for position in sorted(refusals)]
        rows = candidates.select(["position", "file_id"]).to_pylist()
        usable += [row for row in rows if row["position"] not in refusals]
        start += candidates.num_rows
    return usable, bad


def _insert(store: Store, chosen: Sequence[Substitution]) -> None:
    rows = [
        {"split": row.split, "position": row.refusal.position, "spare_position": row.spare_position} for row in chosen
    ]
    with store.registered("incoming_substitutions", pa.Table.from_pylist(rows, schema=_SUBSTITUTIONS)):
        store.execute(
            "insert into plan_substitutions select split, position, spare_position from incoming_substitutions"
        )
