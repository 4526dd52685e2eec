"""The files of a finished build, with their hashes, and their comparison with the files of a repository."""

import hashlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from indexer.base.durable import sha256_of
from indexer.base.errors import OutputError
from materializer.dataset import card
from materializer.dataset.build_folder import FinishedBuild
from materializer.models import Shard, ShardFile
from materializer.shards import record, refusals
from materializer.shards.digests import file_sha256

_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class BuildFile:
    """A file of a build: its path below the folder, size in bytes, and sha256 (hex)."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of a repository. ``sha256`` (hex) is None for a file that is stored in git, as small texts are."""

    path: str
    size: int
    blob_id: str
    sha256: str | None


def files_of(build: FinishedBuild) -> list[BuildFile]:
    """Return the files of a build, shards first; ``build.json`` is the last.

    Hashes that the record has are not computed again: verify the build first. Files that somebody else has put into the
    folder are not listed.

    Raises:
        OutputError: a file is a link that leads out of the folder, as in an untrusted folder.
    """
    with ThreadPoolExecutor() as threads:
        shards = list(threads.map(lambda one: _shard_file(build, *one), build.all_shards))
    loose = [file for shard, _ in build.all_shards for file in _loose_files(build, shard)]
    small = list(_small_files(build))
    for name in (*(file.path for file in (*shards, *loose)), *small):
        _require_inside(build.folder, name)
    return shards + loose + [_described(build.folder, name) for name in small]


def same_files(folder: Path, local: Iterable[BuildFile], remote: Iterable[RemoteFile]) -> set[str]:
    """Return the paths of the local files that the repository has with the same bytes."""
    found = {file.path: file for file in remote}
    return {file.path for file in local if file.path in found and _is_same(folder, file, found[file.path])}


def _require_inside(folder: Path, name: str) -> None:
    if not (folder / name).resolve().is_relative_to(folder.resolve()):
        raise OutputError(f"{folder / name} is a link that leads out of the folder: replace it with the file")


def _shard_file(build: FinishedBuild, shard: Shard, file: ShardFile) -> BuildFile:
    return BuildFile(build.format.path(shard), file.size, file_sha256(build.path(shard), file.digest))


def _loose_files(build: FinishedBuild, shard: Shard) -> Iterator[BuildFile]:
    names = list(build.format.loose_files(build.folder, shard))
    if names:
        rows = record.rows_of(build.folder, shard).select(["stored_size", "stored_sha256"]).to_pylist()
        for name, row in zip(names, rows, strict=True):
            yield BuildFile(name, row["stored_size"], row["stored_sha256"])


def _small_files(build: FinishedBuild) -> Iterator[str]:
    leading = [name for name, _ in build.format.leading_files(build.folder, build.settings, build.shards)]
    records = [record.path_of(build.folder, shard) for shard, _ in build.all_shards]
    refused = [refusals.path_of(build.folder, shard) for shard, _ in build.all_shards]
    yield from (path.relative_to(build.folder).as_posix() for path in (*records, *refused) if path.is_file())
    yield from (record.PLAN, record.REFUSED, *card.FILES, *leading, record.BUILD)


def _described(folder: Path, name: str) -> BuildFile:
    path = folder / name
    return BuildFile(name, path.stat().st_size, sha256_of(path))


def _is_same(folder: Path, local: BuildFile, remote: RemoteFile) -> bool:
    if local.size != remote.size:
        return False
    if remote.sha256 is not None:
        return remote.sha256 == local.sha256
    return remote.blob_id == _git_blob_id(folder / local.path, local.size)


def _git_blob_id(path: Path, size: int) -> str:
    """Return the id that git gives to a file. Source: "Git Internals: Git Objects", https://git-scm.com/book."""
    digest = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
