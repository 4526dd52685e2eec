"""Every file below a root: folders are opened relative to their parents, links are not followed.

A link is a finding wherever it points: its target is listed by itself if it lies below the root, and is not ours if it
does not. So loops end, and no file is listed twice.
"""

import errno
import os
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from indexer.base.workers import WorkerPool, Workers
from indexer.containers.kinds import ORDINARY
from indexer.containers.members.rows import shown
from indexer.containers.models import Finding, Volume
from indexer.scanning.loose import LOOSE_SCHEMA, loose_rows, volumes_of

# Files that stand for themselves by their suffix, so that millions of pictures need not become Python objects.
PLAIN = rf"(?i)\.({'|'.join(sorted(ORDINARY))})$"
# Findings of one kind that are kept one by one; the rest is counted.
KEPT_FINDINGS = 1_000
# Fewer files than that are listed sooner than workers are up.
FILES_ALONE = 50_000
PARTS_A_WORKER = 4
# One descriptor a level is open; 1,024 is what a process may have.
MAX_DEPTH = 300
_CHUNK = 65_536
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class FolderWalk:
    """What was found: plain files as rows of LOOSE_SCHEMA, others as volumes, and what could not be walked.

    ``unread`` are the folders (paths ending in '/', the root is '') whose files nobody saw this time; ``left`` those
    that were not entered because there were enough files without them.
    """

    plain: pa.Table
    volumes: tuple[Volume, ...] = ()
    findings: tuple[Finding, ...] = ()
    unread: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FolderPart:
    """A worker's share of a walk: some folders below ``root``, with all that lies in them."""

    root: Path
    folders: tuple[str, ...]


def walk(root: Path, workers: Workers) -> FolderWalk:
    """List the regular files below the folder ``root``, in no order that may be relied on.

    The first FILES_ALONE of them are listed here; where there are more, worker processes list the folders left.

    Raises:
        OSError: the root itself cannot be opened.
    """
    found = Found(FILES_ALONE)
    with _opened(os.open(root, _FOLDER)) as top:
        _walk_folder(top, "", found)
    walks = [found.walk()]
    parts = _parts(root, walks[0].left, workers.jobs * PARTS_A_WORKER)
    for part, result in WorkerPool(walk_part, workers).run(parts) if parts else ():
        walks.append(result if isinstance(result, FolderWalk) else _lost(part, result.reason))
    return _joined(walks)


def walk_part(part: FolderPart) -> FolderWalk:
    """List one share; runs in a worker process."""
    found = Found(None)
    with _opened(os.open(part.root, _FOLDER)) as top:
        for path in part.folders:
            _walk_path(top, path, found)
    return found.walk()


def is_below(path: str, folders: Sequence[str]) -> bool:
    """Whether ``path`` lies in one of ``folders``, spelled as :class:`Walk` spells them."""
    return any(path.startswith(folder) for folder in folders)


