"""A selection as a folder that travels."""

import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from indexer import __version__
from indexer.base import resources
from indexer.base.errors import ManifestError, OutputError
from indexer.manifest.store import LOT_ROWS, Store, require_selection
from indexer.sharing.models import (
    FORMAT,
    FORMAT_VERSION,
    HEAD_FILE,
    ROW_SCHEMA,
    ROWS_FILE,
    TRAVELLING_SCHEMA,
    ExportHeader,
)
from indexer.sharing.readme import readme
from indexer.sharing.tally import tallying

ROWS_AT_A_TIME = 65_536


def export(store: Store, name: str, folder: Path) -> ExportHeader:
    """Write the selection ``name`` to ``folder``, which appears whole or not at all. Equal rows give equal bytes.

    Raises:
        RecipeError: there is no such selection.
        ManifestError: some of its images have no sha256 yet.
        OutputError: ``folder`` exists.
    """
    _check_exportable(store, name)
    check_free(folder)
    unfinished = folder.with_name(folder.name + ".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    (unfinished / "file_ids").mkdir(parents=True)
    head = _write_all(store, name, unfinished)
    _sync(unfinished)
    unfinished.rename(folder)
    return head


def check_free(folder: Path) -> None:
    """Raises OutputError where ``folder`` exists."""
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


def _write_all(store: Store, name: str, folder: Path) -> ExportHeader:
    head = _head(store, name, _write_rows(store, name, folder))
    (folder / HEAD_FILE).write_text(_head_text(head), encoding="utf-8")
    (folder / "README.md").write_text(readme(head), encoding="utf-8")
    return head


def _write_rows(store: Store, name: str, folder: Path) -> dict[str, Any]:
    """Write rows and lists; returns what the head says of them."""
    with tallying(folder) as tally:
        with _IdLists(folder / "file_ids") as lists, _parquet(folder / ROWS_FILE) as writer:
            for batch in _rows(store, name):
                writer.write_batch(_with_check(batch, tally.add(batch)))
                lists.add(batch)
        return tally.result()


def _rows(store: Store, name: str) -> Iterator[pa.RecordBatch]:
    for batch in _even(_lots(store, name)):
        yield pa.RecordBatch.from_arrays(
            [batch[field.name].cast(field.type) for field in ROW_SCHEMA], schema=ROW_SCHEMA
        )


def _lots(store: Store, name: str) -> Iterator[pa.RecordBatch]:
    """All rows, a lot joined and sorted at a time: what does not fit in memory waits on disk, texts and all."""
    rows = resources.sql("share/rows")
    for split, first, last in store.rows("share/lots", {"name": name, "lot_rows": LOT_ROWS}):
        lot = {"name": name, "split": split, "first": first, "last": last}
        yield from store.connection.sql(rows, params=lot).to_arrow_reader(ROWS_AT_A_TIME)


def _even(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The rows in batches of one size, as they become row groups: how DuckDB cuts them depends on its threads."""
    waiting = pa.table([])
    for batch in batches:
        more = pa.Table.from_batches([batch])
        waiting = pa.concat_tables([waiting, more]) if waiting.num_rows else more
        while waiting.num_rows >= ROWS_AT_A_TIME:
            yield from waiting.slice(0, ROWS_AT_A_TIME).combine_chunks().to_batches()
            waiting = waiting.slice(ROWS_AT_A_TIME)
    if waiting.num_rows:
        yield from waiting.combine_chunks().to_batches()


def _with_check(rows: pa.RecordBatch, checks: pa.Array) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([*rows.columns, checks], schema=TRAVELLING_SCHEMA)


def _parquet(file: Path) -> pq.ParquetWriter:
    return pq.ParquetWriter(
        file, TRAVELLING_SCHEMA, compression="zstd", compression_level=9, use_dictionary=True, write_statistics=True
    )


class _IdLists:
    """``<split>_<real|fake>_file_ids.txt``: one id a line, spares left out, as AI-GenBench publishes them."""

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


def _head(store: Store, name: str, of_rows: Mapping[str, Any]) -> ExportHeader:
    made_from = store.execute("select recipe, recipe_hash, seed from selection_run where name = $name", {"name": name})
    recipe, recipe_hash, seed = made_from[0] if made_from else ("", "", "")
    made_by = {"recipe": recipe, "recipe_hash": recipe_hash, "seed": seed, "tool_version": __version__}
    return ExportHeader(name=name, **made_by, **of_rows, sources=_sources(store, name))


def _sources(store: Store, name: str) -> dict[str, dict[str, Any]]:
    columns = ("key", "name", "licence", "citation", "homepage", "rows")
    found: Iterable[tuple[Any, ...]] = store.rows("share/sources", {"name": name})
    return {row[0]: dict(zip(columns[1:], row[1:], strict=True)) for row in found}


def _head_text(head: ExportHeader) -> str:
    content = {"format": FORMAT, "format_version": FORMAT_VERSION}
    content |= {field: getattr(head, field) for field in ExportHeader.__slots__}
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _sync(folder: Path) -> None:
    """Make every file, then the folders, durable before the rename that says they are whole."""
    for path in [*folder.rglob("*"), folder]:
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
