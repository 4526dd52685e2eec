"""Every file below a root: folders are opened relative to their parents, links are not followed.

A link is a finding wherever it points: its target is listed by itself if it lies below the root, and is not ours if it
does not. So loops end, and no file is listed twice.
"""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from indexer.containers.rows import shown
from indexer.containers.shapes import Finding, Volume

# What stands for itself by its name: no container is looked for in it, so that millions of pictures need not be opened.
PLAIN = r"(?i)\.(jpe?g|png|webp|gif|bmp|tiff?|jp2|avif|json|jsonl|txt|csv|tsv|md|html?|xml|ya?ml|py)$"
# Findings of one kind that are kept one by one; the rest is counted.
KEPT_FINDINGS = 1_000
# One descriptor a level is open; 1,024 is what a process may have.
MAX_DEPTH = 300
_CHUNK = 65_536

LOOSE_SCHEMA = pa.schema(
    [
        pa.field("path", pa.string(), nullable=False),
        pa.field("name_bytes", pa.binary()),
        pa.field("size", pa.int64(), nullable=False),
        pa.field("mtime_ns", pa.int64(), nullable=False),
    ]
)


@dataclass(slots=True)
class Walk:
    """What was found: plain files as rows of LOOSE_SCHEMA, others as volumes, and what could not be walked.

    ``unread`` are the folders (paths ending in '/', the root is '') whose files nobody saw this time.
    """

    plain: pa.Table
    volumes: list[Volume]
    findings: list[Finding]
    unread: tuple[str, ...]


def walk(root: Path) -> Walk:
    """List the regular files below the folder ``root``, in no order that may be relied on.

    Raises:
        OSError: the root itself cannot be opened.
    """
    found = _Found()
    top = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _walk_folder(top, "", found)
    finally:
        os.close(top)
    return found.walk()


def is_below(path: str, folders: Sequence[str]) -> bool:
    """Whether ``path`` lies in one of ``folders``, spelled as :class:`Walk` spells them."""
    return any(path.startswith(folder) for folder in folders)


@dataclass(slots=True)
class _Found:
    """Grows while walking; full chunks become Arrow rows, which need a quarter of the memory of Python's objects."""

    paths: list[str] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    mtimes: list[int] = field(default_factory=list)
    chunks: list[pa.RecordBatch] = field(default_factory=list)
    volumes: list[Volume] = field(default_factory=list)
    findings: dict[str, list[Finding]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)

    def note(self, code: str, detail: str) -> None:
        self.counts[code] = self.counts.get(code, 0) + 1
        if self.counts[code] <= KEPT_FINDINGS:
            self.findings.setdefault(code, []).append(Finding(code, shown(detail)))

    def flush(self) -> None:
        rows = loose_rows(self.paths, self.sizes, self.mtimes)
        self.paths, self.sizes, self.mtimes = [], [], []
        is_plain = pc.match_substring_regex(rows["path"], PLAIN)
        self.chunks.append(rows.filter(is_plain))
        self.volumes.extend(_volumes(rows.filter(pc.invert(is_plain))))

    def walk(self) -> Walk:
        self.flush()
        findings = [finding for found in self.findings.values() for finding in found]
        findings += [
            Finding(code, f"and {count - KEPT_FINDINGS:,} more of this kind")
            for code, count in self.counts.items()
            if count > KEPT_FINDINGS
        ]
        return Walk(pa.Table.from_batches(self.chunks, LOOSE_SCHEMA), self.volumes, findings, tuple(self.unread))


def _walk_folder(folder: int, prefix: str, found: _Found) -> None:
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


def _stat_files(folder: int, prefix: str, names: list[str], found: _Found) -> None:
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
        if len(paths) >= _CHUNK:
            found.flush()
            sizes, mtimes, paths = found.sizes, found.mtimes, found.paths


def _enter(parent: int, name: str, prefix: str, found: _Found) -> None:
    path = f"{prefix}{name}/"
    try:
        folder = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    except OSError as error:
        _note_unread(path, error, found)
        return
    try:
        if path.count("/") > MAX_DEPTH:
            _note_unread(path, OSError(0, "folders are nested too deep"), found)
        else:
            _walk_folder(folder, path, found)
    finally:
        os.close(folder)


def _note_unread(path: str, error: OSError, found: _Found) -> None:
    found.unread.append(path)
    found.note("unreadable", f"{path or '.'}: {error.strerror}")


def _note_special(entry: os.DirEntry[str], prefix: str, found: _Found) -> None:
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


def loose_rows(paths: list[str], sizes: list[int], mtimes: list[int]) -> pa.RecordBatch:
    """Rows of LOOSE_SCHEMA; paths carry surrogate escapes where they are not UTF-8."""
    try:
        columns = [pa.array(paths, pa.string()), pa.nulls(len(paths), pa.binary())]
    except UnicodeEncodeError:
        raw = [os.fsencode(path) if shown(path) != path else None for path in paths]
        columns = [pa.array([shown(path) for path in paths], pa.string()), pa.array(raw, pa.binary())]
    columns += [pa.array(sizes, pa.int64()), pa.array(mtimes, pa.int64())]
    return pa.record_batch(columns, schema=LOOSE_SCHEMA)


def _volumes(rows: pa.RecordBatch) -> Iterator[Volume]:
    for path, raw, size, mtime in zip(*(column.to_pylist() for column in rows.columns), strict=True):
        yield Volume(os.fsdecode(raw) if raw else path, size, mtime)
