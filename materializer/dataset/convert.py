"""LargeImage <-> the standard Image, for a dataset that is there already: streamed, no image is decoded or even copied.

Takes what ``save_to_disk`` wrote, an AI-GenBench dataset or a build of ours; of the latter record and card come along.
"""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from indexer.base.durable import UNFINISHED, sync_folder, write_json, writing
from indexer.base.errors import OutputError, SourceError
from indexer.base.progress import SILENT, Progress
from indexer.base.workers import WorkerCrashed, WorkerPool, Workers
from materializer.dataset.build_description import renew, told_by
from materializer.models import Feature, Shard, Written
from materializer.shards import schema as columns
from materializer.shards.formats import arrow

NAMES = {Feature.LARGE: "LargeImage", Feature.STANDARD: "Image"}

# No batch with 32-bit offsets comes near the 2 GiB that these can count.
_MAX_BATCH = 1 << 30


@dataclass(frozen=True, slots=True)
class SplitFolder:
    """One split as ``save_to_disk`` lays it out; ``name`` is '' where the dataset has no splits."""

    name: str
    files: tuple[str, ...]
    info: Mapping[str, Any]
    state: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ConvertTask:
    """One Arrow file to convert."""

    source: Path
    target: Path
    feature: Feature


def finalize(
    source: Path, target: Path, feature: Feature | None, workers: Workers, progress: Progress = SILENT
) -> Feature:
    """Write the dataset in ``source`` to ``target`` with the other image feature, or with ``feature``.

    ``target`` appears when it is whole. Returns the feature it has.

    Raises:
        SourceError: ``source`` is no dataset of ``save_to_disk``, has no image column, or is a build that is not whole.
        OutputError: ``target`` is there already, or cannot be written.
    """
    folders = _folders(source)
    told = told_by(source, _files(folders))
    chosen = feature or _other(source, folders)
    if target.exists():
        raise OutputError(f"{target} is there already: name a folder that is not")
    unfinished = target.with_name(target.name + UNFINISHED)
    shutil.rmtree(unfinished, ignore_errors=True)
    written = _convert(source, unfinished, (folders, chosen), (workers, progress))
    _write_leading(unfinished, folders, chosen, written)
    if told:
        renew(told, unfinished, chosen, written)
    unfinished.replace(target)
    sync_folder(target.resolve().parent)
    return chosen


def convert(task: ConvertTask) -> Written:
    """Convert one file. Runs in workers."""
    rows = 0
    with writing(task.target) as file, pa.memory_map(str(task.source)) as source, pa.ipc.open_stream(source) as stream:
        schema = _schema(stream.schema, task.feature)
        with pa.ipc.new_stream(pa.PythonFile(file, mode="w"), schema) as out:
            for batch in stream:
                batch.validate(full=True)
                for part in _parts(batch, task.feature):
                    out.write_batch(_batch(part, schema))
                    rows += part.num_rows
    return Written(rows, file.size, file.sha256)


def _convert(
    source: Path, target: Path, what: tuple[Sequence[SplitFolder], Feature], how: tuple[Workers, Progress]
) -> dict[Path, Written]:
    (folders, feature), (workers, progress) = what, how
    tasks = [ConvertTask(source / file, target / file, feature) for file in _files(folders)]
    found: dict[Path, Written] = {}
    with progress.phase("converting", len(tasks), "shards") as bar:
        for task, written in WorkerPool(convert, workers).run(tasks):
            if isinstance(written, WorkerCrashed):
                raise SourceError(f"{task.source} cannot be converted: its reader {written.reason}")
            found[task.target.relative_to(target)] = written
            bar.advance(size=written.size)
    return found


def _files(folders: Sequence[SplitFolder]) -> list[Path]:
    return [Path(folder.name) / file for folder in folders for file in folder.files]


