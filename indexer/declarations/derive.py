"""Fill ``attributes``, ``companion`` and ``derivation_error`` from raw rows."""

from collections.abc import Sequence

import pyarrow as pa

from indexer.declarations import checking
from indexer.declarations.compiling import compile_source
from indexer.declarations.models import Source
from indexer.manifest.store import Store

_INFO_COLUMNS = ("name", "licence", "citation", "homepage")
_SOURCE_INFO = pa.schema([(name, pa.string()) for name in ("source", *_INFO_COLUMNS)])


def derive(store: Store, sources: Sequence[Source]) -> None:
    """Replace the attributes, companions and derivation errors by those derived from all raw rows of ``sources``.

    Runs in one transaction. If several files have the same file_id, one gets a row; the others are derivation errors,
    and rows of ``other_copy``.
    """
    with store.transaction():
        store.execute("create or replace temp table derived as from attributes limit 0")
        for column in ("role", "code", "detail", "gap"):
            store.execute(f"alter table derived add column {column} varchar")
        scanned = {source for (source,) in store.execute("select distinct source from container")}
        for source in sources:
            if source.key in scanned:
                store.execute(f"insert into derived by name\n{compile_source(source)}")
        store.save("duplicate_id", "derive/duplicate_id")
        _save_source_info(store, sources)
        with store.registered("generator_vocabulary", pa.Table.from_pylist(checking.generator_rows())):
            store.view_temporary("derived_dated", "derive/dated")
            for table in ("attributes", "companion", "derivation_error"):
                store.execute(f"delete from {table}")
                store.append(table, f"derive/{table}")
            store.save("other_copy", "derive/other_copies")
            store.execute("drop view derived_dated")
        store.execute("drop table duplicate_id")
        store.execute("drop table derived")


def _save_source_info(store: Store, sources: Sequence[Source]) -> None:
    """Replace the table ``source_info``, which dataset cards and exports read."""
    rows = [{"source": source.key} | {name: getattr(source.info, name) for name in _INFO_COLUMNS} for source in sources]
    store.execute("delete from source_info")
    store.insert("source_info", pa.Table.from_pylist(rows, _SOURCE_INFO))
