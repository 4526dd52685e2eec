"""Convert a finished dataset from LargeImage to the standard Image or back, without decoding or copying an image.

The source is a dataset of ``save_to_disk``: an AI-GenBench dataset or a build. The record and the card of a build are
converted too.
"""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from indexer.base.durable import UNFINISHED, rename, write_json, writing
from indexer.base.errors import OutputError, SourceError, message_of
from indexer.base.progress import SILENT, Progress
from indexer.base.workers import WorkerCrashed, WorkerPool, Workers
from materializer.dataset import converted_record
from materializer.dataset.build_folder import SavedSplit, read_features, read_saved
from materializer.dataset.verify import verify
from materializer.models import Feature, ShardFile
from materializer.shards import schema as columns
from materializer.shards.digests import of_sha256
from materializer.shards.formats.arrow import fingerprint
from materializer.shards.formats.arrow_stream import arrow_stream, digests_of
from materializer.shards.schema import FEATURE_NAMES

# Bytes of a batch; far below the 2 GiB that 32-bit offsets can address.
_MAX_BATCH = 1 << 30


@dataclass(frozen=True, slots=True)
class ConvertTask:
    """One Arrow file to convert; of a build, it has a digest of its images."""

    source: Path
    target: Path
    feature: Feature
    is_build: bool = False


@dataclass(frozen=True, slots=True)
class Converted:
    """A converted dataset: its image feature, and the number of images that were verified; None without a record."""

    feature: Feature
    verified: int | None


def finalize(
    source: Path, target: Path, feature: Feature | None, workers: Workers, progress: Progress = SILENT
) -> Converted:
    """Write the dataset in ``source`` to ``target`` with the image feature ``feature``; default is the other one.

    A build is verified first. ``target`` appears when it is complete.

    Raises:
        SourceError: ``source`` is not a dataset of ``save_to_disk``, has no image column, or is a build that is
            incomplete or differs from its record.
        OutputError: ``target`` exists, or cannot be written.
    """
    splits = read_saved(source)
    infos = {split.name: read_features(source / split.name / "dataset_info.json") for split in splits}
    paths = [Path(split.name) / file for split in splits for file in split.files]
    stored = converted_record.read(source, paths)
    chosen = feature or _other(source, infos)
    if target.exists():
        raise OutputError(f"{target} exists already: name a new folder")
    verified = _verified(source, workers, progress) if stored else None
    unfinished = target.with_name(target.name + UNFINISHED)
    shutil.rmtree(unfinished, ignore_errors=True)
    tasks = [ConvertTask(source / path, unfinished / path, chosen, stored is not None) for path in paths]
    files: dict[Path, ShardFile] = {}
    with progress.phase("converting", len(tasks), "shards") as bar:
        for task, answer in WorkerPool(convert, workers, is_long=True).run(tasks):
            if isinstance(answer, WorkerCrashed):
                raise SourceError(f"{task.source} cannot be converted: its reader {answer.reason}")
            files[task.target.relative_to(unfinished)] = answer
            bar.advance(size=answer.size)
    _write_leading(unfinished, splits, {name: _with_feature(info, chosen) for name, info in infos.items()}, files)
    if stored:
        converted_record.write(stored, unfinished, chosen, files)
    rename(unfinished, target)
    return Converted(chosen, verified)


def _verified(source: Path, workers: Workers, progress: Progress) -> int:
    """Return the number of images of a build. Raises SourceError if it differs from its record."""
    found = verify(source, None, workers, progress)
    if found.problem:
        raise SourceError(
            f"{source} is not converted: {found.problem}. Run 'python -m materializer verify --no-manifest {source}',"
            " and copy or build it again"
        )
    return found.rows


