"""The tables that the steps of ``sql/select`` and ``sql/audit`` work on: a database in memory, attached as ``work``."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache

import pyarrow as pa

from indexer.manifest.store import Store

_TEXT, _WHOLE, _NUMBER, _TRUTH, _TEXTS = pa.string(), pa.int64(), pa.float64(), pa.bool_(), pa.list_(pa.string())
_BITS = pa.uint64()


def _schema(**columns: pa.DataType) -> pa.Schema:
    return pa.schema(list(columns.items()))


# Tables that the caller fills or that start empty. All others are made by a step.
_SCHEMAS = {
    "quota": _schema(generator=_TEXT, images=_WHOLE, spares=_WHOLE),
    "cap": _schema(generator=_TEXT, origin=_TEXT, cap=_WHOLE),
    "section_rule": _schema(rank=_WHOLE, section=_TEXT, origin=_TEXT, file_id=_TEXT),
    "origin_order": _schema(origin=_TEXT, rank=_WHOLE),
    "written": _schema(split=_TEXT, file_id=_TEXT, stripped=_TEXT),
    "listed": _schema(split=_TEXT, file_id=_TEXT),
    "eligible": _schema(file_id=_TEXT, stratum=_TEXT, groups=_TEXTS),
    "exported": _schema(file_id=_TEXT, hash=_TEXT, pixel_hash=_TEXT),
    "excluded": _schema(member_id=_WHOLE, generator=_TEXT, origin=_TEXT, rank_key=_TEXT),
    "fraction": _schema(split=_TEXT, fraction=_NUMBER),
    "excluded_content": _schema(content=_TEXT),
    "depth": _schema(generator=_TEXT, origin=_TEXT, depth=_WHOLE, steps=_WHOLE),
    "ranked": _schema(member_id=_WHOLE, generator=_TEXT, origin=_TEXT, rank_key=_TEXT, rank=_WHOLE),
    "checked": _schema(
        member_id=_WHOLE,
        generator=_TEXT,
        origin=_TEXT,
        rank_key=_TEXT,
        is_fixed=_TRUTH,
        hash=_TEXT,
        picture=_TEXT,
        phash=_TEXT,
        refusal=_TEXT,
        preference=_WHOLE,
    ),
    "duplicate": _schema(member_id=_WHOLE, keeper_id=_WHOLE, kind=_TEXT),
    "kept": _schema(member_id=_WHOLE, generator=_TEXT, origin=_TEXT, rank_key=_TEXT, is_copy=_TRUTH, rank=_WHOLE),
    "copy": _schema(member_id=_WHOLE),
    "photograph": _schema(file_id=_TEXT),
    "content": _schema(content=_TEXT, label=_WHOLE),
    "conflict": _schema(content=_TEXT),
    "fixed": _schema(member_id=_WHOLE, generator=_TEXT, origin=_TEXT, rank_key=_TEXT),
    "phash": _schema(phash=_TEXT, is_new=_TRUTH),
    "turned": _schema(phash=_TEXT, original=_TEXT),
    "near": _schema(one=_TEXT, other=_TEXT),
    "near_value": _schema(one=_BITS, other=_BITS),
    "near_dropped": _schema(preference=_WHOLE, keeper=_WHOLE),
    "exclusion": _schema(member_id=_WHOLE, step=_TEXT, reason=_TEXT),
    "dropped": _schema(generator=_TEXT),
    "match_trait": _schema(rank=_WHOLE, trait=_TEXT, is_number=_TRUTH, bins=_TEXT),
    "match_edge": _schema(trait=_TEXT, edge=_NUMBER),
    "match_pair": _schema(slot=_WHOLE, real_id=_WHOLE, level=_WHOLE),
    "match_stratum": _schema(member_id=_WHOLE, stratum=_TEXT),
    "given": _schema(generator=_TEXT, origin=_TEXT, images=_WHOLE),
    "earlier": _schema(file_id=_TEXT, split=_TEXT),
    "fixed_split": _schema(group_id=_TEXT, split=_TEXT),
    "threshold": _schema(split=_TEXT, low=_TEXT, high=_TEXT),
    "profile_split": _schema(profile=_WHOLE, split=_TEXT, after_rank=_WHOLE, last_rank=_WHOLE),
}


@contextmanager
def working_tables(store: Store) -> Iterator[None]:
    """Attach the database ``work`` with its empty tables, and detach it at the end."""
    store.execute("attach ':memory:' as work (read_write)")
    try:
        clear(store)
        yield
    finally:
        store.execute("detach work")


def clear(store: Store, *, keep: Sequence[str] = ()) -> None:
    """Empty all working tables that do not begin as the result of a step, except ``keep``."""
    store.execute(";".join(statement for table, statement in _empty_tables().items() if table not in keep))


@cache
def _empty_tables() -> dict[str, str]:
    """Return the statement that creates each table without rows."""
    names = {
        _BITS: "ubigint",
        _TEXT: "varchar",
        _WHOLE: "bigint",
        _TEXTS: "varchar[]",
        _TRUTH: "boolean",
        _NUMBER: "double",
    }
    return {
        table: f"create or replace table work.{table} ({', '.join(f'{one.name} {names[one.type]}' for one in schema)})"
        for table, schema in _SCHEMAS.items()
    }


def put(store: Store, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Replace ``work.<table>`` by one that holds ``rows``."""
    schema = _SCHEMAS[table]
    columns = zip(*rows, strict=True) if rows else ([] for _ in schema)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    with store.registered("incoming", pa.table(arrays, schema=schema)):
        store.save_query(f"work.{table}", "select * from incoming")
