"""Read a finished build again, every byte of it, and compare it with its record and the manifest.

Arrow has no checksums, and a folder of shards does not know how many rows it should have: the record does.
"""

import hashlib
import json
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from indexer.base.errors import OutputError
from indexer.base.progress import SILENT, Progress
from indexer.base.workers import WorkerCrashed, WorkerPool, Workers
from indexer.manifest.store import Store
from materializer.models import Feature, Format, Shard, Written
from materializer.shards import record
from materializer.shards.formats import FORMATS


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not as the record says: the file or the row, and what is wrong with it."""

    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Verification:
    """How a build was found: what was read, and all differences in order."""

    shards: int
    rows: int
    size: int
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class VerifyTask:
    """A shard to read again."""

    output: Path
    format: Format
    shard: Shard
    written: Written


def verify(output: Path, store: Store | None, workers: Workers, progress: Progress = SILENT) -> Verification:
    """Read everything again. ``store`` None leaves the comparison with the manifest out.

    Raises:
        OutputError: ``output`` holds no finished build.
    """
    built = read_build(output)
    tasks = _tasks(output, built)
    found = {name: Difference(name, "is not as it was written") for name in _changed(output, built)}
    differences = list(found.values())
    with progress.phase("verifying", len(tasks), "shards") as bar:
        for task, answer in WorkerPool(verify_shard, workers).run(tasks):
            wrong = [Difference(task.shard.stem, answer.reason)] if isinstance(answer, WorkerCrashed) else list(answer)
            differences += wrong
            bar.advance(size=task.written.size, errors=len(wrong))
    if store is not None:
        differences += _unlike_manifest(output, store, built)
    shown = tuple(sorted(differences, key=lambda difference: (difference.where, difference.what)))
    size = sum(task.written.size for task in tasks)
    return Verification(len(tasks), sum(task.written.rows for task in tasks), size, shown)


def read_build(output: Path) -> dict[str, Any]:
    """What ``build.json`` says.

    Raises:
        OutputError: there is none, or it cannot be read.
    """
    try:
        built: dict[str, Any] = json.loads((output / record.BUILD).read_text(encoding="utf-8"))
        _ = shards_of(built), Format(built["settings"]["format"]), Feature(built["settings"]["feature"])
    except FileNotFoundError:
        raise OutputError(
            f"{output} holds no finished build ({record.BUILD} is missing): run the build again"
        ) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise OutputError(f"{output / record.BUILD} cannot be read ({error}): run the build again") from error
    return built


def shards_of(built: Mapping[str, Any]) -> dict[str, list[tuple[Shard, Written]]]:
    """The shards that ``build.json`` lists, by split."""
    return {
        split: [
            (Shard(split, index, len(shards)), Written(one["rows"], one["size"], one["sha256"]))
            for index, one in enumerate(shards)
        ]
        for split, shards in built["splits"].items()
    }


def verify_shard(task: VerifyTask) -> tuple[Difference, ...]:
    """What is wrong with one shard. Runs in workers."""
    kind = FORMATS[task.format]
    name = kind.path(task.shard)
    path, kept = task.output / name, record.read(task.output, task.shard)
    if not path.is_file():
        return (Difference(name, "is missing"),)
    if kept is None:
        return (Difference(name, "its record is missing or damaged"),)
    wrong = [] if record.stands(path, task.written) else [Difference(name, "its bytes are not those that were written")]
    return (*wrong, *_wrong_rows(task, path, kept))


def _wrong_rows(task: VerifyTask, path: Path, kept: record.ShardRecord) -> Iterator[Difference]:
    expected = list(zip(kept.file_ids, kept.rows["stored_sha256"].to_pylist(), strict=True))
    count = 0
    try:
        for file_id, image in FORMATS[task.format].read(path):
            if count < len(expected) and (file_id, hashlib.sha256(image).hexdigest()) != expected[count]:
                yield Difference(expected[count][0], f"is not what was stored (row {count} of {path.name})")
            count += 1
    except (pa.ArrowInvalid, OSError, tarfile.TarError, ValueError, KeyError) as error:
        yield Difference(path.name, f"cannot be read on from row {count}: {' '.join(str(error).split())}")
    if count != len(expected):
        yield Difference(path.name, f"has {count} rows, {len(expected)} were written")


def _tasks(output: Path, built: Mapping[str, Any]) -> list[VerifyTask]:
    kind = Format(built["settings"]["format"])
    return [
        VerifyTask(output, kind, shard, written) for shards in shards_of(built).values() for shard, written in shards
    ]


def _changed(output: Path, built: Mapping[str, Any]) -> Iterator[str]:
    """The JSON files that lead to the shards, where they are not as they were written."""
    settings = built["settings"]
    expected = FORMATS[Format(settings["format"])].leading_files(Feature(settings["feature"]), shards_of(built))
    for name, value in expected.items():
        try:
            if json.loads((output / name).read_text(encoding="utf-8")) != value:
                yield name
        except (OSError, ValueError):
            yield name


def _unlike_manifest(output: Path, store: Store, built: Mapping[str, Any]) -> list[Difference]:
    selection = {"selection": built["selection"]}
    rows = store.rows("plan/differences", {"rows": str(output / record.ROWS / "*.parquet"), **selection})
    differences = [Difference(file_id, what) for file_id, what in rows]
    recipes = {recipe for recipe, _ in store.rows("plan/run", selection)}
    if rows and built.get("recipe_hash") not in recipes:
        what = "is not the selection that this was built from any more; --no-manifest leaves the manifest out"
        differences.append(Difference(f"'{built['selection']}'", what))
    return differences
