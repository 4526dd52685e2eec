"""Check files that users download by hand against published names, sizes and hashes, and for missing volumes."""

import fnmatch
import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from indexer.base.progress import SILENT, Progress
from indexer.containers.grouping import SPLIT_ZIP_SLACK, Group, groups_of
from indexer.containers.models import Volume
from indexer.containers.volume_names import LAST, UNNUMBERED, Cut
from indexer.declarations.models import Download, Source

_PLAIN_NAME = re.compile(r"[^\s,<>]+")


class DownloadState(StrEnum):
    """The result of a check."""

    COMPLETE = "complete"  # size or hash equals the published one
    PRESENT = "present"  # no size or hash is published
    MISSING = "missing"
    WRONG = "wrong"
    UNKNOWN = "not looked for"  # the declaration does not name its files


@dataclass(frozen=True, slots=True)
class DownloadCheck:
    """One download, its state and the reason."""

    download: Download
    state: DownloadState
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Inventory:
    """The downloads of a source below ``root``, problems of volume sets, and the number of other files."""

    source: Source
    root: Path
    checks: tuple[DownloadCheck, ...]
    gaps: tuple[str, ...]
    others: int

    @property
    def is_wrong(self) -> bool:
        """Return whether a file differs from its published form; a missing file is not wrong."""
        return bool(self.gaps) or any(check.state is DownloadState.WRONG for check in self.checks)


def check_downloads(source: Source, root: Path, progress: Progress = SILENT) -> Inventory:
    """Compare the downloads that a source declares with the files below ``root``, a folder or the archive itself.

    Files with a published hash are read in full; no other file is opened.
    """
    files = list(_files(root))
    matches = [(download, _matching(download, files)) for download in source.info.downloads]
    hashed = any(download.hash for download, _ in matches)
    checks = []
    with (progress if hashed else SILENT).phase("check", len(matches), "downloads") as bar:
        for download, found in matches:
            checks.append(_check(download, root, found))
            bar.advance()
    named = {file.path for _, found in matches for file in found or ()}
    return Inventory(source, root, tuple(checks), tuple(_gaps(files)), len(files) - len(named))


def _files(root: Path) -> Iterator[Volume]:
    """Yield the files below ``root``; a root that is a file is yielded by its own name."""
    if root.is_file():
        yield Volume(root.name, root.stat().st_size, 0)
    for folder, folders, names in os.walk(root):
        folders.sort()
        for name in sorted(names):
            path = Path(folder, name)
            if path.exists():  # False for a dangling link
                yield Volume(path.relative_to(root).as_posix(), path.stat().st_size, 0)


def patterns(download: Download) -> tuple[str, ...]:
    """Return the globs of a download's files; none if the declaration only describes them."""
    if download.files is not None:
        return download.files
    return (download.file,) if _PLAIN_NAME.fullmatch(download.file) else ()


def _matching(download: Download, files: Sequence[Volume]) -> list[Volume] | None:
    """Return the files of a download, in any folder below the root; None if their names are unknown."""
    names = [pattern.rpartition("/")[2] for pattern in patterns(download)]
    if not names:
        return None
    return [file for file in files if any(fnmatch.fnmatchcase(file.path.rpartition("/")[2], name) for name in names)]


def _check(download: Download, root: Path, found: Sequence[Volume] | None) -> DownloadCheck:
    if found is None:
        return DownloadCheck(download, DownloadState.UNKNOWN)
    names = [file.path.rpartition("/")[2] for file in found]
    if absent := [each for each in patterns(download) if not fnmatch.filter(names, each.rpartition("/")[2])]:
        return DownloadCheck(download, DownloadState.MISSING, "" if not found else f"missing: {', '.join(absent)}")
    if empty := [file.path for file in found if not file.size]:
        return DownloadCheck(download, DownloadState.WRONG, f"empty: {', '.join(empty)}")
    size = sum(file.size for file in found)
    if download.size is not None and size != download.size:
        return DownloadCheck(download, DownloadState.WRONG, f"{size:,} bytes instead of {download.size:,}")
    if download.hash and (digest := _hash(download, root, found[0])) != download.hash:
        return DownloadCheck(download, DownloadState.WRONG, f"{digest} instead of {download.hash}")
    known = download.size is not None or download.hash
    return DownloadCheck(download, DownloadState.COMPLETE if known else DownloadState.PRESENT, f"{size:,} bytes")


def _hash(download: Download, root: Path, file: Volume) -> str:
    name = download.hash.partition(":")[0]
    path = root if root.is_file() else root / file.path
    with path.open("rb") as content:
        return f"{name}:{hashlib.file_digest(content, name).hexdigest()}"


def _gaps(files: Sequence[Volume]) -> Iterator[str]:
    """Yield the problems of volume sets: missing, empty or truncated volumes."""
    for group in groups_of(files):
        if group.typed and (len(group.volumes) > 1 or group.numbers[0] not in UNNUMBERED):
            yield from (f"{group.base}: {problem}" for problem in _problems(group))


def _problems(group: Group) -> Iterator[str]:
    numbers = [number for number in group.numbers if number not in UNNUMBERED]
    first = 1 if group.cut is Cut.SPLIT_ZIP else min(1, *numbers)
    if lacking := sorted(set(range(first, max(numbers) + 1)) - set(numbers)):
        yield f"volume {', '.join(map(str, lacking))} missing"
    if group.cut is Cut.SPLIT_ZIP and LAST not in group.numbers:
        yield "the last volume, .zip, is missing"
    sizes = [volume.size for volume in group.volumes]
    whole, slack = max(sizes[:-1], default=sizes[-1]), SPLIT_ZIP_SLACK if group.cut is Cut.SPLIT_ZIP else 0
    if 0 in sizes:
        yield "a volume is empty"
    elif min(sizes[:-1], default=whole) < whole - slack or sizes[-1] > whole:
        yield "volumes are of different sizes: one is cut short"
