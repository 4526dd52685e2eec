"""Write a selection as a folder that another lab can import."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from indexer.base import durable, resources
from indexer.base.errors import ManifestError, OutputError
from indexer.base.version import __version__
from indexer.manifest.store import LOT_ROWS, Store, require_selection
from indexer.sharing.balance import BALANCE_FILE, balance_text
from indexer.sharing.models import (
    FILE_SCHEMA,
    FORMAT,
    FORMAT_VERSION,
    HEAD_FILE,
    ROW_SCHEMA,
    ROWS_FILE,
    ExportHeader,
)
from indexer.sharing.pairs import write_pairs
from indexer.sharing.readme import readme
from indexer.sharing.tally import tallying

ROWS_AT_A_TIME = 65_536


def export(store: Store, name: str, folder: Path) -> ExportHeader:
    """Write the selection ``name`` to the new ``folder``, which appears complete or not at all.

    Equal rows give equal bytes.

    Raises:
        RecipeError: there is no such selection.
        ManifestError: some of its images have no sha256 yet.
        OutputError: ``folder`` exists, or cannot be written.
    """
    _check_exportable(store, name)
    check_free(folder)
    with durable.writing_folder(folder) as unfinished:
        (unfinished / "file_ids").mkdir()
        rows = _write_rows(store, name, unfinished)
        head = _header(store, name, {**rows, "pairs": write_pairs(store, name, unfinished)})
        (unfinished / HEAD_FILE).write_text(_header_text(head), encoding="utf-8")
        balance = balance_text(store, name)
        if balance:
            (unfinished / BALANCE_FILE).write_text(balance, encoding="utf-8")
        (unfinished / "README.md").write_text(readme(head, balance=json.loads(balance or "{}")), encoding="utf-8")
    return head


def check_free(folder: Path) -> None:
    """Raise OutputError if ``folder`` exists."""
    if folder.exists():
        raise OutputError(f"{folder} exists: name another folder, or remove it")


def _check_exportable(store: Store, name: str) -> None:
    require_selection(store, name)
    lacking = store.rows("share/unusable", {"name": name})
    if lacking:
        origins = ", ".join(f"{origin} {count:,}" for origin, count in lacking)
        raise ManifestError(
            f"selection '{name}' has images that could not be read ({origins}): see their status in the manifest,"
            " then select again"
        )


def _write_rows(store: Store, name: str, folder: Path) -> dict[str, Any]:
    """Write rows and id lists; returns the counts and digests for the header."""
    with tallying(folder) as tally:
        with _IdLists(folder / "file_ids") as lists, _parquet(folder / ROWS_FILE) as writer:
            for batch in _rows(store, name):
                columns = [*batch.columns, tally.add(batch)]
                writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=FILE_SCHEMA))
                lists.add(batch)
        return tally.result()


def _rows(store: Store, name: str) -> Iterator[pa.RecordBatch]:
    for batch in _even_batches(_lots(store, name)):
        yield pa.RecordBatch.from_arrays(
            [batch[field.name].cast(field.type) for field in ROW_SCHEMA], schema=ROW_SCHEMA
        )


def _lots(store: Store, name: str) -> Iterator[pa.RecordBatch]:
    """Yield all rows, joined and sorted one lot at a time to bound memory."""
    rows = resources.sql("share/rows")
    for split, first, last in store.rows("share/lots", {"name": name, "lot_rows": LOT_ROWS}):
        lot = {"name": name, "split": split, "first": first, "last": last}
        yield from store.connection.sql(rows, params=lot).to_arrow_reader(ROWS_AT_A_TIME)


def _even_batches(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield the rows in batches of equal size, the row groups. Batches of DuckDB depend on its threads."""
    waiting = pa.table([])
    for batch in batches:
        more = pa.Table.from_batches([batch])
        waiting = pa.concat_tables([waiting, more]) if waiting.num_rows else more
        while waiting.num_rows >= ROWS_AT_A_TIME:
            yield from waiting.slice(0, ROWS_AT_A_TIME).combine_chunks().to_batches()
            waiting = waiting.slice(ROWS_AT_A_TIME)
    if waiting.num_rows:
        yield from waiting.combine_chunks().to_batches()


def _parquet(file: Path) -> pq.ParquetWriter:
    return pq.ParquetWriter(
        file, FILE_SCHEMA, compression="zstd", compression_level=9, use_dictionary=True, write_statistics=True
    )


class _IdLists:
    """Writes ``<split>_<real|fake>_file_ids.txt``: one id per line, without spares, as AI-GenBench publishes them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, Any] = {}

    def __enter__(self) -> "_IdLists":
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files.values():
            file.close()

    def add(self, batch: pa.RecordBatch) -> None:
        columns = (batch[name].to_pylist() for name in ("split", "label", "role", "file_id"))
        for split, label, role, file_id in zip(*columns, strict=True):
            if role != "spare":
                self._file(f"{split}_{'fake' if label else 'real'}_file_ids.txt").write(file_id + "\n")

    def _file(self, name: str) -> Any:
        if name not in self._files:
            self._files[name] = (self._folder / name).open("w", encoding="utf-8", newline="\n")
        return self._files[name]


def _header(store: Store, name: str, rows: Mapping[str, Any]) -> ExportHeader:
    columns = ("recipe", "recipe_hash", "seed", "algorithm")
    made_from = store.execute(f"select {', '.join(columns)} from selection_run where name = $name", {"name": name})
    made_by = dict(zip(columns, made_from[0] if made_from else ("", "", "", None), strict=True))
    made_by |= {"algorithm": made_by["algorithm"] or "", "tool_version": __version__}
    return ExportHeader(name=name, **made_by, **rows, sources=_sources(store, name))


def _sources(store: Store, name: str) -> dict[str, dict[str, Any]]:
    columns = ("key", "name", "licence", "citation", "homepage", "rows")
    found: Iterable[tuple[Any, ...]] = store.rows("share/sources", {"name": name})
    sources: dict[str, dict[str, Any]] = {row[0]: dict(zip(columns[1:], row[1:], strict=True)) for row in found}
    for source, path, revision, published_hash in store.rows("share/upstream", {"name": name}):
        file = {"path": path, "revision": revision, "hash": published_hash}
        sources[source].setdefault("files", []).append(file)
    return sources


def _header_text(head: ExportHeader) -> str:
    content = {"format": FORMAT, "format_version": FORMAT_VERSION}
    content |= {field: getattr(head, field) for field in ExportHeader.__slots__}
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"
