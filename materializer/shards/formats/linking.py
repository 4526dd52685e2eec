"""Store a copy of a loose file as a reflink or a hard link, if source and output are on one file system.

A reflink shares blocks until one of the files is changed (Btrfs, XFS, bcachefs, ZFS; ioctl_ficlonerange(2)). A hard
link is the source file itself under a second name: a change of one is a change of both, and `verify` reports it.
"""

import fcntl
import os
from pathlib import Path

from indexer.base.errors import SourceError
from indexer.containers.file_stamp import size_and_time
from materializer.models import Link
from materializer.shards.transform import LooseFile

_FICLONE = 0x40049409  # linux/fs.h: _IOW(0x94, 9, int)


def link_file(source: LooseFile, target: Path, link: Link) -> bool:
    """Make ``target``, which does not exist, share the bytes of ``source``; return False if they must be copied.

    Raises:
        SourceError: the file has changed since it was read.
    """
    if not _reflink(source, target) and (link is Link.REFLINK or not _hard_link(source, target)):
        return False
    if size_and_time(Path(source.path).stat()) != (source.size, source.mtime_ns):
        target.unlink()
        raise SourceError(f"{source.path} has changed since it was scanned: run 'python -m indexer scan' again")
    return True


def _reflink(source: LooseFile, target: Path) -> bool:
    try:
        with Path(source.path).open("rb") as old, target.open("xb") as new:
            fcntl.ioctl(new.fileno(), _FICLONE, old.fileno())
    except OSError:
        target.unlink(missing_ok=True)
        return False
    return True


def _hard_link(source: LooseFile, target: Path) -> bool:
    try:
        os.link(os.path.realpath(source.path), target)  # on Linux, os.link would link a symbolic link itself
    except OSError:  # another file system, too many links, or not permitted
        return False
    return True
