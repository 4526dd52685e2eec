"""List every file below a root folder.

Folders are opened relative to their parents. Symbolic links to files below the root are followed (``links.py``); others
are findings.
"""

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from indexer.base.workers import WorkerPool, Workers
from indexer.containers.kinds import ORDINARY, promises_bytes
from indexer.containers.members.rows import Health, shown
from indexer.containers.models import Finding, Volume
from indexer.scanning import links
from indexer.scanning.loose import LOOSE_SCHEMA, loose_rows, volumes_of

# Files with these suffixes stay Arrow rows: millions of images need not become Python objects.
PLAIN_SUFFIX = rf"(?i)\.({'|'.join(sorted(ORDINARY))})$"
# Files listed by the main process; it needs less time for this number than workers need to start.
MAIN_PROCESS_FILES = 20_000
# One descriptor is open per level of nesting; the usual limit of a process is 1,024.
MAX_DEPTH = 300
_CHUNK = 65_536
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FILE_TYPES = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFBLK: "a device",
    stat.S_IFCHR: "a device",
}


@dataclass(frozen=True, slots=True)
class FolderListing:
    """Files below a folder: ``plain`` as rows of LOOSE_SCHEMA, others as ``volumes``.

    ``unread`` are folders whose files could not be listed. ``remaining`` are folders that were not opened because
    enough files had been listed. Folder paths end with '/'; the root is ''. ``blobs`` are files that links have listed
    under better names.
    """

    plain: pa.Table
    volumes: tuple[Volume, ...] = ()
    findings: tuple[Finding, ...] = ()
    unread: tuple[str, ...] = ()
    remaining: tuple[str, ...] = ()
    blobs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FolderTask:
    """Folders below ``root`` that one worker lists."""

    root: Path
    folders: tuple[str, ...]


def list_folder(root: Path, workers: Workers) -> FolderListing:
    """List the regular files below the folder ``root``, in undefined order.

    The main process lists the first MAIN_PROCESS_FILES files; worker processes list the remaining folders.

    Raises:
        OSError: the root itself cannot be opened.
    """
    builder = FolderListingBuilder(MAIN_PROCESS_FILES, os.path.realpath(root))
    with _opened(os.open(root, _FOLDER)) as top:
        _list_open_folder(top, "", builder)
    listings = [builder.build()]
    folders = listings[0].remaining
    number = min(workers.jobs, len(folders))  # each task costs a fork
    tasks = [FolderTask(root, folders[start::number]) for start in range(number)]
    pool = WorkerPool(run_folder_task, workers, is_long=True)
    for task, result in pool.run(tasks) if tasks else ():
        listings.append(result if isinstance(result, FolderListing) else _failed_listing(task, result.reason))
    return _without_blobs(_concatenated(listings))


def run_folder_task(task: FolderTask) -> FolderListing:
    """List the folders of ``task``; runs in a worker process."""
    builder = FolderListingBuilder(None, os.path.realpath(task.root))
    with _opened(os.open(task.root, _FOLDER)) as top:
        for path in task.folders:
            _list_path(top, path, builder)
    return builder.build()


def is_below(path: str, folders: Sequence[str]) -> bool:
    """Return whether ``path`` is below one of ``folders``, whose paths end with '/'; the root is ''."""
    return any(path.startswith(folder) for folder in folders)


def _failed_listing(task: FolderTask, reason: str) -> FolderListing:
    findings = tuple(Finding("unreadable", f"{shown(path)}: {reason}") for path in task.folders)
    return FolderListing(LOOSE_SCHEMA.empty_table(), findings=findings, unread=task.folders)


def _concatenated(listings: Sequence[FolderListing]) -> FolderListing:
    joined = {
        name: tuple(chain.from_iterable(getattr(listing, name) for listing in listings))
        for name in ("volumes", "findings", "unread", "blobs")
    }
    return FolderListing(pa.concat_tables([listing.plain for listing in listings]), **joined)


def _without_blobs(listing: FolderListing) -> FolderListing:
    if not listing.blobs:
        return listing
    blobs = frozenset(listing.blobs)
    return replace(listing, volumes=tuple(volume for volume in listing.volumes if volume.path not in blobs))