def _folders(source: Path) -> list[SplitFolder]:
    """The splits of a dataset, which may be a stranger's: no name in it leads out of the folder."""
    try:
        if (source / "state.json").is_file():
            return [_folder(source, "")]
        return [_folder(source, _name(split)) for split in _json(source / "dataset_dict.json")["splits"]]
    except (KeyError, TypeError) as error:
        raise SourceError(f"{source} is no dataset that 'save_to_disk' has written: it lacks {error}") from error


def _folder(source: Path, name: str) -> SplitFolder:
    info, state = (_json(source / name / file) for file in ("dataset_info.json", "state.json"))
    return SplitFolder(name, tuple(_name(file["filename"]) for file in state["_data_files"]), info, state)


def _name(name: str) -> str:
    if name != Path(name).name or name == "..":
        raise SourceError(f"{name!r} is no name of a file or split: this dataset leads out of its folder")
    return name


def _json(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise SourceError(f"{path} cannot be read: name a folder that 'save_to_disk' or a build has written") from error
    return found


def _other(source: Path, folders: Sequence[SplitFolder]) -> Feature:
    kinds = {feature.get("_type") for folder in folders for feature in folder.info["features"].values()}
    if NAMES[Feature.LARGE] in kinds:
        return Feature.STANDARD
    if NAMES[Feature.STANDARD] in kinds:
        return Feature.LARGE
    raise SourceError(f"{source} has no image column: there is nothing to convert")


def _features(features: Mapping[str, Any], feature: Feature) -> dict[str, Any]:
    return {
        name: {**kind, "_type": NAMES[feature]} if kind.get("_type") in NAMES.values() else kind
        for name, kind in features.items()
    }


def _schema(schema: pa.Schema, feature: Feature) -> pa.Schema:
    metadata = dict(schema.metadata or {})
    note = json.loads(metadata.get(b"huggingface", b"{}"))
    features = note.get("info", {}).get("features", {})
    for name, kind in features.items():
        if kind.get("_type") in NAMES.values():
            schema = schema.set(schema.get_field_index(name), pa.field(name, columns.image_type(feature)))
    if features:
        note["info"]["features"] = _features(features, feature)
        metadata[b"huggingface"] = json.dumps(note).encode()
    return schema.with_metadata(metadata)


def _parts(batch: pa.RecordBatch, feature: Feature) -> Iterator[pa.RecordBatch]:
    """The batch, cut in pieces where it is too large for 32-bit offsets."""
    if feature is Feature.LARGE or batch.nbytes <= _MAX_BATCH:
        yield batch
        return
    half = batch.num_rows // 2
    if not half:
        raise SourceError(f"an image of {batch.nbytes} bytes does not fit the standard feature: keep it a LargeImage")
    for start, count in ((0, half), (half, batch.num_rows - half)):
        # A slice keeps the whole batch's offsets; only a copy counts from 0 again.
        columns_ = [pa.concat_arrays([column.slice(start, count)]) for column in batch.columns]
        yield from _parts(pa.RecordBatch.from_arrays(columns_, schema=batch.schema), feature)


def _batch(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays(
        [_column(column, field.type) for column, field in zip(batch.columns, schema, strict=True)], schema=schema
    )


def _column(column: pa.Array, kind: pa.DataType) -> pa.Array:
    if column.type == kind:
        return column
    parts = [pc.cast(column.field(field.name), field.type) for field in kind]
    return pa.StructArray.from_arrays(parts, [field.name for field in kind], mask=column.is_null())


def _write_leading(
    target: Path, folders: Sequence[SplitFolder], feature: Feature, written: Mapping[Path, Written]
) -> None:
    for folder in folders:
        shards = [(Shard(folder.name, 0, 1), written[Path(folder.name) / file]) for file in folder.files]
        fingerprint = arrow.fingerprint(shards)
        info = {**folder.info, "features": _features(folder.info["features"], feature)}
        write_json(target / folder.name / "dataset_info.json", info)
        write_json(target / folder.name / "state.json", {**folder.state, "_fingerprint": fingerprint})
    if folders[0].name:
        write_json(target / "dataset_dict.json", {"splits": [folder.name for folder in folders]})