def _parts(root: Path, folders: Sequence[str], count: int) -> list[FolderPart]:
    size = -(-len(folders) // count) or 1
    return [FolderPart(root, tuple(folders[start : start + size])) for start in range(0, len(folders), size)]


def _lost(part: FolderPart, reason: str) -> FolderWalk:
    findings = tuple(Finding("unreadable", f"{shown(path)}: {reason}") for path in part.folders)
    return FolderWalk(LOOSE_SCHEMA.empty_table(), findings=findings, unread=part.folders)


def _joined(walks: Sequence[FolderWalk]) -> FolderWalk:
    return FolderWalk(
        pa.concat_tables([walk.plain for walk in walks]),
        *(
            tuple(chain.from_iterable(getattr(walk, name) for walk in walks))
            for name in ("volumes", "findings", "unread")
        ),
    )


@dataclass(slots=True)
class Found:
    """Grows while walking; full chunks become Arrow rows, which need a quarter of the memory of Python's objects."""

    enough: int | None
    count: int = 0
    paths: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    mtimes: list[int] = field(default_factory=list)
    chunks: list[pa.RecordBatch] = field(default_factory=list)
    volumes: list[Volume] = field(default_factory=list)
    findings: dict[str, list[Finding]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    unread: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    @property
    def is_enough(self) -> bool:
        """Whether worker processes should list the rest."""
        return self.enough is not None and self.count >= self.enough

    def add(self, path: str, size: int, mtime_ns: int) -> None:
        """Take in a file."""
        self.paths.append(path)
        self.sizes.append(size)
        self.mtimes.append(mtime_ns)
        if len(self.paths) >= _CHUNK:
            self.flush()

    def note(self, code: str, detail: str) -> None:
        """Take in a finding."""
        self.counts[code] += 1
        if self.counts[code] <= KEPT_FINDINGS:
            self.findings.setdefault(code, []).append(Finding(code, shown(detail)))

    def flush(self) -> None:
        """Make rows of the files taken in so far."""
        rows = loose_rows(self.paths, self.sizes, self.mtimes)
        self.paths, self.sizes, self.mtimes = [], [], []
        is_plain = pc.match_substring_regex(rows["path"], PLAIN)
        self.chunks.append(rows.filter(is_plain))
        self.volumes.extend(volumes_of(rows.filter(pc.invert(is_plain))))

    def walk(self) -> FolderWalk:
        """All that was found."""
        self.flush()
        findings = [*chain.from_iterable(self.findings.values())]
        more = {code: count - KEPT_FINDINGS for code, count in self.counts.items() if count > KEPT_FINDINGS}
        findings += [Finding(code, f"and {count:,} more of this kind") for code, count in more.items()]
        plain = pa.Table.from_batches(self.chunks, LOOSE_SCHEMA)
        return FolderWalk(plain, tuple(self.volumes), tuple(findings), tuple(self.unread), tuple(self.left))


@contextmanager
def _opened(descriptor: int) -> Iterator[int]:
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _walk_path(top: int, path: str, found: Found) -> None:
    """Walk the folder ``path`` below ``top``, entered name by name: it may be too long to be opened at once."""
    with ExitStack() as stack:
        folder = top
        try:
            for name in path.rstrip("/").split("/"):
                folder = stack.enter_context(_opened(os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)))
        except OSError as error:
            _note_unread(path, error, found)
        else:
            _walk_folder(folder, path, found)


def _walk_folder(folder: int, prefix: str, found: Found) -> None:
    """List one open folder, then those in it: one descriptor a level is open, and no path grows too long to open."""
    names: list[str] = []
    folders: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_file(follow_symlinks=False):
                    names.append(entry.name)
                elif entry.is_dir(follow_symlinks=False):
                    folders.append(entry.name)
                else:
                    _note_special(entry, prefix, found)
    except OSError as error:
        _note_unread(prefix, error, found)
    _stat_files(folder, prefix, names, found)
    for name in folders:
        _enter(folder, name, prefix, found)


def _stat_files(folder: int, prefix: str, names: list[str], found: Found) -> None:
    found.count += len(names)
    for start in range(0, len(names), _CHUNK):
        _stat_some(folder, prefix, names[start : start + _CHUNK], found)
        if len(found.paths) >= _CHUNK:
            found.flush()


def _stat_some(folder: int, prefix: str, names: list[str], found: Found) -> None:
    sizes, mtimes, paths = found.sizes, found.mtimes, found.paths
    for name in names:
        try:
            status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except OSError as error:
            found.note("unreadable", f"{prefix}{name}: {error.strerror}")
            continue
        paths.append(prefix + name)
        sizes.append(status.st_size)
        mtimes.append(status.st_mtime_ns)


def _enter(parent: int, name: str, prefix: str, found: Found) -> None:
    path = f"{prefix}{name}/"
    if found.is_enough:
        found.left.append(path)
        return
    if path.count("/") > MAX_DEPTH:
        _note_unread(path, OSError(errno.ELOOP, "folders are nested too deep"), found)
        return
    try:
        descriptor = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=parent)
    except OSError as error:
        _note_unread(path, error, found)
        return
    with _opened(descriptor) as folder:
        _walk_folder(folder, path, found)


def _note_unread(path: str, error: OSError, found: Found) -> None:
    found.unread.append(path)
    found.note("unreadable", f"{path or '.'}: {error.strerror}")


def _note_special(entry: os.DirEntry[str], prefix: str, found: Found) -> None:
    if entry.is_symlink():
        found.note("symlink", f"{prefix}{entry.name}: links are not followed; name the folder itself in local.cfg")
        return
    try:
        kind = _kind(entry.stat(follow_symlinks=False).st_mode)
    except OSError as error:
        kind = str(error.strerror)
    found.note("not-a-file", f"{prefix}{entry.name}: {kind}")


def _kind(mode: int) -> str:
    words = {
        stat.S_IFIFO: "a named pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFBLK: "a device",
        stat.S_IFCHR: "a device",
    }
    return words.get(stat.S_IFMT(mode), "no regular file")
