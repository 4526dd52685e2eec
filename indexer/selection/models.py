"""What crosses the border of the selection, and the working tables that a recipe fills."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa

from indexer.manifest.store import Store

# Reads what `work.pool` holds and nobody inspected yet; returns how many that were.
Inspect = Callable[[Store], int]

# Splits become names of folders and files, so theirs are plain: what one machine writes, every other can.
SPLIT_NAME = "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$"

# (split, role) or (step, reason), and how many images
Counts = tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, slots=True)
class Uneven:
    """A generator whose parts are not what the recipe asks, because its images hang together in groups."""

    generator: str
    split: str
    images: int
    wanted: int


@dataclass(frozen=True, slots=True)
class Selected:
    """How a selection turned out. ``counts`` has a row for each (split, role), ``excluded`` for each (step, reason)."""

    name: str
    counts: Counts
    excluded: Counts
    inspected: int = 0
    dropped: tuple[str, ...] = ()
    uneven: tuple[Uneven, ...] = ()


def _schema(**columns: pa.DataType) -> pa.Schema:
    return pa.schema(list(columns.items()))


_TEXT, _WHOLE = pa.string(), pa.int64()

# Working tables that are given, or that start empty; all others are made by a step.
WORK = {
    "quota": _schema(generator=_TEXT, wanted=_WHOLE, spare=_WHOLE),
    "cap": _schema(generator=_TEXT, origin=_TEXT, cap=_WHOLE),
    "section_rule": _schema(place=_WHOLE, section=_TEXT, origin=_TEXT, file_id=_TEXT),
    "preference": _schema(origin=_TEXT, place=_WHOLE),
    "listed": _schema(split=_TEXT, file_id=_TEXT),
    "depth": _schema(generator=_TEXT, origin=_TEXT, depth=_WHOLE, steps=_WHOLE),
    "queue": _schema(member_id=_WHOLE, generator=_TEXT, origin=_TEXT, rank_key=_TEXT, place=_WHOLE),
    "judged": _schema(
        member_id=_WHOLE,
        generator=_TEXT,
        origin=_TEXT,
        rank_key=_TEXT,
        settled=pa.bool_(),
        hash=_TEXT,
        phash=pa.uint64(),
        refusal=_TEXT,
        preference=_WHOLE,
    ),
    "duplicate": _schema(member_id=_WHOLE, keeper_id=_WHOLE, kind=_TEXT),
    "kept": _schema(member_id=_WHOLE, generator=_TEXT, origin=_TEXT, rank_key=_TEXT, place=_WHOLE),
    "settled": _schema(member_id=_WHOLE, generator=_TEXT, origin=_TEXT, rank_key=_TEXT),
    "print": _schema(phash=pa.uint64(), is_fresh=pa.bool_()),
    "fingerprint": _schema(phash=pa.uint64(), preference=_WHOLE),
    "near": _schema(one=pa.uint64(), other=pa.uint64()),
    "near_dropped": _schema(preference=_WHOLE, keeper=_WHOLE),
    "verdict": _schema(member_id=_WHOLE, step=_TEXT, reason=_TEXT),
    "dropped": _schema(generator=_TEXT),
    "placement": _schema(signature=_WHOLE, split=_TEXT, after=_WHOLE, upto=_WHOLE),
}


def is_split_name(name: str) -> bool:
    """Whether a split may be called so."""
    return re.fullmatch(SPLIT_NAME, name) is not None


def is_selection_name(name: str) -> bool:
    """Whether a selection may be called so: a folder can, as builds and exports are called after their selections."""
    return re.fullmatch(r"[^./\x00-\x1f\x7f][^/\x00-\x1f\x7f]*", name) is not None


def put(store: Store, table: str, rows: list[tuple[object, ...]]) -> None:
    """Make ``work.<table>`` anew with ``rows``."""
    schema = WORK[table]
    columns = zip(*rows, strict=True) if rows else ([] for _ in schema)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    with store.registered("incoming", pa.table(arrays, schema=schema)):
        store.save_query(f"work.{table}", "select * from incoming")
