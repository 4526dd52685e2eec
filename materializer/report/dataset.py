"""A dataset's folder -> its report."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from indexer.base.errors import OutputError
from indexer.base.progress import SILENT, Progress
from indexer.base.workers import WorkerCrashed, WorkerPool, Workers
from indexer.manifest.store import Store
from indexer.reporting import facts
from indexer.reporting.facts import columns
from indexer.reporting.models import Columns, MissingThumbnail, ReportContext, ReportOptions, ThumbnailResult
from indexer.reporting.page import ReportPage
from materializer.report import layout, shards
from materializer.report.layout import DatasetFile, DatasetLayout
from materializer.report.shards import ShardImages
from materializer.shards import record

# Images of each generator, origin and split whose headers are read: enough to see what share of them is what.
_PROBES = 200

Found = TypeVar("Found")

_HEADERS = pa.schema(
    [
        ("row_id", pa.int64()), ("width", pa.int32()), ("height", pa.int32()), ("format", pa.string()),
        ("mode", pa.string()), ("jpeg_quality", pa.int32()), ("qtables_hash", pa.string()), ("has_exif", pa.bool_()),
    ]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DatasetReader:
    """Who reads the shards."""

    workers: Workers
    progress: Progress = SILENT


def report(store: Store, output: Path, options: ReportOptions, reader: DatasetReader) -> ReportPage:
    """The report of the dataset in ``output``; ``store`` tells where its images come from, as far as it knows them.

    Raises:
        OutputError: there is no dataset, or a shard cannot be read.
    """
    found = layout.read(output)
    _load(store, output, found, reader)
    probes = store.rows("report/probes", {"probes": _PROBES, "seed": options.seed})
    headers = [header for part in _looked(shards.probe, found, probes, reader) for header in part[1]]
    _hold(store, "built_header", pa.Table.from_pylist([{"row_id": row} | one for row, one in headers], _HEADERS))
    store.save_temporary("report_row", "report/rows_of_dataset")
    gathered = facts.gather(store, options)
    return ReportPage(
        output.resolve().name, "dataset", gathered, _thumbnails(store, found, reader), _notes(store, output, found)
    )


def _load(store: Store, output: Path, found: DatasetLayout, reader: DatasetReader) -> None:
    """The temporary tables ``built_row`` (what the shards say) and ``built_record`` (what the build says)."""
    tables = dict(_described(found.files, reader))
    _hold(store, "built_shard", pa.concat_tables([tables[file] for file in found.files]))
    kept = [pq.read_table(file) for file in sorted((output / record.ROWS).glob("*.parquet"))]
    _hold(store, "built_record", pa.concat_tables(kept) if kept else record.ROW_SCHEMA.empty_table())
    order = pa.table({"split": [file.split for file in found.files], "shard": [file.path.name for file in found.files]})
    _hold(store, "built_file", order.append_column("file", pa.array(range(len(found.files)), pa.int64())))
    store.save_temporary("built_row", "report/built_rows")


def _described(files: Sequence[DatasetFile], reader: DatasetReader) -> Iterator[tuple[DatasetFile, pa.Table]]:
    with reader.progress.phase("reading rows", len(files), "shards") as bar:
        for file, answer in WorkerPool(shards.rows, reader.workers).run(files):
            if isinstance(answer, WorkerCrashed):
                raise OutputError(f"{file.path} cannot be read: its reader {answer.reason}")
            yield file, answer
            bar.advance()


def _looked(
    look: Callable[[ShardImages], list[Found]],
    found: DatasetLayout,
    wanted: Iterable[tuple[int, int, int]],
    reader: DatasetReader,
) -> Iterator[tuple[ShardImages, list[Found]]]:
    """Run ``look`` over the wanted (file, place, row id), file by file; the dead answer with nothing."""
    tasks = [
        ShardImages(found.files[number], tuple((place, row) for _, place, row in rows))
        for number, rows in groupby(wanted, key=lambda one: one[0])
    ]
    with reader.progress.phase("looking at images", sum(len(task.rows) for task in tasks), "images") as bar:
        for task, answer in WorkerPool(look, reader.workers, shards.halves).run(tasks):
            yield task, [] if isinstance(answer, WorkerCrashed) else answer
            bar.advance(len(task.rows))


def _thumbnails(store: Store, found: DatasetLayout, reader: DatasetReader) -> dict[int, ThumbnailResult]:
    shown = store.rows("report/shown_in_shards")
    crashed = MissingThumbnail("its worker crashed")
    thumbnails: dict[int, ThumbnailResult] = {row: crashed for *_, row in shown}
    for _, drawn in _looked(shards.draw, found, shown, reader):
        thumbnails.update(drawn)
    return thumbnails


def _notes(store: Store, output: Path, found: DatasetLayout) -> ReportContext:
    return ReportContext(
        facts=_facts(found.built),
        refused=_refused(output),
        substituted=columns(store, "substituted"),
        licences=dict(store.execute("select source, licence from source_info")),
    )


def _facts(built: dict[str, Any]) -> list[tuple[str, str]]:
    """What the dataset was built from and with, as lines."""
    if not built:
        return []
    settings, versions = built["settings"], built["versions"]
    return [
        ("selection", built["selection"]),
        ("recipe", built["recipe_hash"][:16]),
        ("seed", built["seed"]),
        ("pixels", settings["pixels"]),
        *((name, str(version)) for name, version in versions.items() if version),
    ]


def _refused(output: Path) -> Columns:
    """The build's refusals by reason, most first, each with the first image it befell."""
    if not (output / record.REFUSED).is_file():
        return {}
    rows = pq.read_table(output / record.REFUSED).to_pylist()
    counts = Counter((_stage(row), row["reason"]) for row in rows)
    examples = {(_stage(row), row["reason"]): row["file_id"] for row in reversed(rows)}
    ordered = sorted(counts, key=lambda key: (-counts[key], key))
    return {
        "stage": [stage for stage, _ in ordered],
        "reason": [reason for _, reason in ordered],
        "images": [counts[key] for key in ordered],
        "example": [examples[key] for key in ordered],
    }


def _stage(row: dict[str, Any]) -> str:
    if row["position"] is None:
        return "refused spare"
    return "refused, substituted" if row["substitute"] else "refused, no spare left"


def _hold(store: Store, name: str, rows: pa.Table) -> None:
    with store.registered("incoming", rows):
        store.execute(f"create or replace temporary table {name} as select * from incoming")
