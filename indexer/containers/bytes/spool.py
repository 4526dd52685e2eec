"""Unpacked bytes kept in a nameless file for as long as an archive nested in them is walked."""

import contextlib
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from indexer.base.errors import BadData
from indexer.containers.bytes.volumes import ByteRange, VolumePart, Volumes


def limited(blocks: Iterable[bytes], most: int) -> Iterator[bytes]:
    """``blocks``, until they are more than ``most`` bytes: then BadData."""
    seen = 0
    for block in blocks:
        seen += len(block)
        if seen > most:
            raise BadData("over the size limit", f"more than {most} bytes")
        yield block


@contextlib.contextmanager
def spooled(blocks: Iterable[bytes], scratch: Path | None) -> Iterator[ByteRange]:
    """A window over ``blocks``, written to a file without a name in ``scratch`` (None: the system's place for such)."""
    with tempfile.TemporaryFile(dir=scratch, prefix="indexer-") as file:
        for block in blocks:
            file.write(block)
        file.flush()
        yield Volumes([VolumePart("spool", file.tell(), file.fileno())]).window()
