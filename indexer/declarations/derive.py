"""Raw rows -> ``attributes`` and ``derivation_error``, in SQL."""

from collections.abc import Sequence

import pyarrow as pa

from indexer.declarations.compiling import compile_source
from indexer.declarations.models import Source
from indexer.manifest.store import Store

_HEAD_FIELDS = ("name", "licence", "citation", "homepage")
_SOURCE_INFO = pa.schema([(name, pa.string()) for name in ("source", *_HEAD_FIELDS)])


def derive(store: Store, sources: Sequence[Source]) -> None:
    """Fill ``attributes`` and ``derivation_error`` anew from all raw rows of ``sources``; safe to run at any time.

    Of files that have the same file_id one is taken, the others are told in ``derivation_error``.
    """
    with store.transaction():
        store.execute("create or replace temp table derived as from attributes limit 0")
        store.execute("alter table derived add column code varchar")
        store.execute("alter table derived add column detail varchar")
        scanned = {source for (source,) in store.execute("select distinct source from container")}
        for source in sources:
            if source.key in scanned:
                store.execute(f"insert into derived by name\n{compile_source(source)}")
        store.save("duplicate_id", "derive/duplicate_id")
        _note_sources(store, sources)
        for table in ("attributes", "derivation_error"):
            store.execute(f"delete from {table}")
            store.append(table, f"derive/{table}")
        store.execute("drop table duplicate_id")
        store.execute("drop table derived")


def _note_sources(store: Store, sources: Sequence[Source]) -> None:
    """Keep what the declarations say of themselves beside the rows: cards and exports take it from there."""
    rows = [{"source": source.key} | {name: getattr(source.head, name) for name in _HEAD_FIELDS} for source in sources]
    store.execute("delete from source_info")
    store.insert("source_info", pa.Table.from_pylist(rows, _SOURCE_INFO))