def convert(task: ConvertTask) -> ShardFile:
    """Convert one file. Runs in workers.

    Raises:
        SourceError: an image is too large for the standard feature.
    """
    try:
        return _convert(task)
    except (pa.ArrowException, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SourceError(f"{task.source} cannot be converted ({message_of(error)})") from error
    except FileNotFoundError as error:
        raise SourceError(f"{error.filename} is missing: copy the whole folder") from error


def _convert(task: ConvertTask) -> ShardFile:
    rows = 0
    with (
        writing(task.target, hashes=not task.is_build) as file,
        pa.memory_map(str(task.source)) as source,
        pa.ipc.open_stream(source) as stream,
    ):
        schema = _schema(stream.schema, task.feature)
        with arrow_stream(file, schema) as out:
            for batch in stream:
                batch.validate(full=True)
                for part in _parts(batch, task.feature):
                    out.write(part.cast(schema), digests_of(part) if task.is_build else None)
                    rows += part.num_rows
    return ShardFile(rows, file.size, out.digest if task.is_build else of_sha256(file.sha256))


def _other(source: Path, infos: Mapping[str, Mapping[str, Any]]) -> Feature:
    kinds = {_type_of(feature) for info in infos.values() for feature in info["features"].values()}
    if FEATURE_NAMES[Feature.LARGE] in kinds:
        return Feature.STANDARD
    if FEATURE_NAMES[Feature.STANDARD] in kinds:
        return Feature.LARGE
    raise SourceError(f"{source} has no image column to convert")


def _type_of(feature: object) -> str:
    """Return the type of a feature; '' if it has none, as a list of features."""
    return str(feature.get("_type", "")) if isinstance(feature, dict) else ""


def _with_feature(info: Mapping[str, Any], feature: Feature) -> dict[str, Any]:
    """Return a copy of a ``dataset_info.json`` whose image columns have the feature."""
    features = {
        name: {**kind, "_type": FEATURE_NAMES[feature]} if _type_of(kind) in FEATURE_NAMES.values() else kind
        for name, kind in info["features"].items()
    }
    return {**info, "features": features}


def _schema(schema: pa.Schema, feature: Feature) -> pa.Schema:
    metadata = dict(schema.metadata or {})
    note = json.loads(metadata.get(b"huggingface", b"{}"))
    features = note.get("info", {}).get("features", {})
    for name, kind in features.items():
        if _type_of(kind) in FEATURE_NAMES.values():
            schema = schema.set(schema.get_field_index(name), pa.field(name, columns.image_type(feature)))
    if features:
        note["info"] = _with_feature(note["info"], feature)
        metadata[b"huggingface"] = json.dumps(note).encode()
    return schema.with_metadata(metadata)


def _parts(batch: pa.RecordBatch, feature: Feature) -> Iterator[pa.RecordBatch]:
    """Yield the batch, divided if it is too large for 32-bit offsets."""
    if feature is Feature.LARGE or batch.nbytes <= _MAX_BATCH:
        yield batch
        return
    half = batch.num_rows // 2
    if not half:
        raise SourceError(f"an image of {batch.nbytes} bytes is too large for the standard feature: keep LargeImage")
    for start, count in ((0, half), (half, batch.num_rows - half)):
        # A slice keeps the offsets of the whole batch; only a copy starts at 0.
        copies = [pa.concat_arrays([column.slice(start, count)]) for column in batch.columns]
        yield from _parts(pa.RecordBatch.from_arrays(copies, schema=batch.schema), feature)


def _write_leading(
    target: Path,
    splits: Sequence[SavedSplit],
    infos: Mapping[str, Mapping[str, Any]],
    files: Mapping[Path, ShardFile],
) -> None:
    for split in splits:
        state = {**split.state, "_fingerprint": fingerprint([files[Path(split.name) / file] for file in split.files])}
        write_json(target / split.name / "dataset_info.json", infos[split.name])
        write_json(target / split.name / "state.json", state)
    if splits[0].name:
        write_json(target / "dataset_dict.json", {"splits": [split.name for split in splits]})
