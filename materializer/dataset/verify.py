"""Verify a finished build: read every byte and compare it with the build's record and the manifest.

Arrow has no checksums, and a folder of shards does not state its number of rows. The record has both.
"""

import hashlib
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from indexer.base.durable import sha256_of
from indexer.base.errors import message_of
from indexer.base.progress import SILENT, Progress
from indexer.base.workers import WorkerCrashed, WorkerPool, Workers
from indexer.images import reader_problem
from indexer.manifest.store import Store
from materializer.dataset import card
from materializer.dataset.build_folder import FinishedBuild, read_build
from materializer.models import Shard, ShardFile
from materializer.shards import record
from materializer.shards.formats import output_format
from materializer.shards.variants import suffix_pattern


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference from the record: the file or row, and what is wrong with it."""

    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of a verification: shards, rows and bytes that were read, and all differences in order."""

    shards: int
    rows: int
    size: int
    differences: tuple[Difference, ...]

    @property
    def problem(self) -> str:
        """The number of differences and the first one, for a message; empty if there is none."""
        if not self.differences:
            return ""
        first = self.differences[0]
        return f"it differs from its record ({len(self.differences):,} differences; {first.where} {first.what})"


@dataclass(frozen=True, slots=True)
class VerifiedShard:
    """The bytes of a shard that were read, and its differences from the record."""

    size: int
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class VerifyTask:
    """A shard to read; ``format`` is the name of its output format. ``decodes``: open every image as readers do."""

    output: Path
    format: str
    shard: Shard
    file: ShardFile
    decodes: bool = False


def verify(
    output: Path, store: Store | None, workers: Workers, progress: Progress = SILENT, *, decodes: bool = False
) -> Verification:
    """Verify a build. Without ``store``, it is not compared with the manifest.

    ``decodes``: also open every image as ``datasets`` does.

    Raises:
        OutputError: ``output`` holds no finished build.
    """
    build = read_build(output)
    tasks = [VerifyTask(output, build.format.name, shard, file, decodes) for shard, file in build.all_shards]
    differences = [*_wrong_leading_files(build), *_wrong_card_files(build)]
    size = 0
    with progress.phase("verifying", len(tasks), "shards") as bar:
        for task, answer in WorkerPool(verify_shard, workers, is_long=True).run(tasks):
            found = _of_crashed(task, answer) if isinstance(answer, WorkerCrashed) else answer
            differences += found.differences
            size += found.size
            bar.advance(size=found.size, errors=len(found.differences))
    if store is not None:
        differences += _differences_from_manifest(build, store)
    differences.sort(key=lambda difference: (difference.where, difference.what))
    return Verification(len(tasks), sum(task.file.rows for task in tasks), size, tuple(differences))


def verify_shard(task: VerifyTask) -> VerifiedShard:
    """Compare one shard with its record. Runs in workers."""
    return VerifiedShard(_size_of(task), tuple(_differences(task)))


def _of_crashed(task: VerifyTask, crash: WorkerCrashed) -> VerifiedShard:
    return VerifiedShard(task.file.size, (Difference(task.shard.stem, crash.reason),))


def _size_of(task: VerifyTask) -> int:
    """Return the bytes of a shard and its loose images; of a shard that cannot be read, its own."""
    loose = (task.output / name for name in output_format(task.format).loose_files(task.output, task.shard))
    try:
        return task.file.size + sum(path.stat().st_size for path in loose if path.is_file())
    except (OSError, ValueError):
        return task.file.size  # its damage is a difference of its own


def _differences(task: VerifyTask) -> Iterator[Difference]:
    format_ = output_format(task.format)
    name = format_.path(task.shard)
    path, kept = task.output / name, record.read(task.output, task.shard)
    if not path.is_file():
        yield Difference(name, "is missing")
    elif kept is None:
        yield Difference(name, "its record is missing or damaged")
    else:
        if not format_.is_intact(path, task.file):
            yield Difference(name, "its bytes are not those that were written")
        yield from _wrong_rows(task, path, kept)


def _wrong_rows(task: VerifyTask, path: Path, kept: record.ShardRecord) -> Iterator[Difference]:
    expected = list(zip(kept.file_ids, kept.rows["stored_sha256"].to_pylist(), strict=True))
    count = 0
    try:
        for file_id, image in output_format(task.format).read(path):
            if count < len(expected) and (file_id, hashlib.sha256(image).hexdigest()) != expected[count]:
                yield Difference(expected[count][0], f"is not the stored image (row {count} of {path.name})")
            if task.decodes and (problem := reader_problem(bytes(image))):
                yield Difference(file_id, f"cannot be opened: {problem}")
            count += 1
    except (*record.UNREADABLE, tarfile.TarError) as error:
        yield Difference(path.name, f"cannot be read from row {count} on: {message_of(error)}")
    if count != len(expected):
        yield Difference(path.name, f"has {count} rows, {len(expected)} were written")


def _wrong_leading_files(build: FinishedBuild) -> Iterator[Difference]:
    try:
        for name, content in build.format.leading_files(build.folder, build.settings, build.shards):
            if not _has_content(build.folder / name, content):
                yield Difference(name, "is not as it was written")
    except (OSError, ValueError):
        return  # a shard cannot be read, which is a difference of its own


def _has_content(path: Path, content: Iterable[bytes]) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return all(file.read(len(piece)) == piece for piece in content) and not file.read(1)


def _wrong_card_files(build: FinishedBuild) -> Iterator[Difference]:
    for name in card.FILES:
        path = build.folder / name
        if name not in build.card:
            continue  # of a build by an earlier version
        if not path.is_file():
            yield Difference(name, "is missing")
        elif sha256_of(path) != build.card[name]:
            yield Difference(name, "is not as it was written")


def _differences_from_manifest(build: FinishedBuild, store: Store) -> list[Difference]:
    name = build.description["selection"]
    given = {"rows": str(build.folder / record.ROWS / "*.parquet"), "selection": name}
    rows = store.rows("plan/differences", given | {"variants": suffix_pattern(build.settings.variants)})
    differences = [Difference(file_id, what) for file_id, what in rows]
    recipes = {recipe for recipe, _ in store.rows("plan/selection_run", {"selection": name})}
    if rows and build.description.get("recipe_hash") not in recipes:
        what = "is no longer the selection of this build; --no-manifest skips the comparison with the manifest"
        differences.append(Difference(f"'{name}'", what))
    return differences
