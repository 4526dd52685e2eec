"""Keep unpacked bytes in a temporary file while an archive nested in them is walked."""

import contextlib
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from indexer.base.errors import BadData
from indexer.containers.bytes.volumes import ByteRange, VolumePart, Volumes


def limited(blocks: Iterable[bytes], most: int) -> Iterator[bytes]:
    """Yield ``blocks``; raise BadData once they have more than ``most`` bytes."""
    seen = 0
    for block in blocks:
        seen += len(block)
        if seen > most:
            raise BadData("over the size limit", f"more than {most} bytes")
        yield block


@contextlib.contextmanager
def spooled(blocks: Iterable[bytes], scratch: Path | None) -> Iterator[ByteRange]:
    """Write ``blocks`` to a temporary file in ``scratch`` (None: the system's folder); yield its byte range."""
    with tempfile.TemporaryFile(dir=scratch, prefix="indexer-") as file:
        for block in blocks:
            file.write(block)
        file.flush()
        yield Volumes([VolumePart("spool", file.tell(), file.fileno())]).window()
