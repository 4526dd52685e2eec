"""Fill ``attributes``, ``companion`` and ``derivation_error`` from raw rows."""

import hashlib
from collections.abc import Mapping, Sequence

import duckdb
import pyarrow as pa

from indexer.base import resources
from indexer.base.durable import sha256_of
from indexer.declarations import checking
from indexer.declarations.compiling import compile_source
from indexer.declarations.models import Source
from indexer.manifest.schema import definitions
from indexer.manifest.store import Store

_INFO_COLUMNS = ("name", "licence", "citation", "homepage")
_SOURCE_INFO = pa.schema([(name, pa.string()) for name in ("source", *_INFO_COLUMNS)])


def derive(store: Store, sources: Sequence[Source]) -> None:
    """Replace the attributes, companions and derivation errors by those derived from all raw rows of ``sources``.

    Does nothing if declarations and rows are those of the last time. Runs in one transaction. If several files have the
    same file_id, one gets a row; the others are derivation errors, and rows of ``other_copy``. A source whose
    declaration is wrong keeps its rows.
    """
    scanned = {source for (source,) in store.execute("select distinct source from container")}
    valid = [source for source in sources if not source.problems]
    kept = {"sources": [source.key for source in sources if source.problems and source.key in scanned]}
    queries = [compile_source(source) for source in valid if source.key in scanned]
    inputs = _digest(store, queries, valid)
    if inputs == store.execute("select comment from duckdb_tables() where table_name = 'attributes'")[0][0]:
        return
    with store.transaction():
        store.execute("create or replace temp table derived as from attributes limit 0")
        for column in ("role", "code", "detail", "gap"):
            store.execute(f"alter table derived add column {column} varchar")
        for query in queries:
            store.execute(f"insert into derived by name\n{query}")
        store.append("derived", "derive/kept", kept)
        store.save("duplicate_id", "derive/duplicate_id")
        _save_source_info(store, valid, kept)
        with store.registered("generator_vocabulary", pa.Table.from_pylist(checking.generator_rows())):
            store.view_temporary("derived_dated", "derive/dated")
            for table in ("attributes", "companion", "derivation_error"):
                store.execute(f"delete from {table}")
                store.append(table, f"derive/{table}")
            store.save("other_copy", "derive/other_copies")
            store.execute("drop view derived_dated")
        store.execute("drop table duplicate_id")
        store.execute("drop table derived")
        store.execute(f"comment on table attributes is '{inputs}'")


def _digest(store: Store, queries: Sequence[str], sources: Sequence[Source]) -> str:
    """Return a digest of all that the derived tables depend on."""
    tables = [table for source in sources for table in source.lookups.values() if table.csv_file]
    files = [sha256_of(table.csv_file) for table in tables if table.csv_file]
    steps = [resources.sql(name) for name in resources.sql_names("derive")]
    infos = [[getattr(source.info, name) for name in _INFO_COLUMNS] for source in sources]
    program = (duckdb.__version__, definitions()[2], steps, checking.generator_rows())
    parts = (*program, queries, files, infos, store.rows("derive/inputs"))
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _save_source_info(store: Store, sources: Sequence[Source], kept: Mapping[str, Sequence[str]]) -> None:
    """Replace the table ``source_info``, which dataset cards and exports read, but for the sources ``kept``."""
    rows = [{"source": source.key} | {name: getattr(source.info, name) for name in _INFO_COLUMNS} for source in sources]
    store.execute("delete from source_info where not list_contains($sources, source)", kept)
    store.insert("source_info", pa.Table.from_pylist(rows, _SOURCE_INFO))
