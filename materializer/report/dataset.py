"""Make the report of a dataset's folder."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from indexer.base.errors import OutputError
from indexer.base.progress import SILENT, Progress
from indexer.base.workers import WorkerCrashed, WorkerPool, Workers
from indexer.images import INSPECTION_SCHEMA, ImageHeader
from indexer.manifest.store import Store
from indexer.reporting import facts
from indexer.reporting.facts import columns
from indexer.reporting.models import Columns, MissingThumbnail, ReportContext, ReportOptions, ThumbnailResult
from indexer.reporting.page import ReportPage
from materializer.dataset.build_folder import FinishedBuild, is_build, read_build, read_saved
from materializer.report import shards
from materializer.report.shards import DatasetFile, ShardImages
from materializer.shards import record
from materializer.shards.formats.arrow import ArrowFormat

# Images per generator, origin and split whose headers are read: enough to estimate the share of each format.
_PROBES = 200

Result = TypeVar("Result")

_HEADERS = pa.schema(
    [("row_id", pa.int64()), *(INSPECTION_SCHEMA.field(column.name) for column in fields(ImageHeader))]
)


@dataclass(frozen=True, slots=True)
class DatasetReader:
    """The workers that read the shards."""

    workers: Workers
    progress: Progress = SILENT


def report(store: Store, output: Path, options: ReportOptions, reader: DatasetReader) -> ReportPage:
    """Return the report of the dataset in ``output``; ``store`` is the manifest that may know its images.

    Raises:
        OutputError: the build cannot be read, a shard is damaged, or its format has no columns.
        SourceError: the folder holds no dataset.
    """
    build = read_build(output) if is_build(output) else None
    files = _files(output, build)
    _load(store, build, files, reader)
    probes = store.rows("report/probes", {"probes": _PROBES, "seed": options.seed})
    headers = [header for _, found in _read_images(shards.probe, files, probes, reader) for header in found]
    _save(store, "built_header", pa.Table.from_pylist([{"row_id": row} | header for row, header in headers], _HEADERS))
    store.save_temporary("report_row", "report/rows_of_dataset")
    gathered = facts.gather(store, options, facts.Step("report/audited_of_dataset"))
    thumbnails = _thumbnails(store, files, reader)
    return ReportPage(output.resolve().name, "dataset", gathered, thumbnails, _notes(store, output, build))


def _files(output: Path, build: FinishedBuild | None) -> list[DatasetFile]:
    if build:
        return [DatasetFile(shard.split, build.path(shard), build.format) for shard, _ in build.native_shards]
    saved = ArrowFormat()
    return [
        DatasetFile(split.name, output / split.name / name, saved)
        for split in read_saved(output)
        for name in split.files
    ]


def _load(store: Store, build: FinishedBuild | None, files: Sequence[DatasetFile], reader: DatasetReader) -> None:
    """Save the temporary tables ``built_row`` (from the shards) and ``built_record`` (from the build's record)."""
    tables: dict[Path, pa.Table] = {}
    with reader.progress.phase("reading rows", len(files), "shards") as bar:
        for file, answer in WorkerPool(shards.rows, reader.workers).run(files):
            if isinstance(answer, WorkerCrashed):
                raise OutputError(f"{file.path} cannot be read: its reader {answer.reason}")
            tables[file.path] = answer
            bar.advance()
    _save(store, "built_shard", pa.concat_tables([tables[file.path] for file in files]))
    kept = [record.rows_of(build.folder, shard) for shard, _ in build.native_shards] if build else []
    _save(store, "built_record", pa.concat_tables(kept) if kept else record.ROW_SCHEMA.empty_table())
    order = pa.table({"split": [file.split for file in files], "shard": [file.path.name for file in files]})
    _save(store, "built_file", order.append_column("file", pa.array(range(len(files)), pa.int64())))
    store.save_temporary("built_row", "report/built_rows")


def _read_images(
    read: Callable[[ShardImages], list[Result]],
    files: Sequence[DatasetFile],
    images: Iterable[tuple[int, int, int]],
    reader: DatasetReader,
) -> Iterator[tuple[ShardImages, list[Result]]]:
    """Yield the result of ``read`` per file; ``images`` are (file, position, row id). Crashed tasks give none."""
    tasks = [
        ShardImages(files[number], tuple((position, row) for _, position, row in rows))
        for number, rows in groupby(images, key=lambda image: image[0])
    ]
    with reader.progress.phase("reading images", sum(len(task.rows) for task in tasks), "images") as bar:
        for task, answer in WorkerPool(read, reader.workers, shards.halves).run(tasks):
            yield task, [] if isinstance(answer, WorkerCrashed) else answer
            bar.advance(len(task.rows))


def _thumbnails(store: Store, files: Sequence[DatasetFile], reader: DatasetReader) -> dict[int, ThumbnailResult]:
    images = store.rows("report/shown_in_shards")
    crashed = MissingThumbnail("its worker crashed")
    thumbnails: dict[int, ThumbnailResult] = {row: crashed for *_, row in images}
    for _, drawn in _read_images(shards.draw, files, images, reader):
        thumbnails.update(drawn)
    return thumbnails


def _notes(store: Store, output: Path, build: FinishedBuild | None) -> ReportContext:
    return ReportContext(
        facts=_facts(build) if build else [],
        refused=_refused(output),
        substituted=columns(store, "substituted"),
        licences=dict(store.execute("select source, licence from source_info")),
    )


def _facts(build: FinishedBuild) -> list[tuple[str, str]]:
    """Return selection, settings and versions of the build, as lines."""
    built = build.description
    return [
        ("selection", built["selection"]),
        ("recipe", built["recipe_hash"][:16]),
        ("seed", built["seed"]),
        ("pixels", build.settings.pixels.value),
        *([("variants", ", ".join(build.settings.variants))] if build.settings.variants else []),
        *((name, str(version)) for name, version in built["versions"].items() if version),
    ]


def _refused(output: Path) -> Columns:
    """Return the numbers of refusals by stage and reason, largest first, each with its first image as example."""
    if not (output / record.REFUSED).is_file():
        return {}
    try:
        rows = pq.read_table(output / record.REFUSED).cast(record.REFUSED_SCHEMA).to_pylist()
    except (pa.ArrowException, ValueError) as error:
        raise OutputError(f"{output / record.REFUSED} is damaged: build the dataset or copy it again") from error
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


def _save(store: Store, name: str, rows: pa.Table) -> None:
    with store.registered("incoming", rows):
        store.execute(f"create or replace temporary table {name} as select * from incoming")