@dataclass(slots=True)
class FolderListingBuilder:
    """Collect the files of a listing. Full chunks become Arrow rows, which need a quarter of the memory."""

    max_files: int | None
    root: str = ""
    count: int = 0
    paths: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    mtimes: list[int] = field(default_factory=list)
    chunks: list[pa.RecordBatch] = field(default_factory=list)
    volumes: list[Volume] = field(default_factory=list)
    health: Health = field(default_factory=Health)
    unread: list[str] = field(default_factory=list)
    remaining: list[str] = field(default_factory=list)
    blobs: list[str] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        """Whether worker processes should list the remaining folders."""
        return self.max_files is not None and self.count >= self.max_files

    def add(self, path: str, size: int, mtime_ns: int) -> None:
        """Add a file: its size in bytes, its time in nanoseconds."""
        self.paths.append(path)
        self.sizes.append(size)
        self.mtimes.append(mtime_ns)
        if len(self.paths) >= _CHUNK:
            self.flush()

    def add_finding(self, code: str, detail: str) -> None:
        """Add a finding, as :meth:`Health.add`."""
        self.health.add(code, shown(detail))

    def add_unread(self, path: str, error: OSError) -> None:
        """Add a folder that could not be listed, and a finding."""
        self.unread.append(path)
        self.add_finding("unreadable", f"{path or '.'}: {error.strerror}")

    def flush(self) -> None:
        """Convert the collected files to Arrow rows and volumes."""
        rows = loose_rows(self.paths, self.sizes, self.mtimes)
        self.paths, self.sizes, self.mtimes = [], [], []
        is_plain = pc.match_substring_regex(rows["path"], PLAIN_SUFFIX)
        self.chunks.append(rows.filter(is_plain))
        self.volumes.extend(volumes_of(rows.filter(pc.invert(is_plain))))

    def build(self) -> FolderListing:
        """Return all files and findings collected so far."""
        self.flush()
        findings = self.health.all_findings()
        plain = pa.Table.from_batches(self.chunks, LOOSE_SCHEMA)
        return FolderListing(
            plain, tuple(self.volumes), findings, tuple(self.unread), tuple(self.remaining), tuple(self.blobs)
        )


@contextmanager
def _opened(descriptor: int) -> Iterator[int]:
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _list_path(top: int, path: str, builder: FolderListingBuilder) -> None:
    """List the folder ``path`` below ``top``. Each component is opened by itself: the whole path may be too long."""
    with ExitStack() as stack:
        folder = top
        try:
            for name in path.rstrip("/").split("/"):
                folder = stack.enter_context(_opened(os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)))
        except OSError as error:
            builder.add_unread(path, error)
        else:
            _list_open_folder(folder, path, builder)


def _list_open_folder(folder: int, prefix: str, builder: FolderListingBuilder) -> None:
    """List one open folder, then the folders in it, each opened relative to its parent."""
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
                    _add_special_file(entry, prefix, builder)
    except OSError as error:
        builder.add_unread(prefix, error)
    builder.count += len(names)
    for start in range(0, len(names), _CHUNK):
        _stat_files(folder, prefix, names[start : start + _CHUNK], builder)
        if len(builder.paths) >= _CHUNK:
            builder.flush()
    for name in folders:
        _list_subfolder(folder, name, prefix, builder)


def _stat_files(folder: int, prefix: str, names: list[str], builder: FolderListingBuilder) -> None:
    # Local variables: this loop runs once per file.
    sizes, mtimes, paths = builder.sizes, builder.mtimes, builder.paths
    for name in names:
        try:
            status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except OSError as error:
            builder.add_finding("unreadable", f"{prefix}{name}: {error.strerror}")
            continue
        paths.append(prefix + name)
        sizes.append(status.st_size)
        mtimes.append(status.st_mtime_ns)


def _list_subfolder(parent: int, name: str, prefix: str, builder: FolderListingBuilder) -> None:
    path = f"{prefix}{name}/"
    if builder.is_full:
        builder.remaining.append(path)
        return
    if path.count("/") > MAX_DEPTH:
        builder.add_unread(path, OSError(errno.ELOOP, "folders are nested too deep"))
        return
    try:
        descriptor = os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=parent)
    except OSError as error:
        builder.add_unread(path, error)
        return
    with _opened(descriptor) as folder:
        _list_open_folder(folder, path, builder)


def _add_link(path: str, builder: FolderListingBuilder) -> None:
    found = links.followed(builder.root, path)
    if isinstance(found, str):
        is_lost = promises_bytes(path) or f"{links.OUTSIDE_FOLDER} outside" in found
        code = "link-to-nothing" if is_lost else "symlink"
        builder.add_finding(code, found)
        return
    builder.add(path, found.st_size, found.st_mtime_ns)
    builder.count += 1
    if blob := links.blob_of(builder.root, path):
        builder.blobs.append(blob)


def _add_special_file(entry: os.DirEntry[str], prefix: str, builder: FolderListingBuilder) -> None:
    if entry.is_symlink():
        _add_link(f"{prefix}{entry.name}", builder)
        return
    try:
        mode = entry.stat(follow_symlinks=False).st_mode
        kind = _FILE_TYPES.get(stat.S_IFMT(mode), "not a regular file")
    except OSError as error:
        kind = str(error.strerror)
    builder.add_finding("not-a-file", f"{prefix}{entry.name}: {kind}")
