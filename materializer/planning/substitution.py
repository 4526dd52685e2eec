"""Who takes a refused row's place: the next good spare of its stratum and split, in the selection's order.

All refused rows of a stratum and split, in the selection's order, get its good spares, in theirs. So the outcome
depends on which images are good, and on nothing else: not on who read them, when, or how many at once.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pyarrow as pa

from indexer.manifest.store import Store
from materializer.models import Refusal, Shard

Row = Mapping[str, Any]
Check = Callable[[pa.Table], Mapping[int, Refusal]]


@dataclass(frozen=True, slots=True)
class Settled:
    """A refused row and its substitute. ``rank`` and ``substitute`` are None where no good spare was left."""

    split: str
    place: int
    refusal: Refusal
    rank: int | None
    substitute: str | None


@dataclass(frozen=True, slots=True)
class Settlement:
    """Every refused row with what takes its place, and the spares that were tried in vain (split, refusal)."""

    settled: tuple[Settled, ...]
    bad_spares: tuple[tuple[str, Refusal], ...]

    @property
    def missing(self) -> int:
        """Places that stay empty."""
        return sum(row.rank is None for row in self.settled)


def settle(store: Store, refused: Mapping[Shard, Sequence[Refusal]], check: Check) -> Settlement:
    """Give every refused row its spare, as far as they last; the table ``plan_substitutions`` keeps it.

    ``check`` answers which rows of a table cannot be used, by ``place``.
    """
    settled: list[Settled] = []
    bad_spares: list[tuple[str, Refusal]] = []
    for (split, stratum), group in groupby(_in_order(store, refused), key=lambda row: (row["split"], row["stratum"])):
        rows = list(group)
        spares = store.arrow("plan/spares", {"split": split, "stratum": stratum})
        good, bad = _good_spares(spares, len(rows), check)
        settled += [_settled(row, spare) for row, spare in zip(rows, _padded(good, len(rows)), strict=True)]
        bad_spares += [(split, refusal) for refusal in bad]
    _keep(store, settled)
    return Settlement(tuple(settled), tuple(bad_spares))


def _in_order(store: Store, refused: Mapping[Shard, Sequence[Refusal]]) -> list[dict[str, Any]]:
    rows = [
        {"split": shard.split, "place": refusal.place, "reason": refusal.reason, "detail": refusal.detail}
        for shard, refusals in refused.items()
        for refusal in refusals
    ]
    kinds = pa.schema([("split", pa.string()), ("place", pa.int64()), ("reason", pa.string()), ("detail", pa.string())])
    with store.registered("refused_rows", pa.Table.from_pylist(rows, schema=kinds)):
        return list(store.arrow("plan/refused").to_pylist())


def _good_spares(spares: pa.Table, needed: int, check: Check) -> tuple[list[Row], list[Refusal]]:
    """The first ``needed`` spares that can be used, and those before the last of them that cannot."""
    good: list[Row] = []
    bad: list[Refusal] = []
    start = 0
    while len(good) < needed and start < spares.num_rows:
        tried = spares.slice(start, needed - len(good))
        refusals = check(tried)
        bad += [refusals[rank] for rank in sorted(refusals)]
        good += [row for row in tried.select(["place", "file_id"]).to_pylist() if row["place"] not in refusals]
        start += tried.num_rows
    return good, bad


def _padded(good: Sequence[Row], count: int) -> Iterator[Row | None]:
    yield from good
    yield from (None for _ in range(count - len(good)))


def _settled(row: Row, spare: Row | None) -> Settled:
    refusal = Refusal(row["place"], row["file_id"], row["reason"], row["detail"])
    rank, substitute = (spare["place"], spare["file_id"]) if spare else (None, None)
    return Settled(row["split"], row["place"], refusal, rank, substitute)


def _keep(store: Store, settled: Sequence[Settled]) -> None:
    rows = [{"split": row.split, "place": row.place, "rank": row.rank} for row in settled]
    kinds = pa.schema([("split", pa.string()), ("place", pa.int64()), ("rank", pa.int64())])
    with store.registered("settled_rows", pa.Table.from_pylist(rows, schema=kinds)):
        store.execute("insert into plan_substitutions select split, place, rank from settled_rows")
