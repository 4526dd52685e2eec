"""The bytes of a response between network and shard: in memory while they are few, else in a file."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from indexer.base.durable import output_errors

_IN_MEMORY = 1 << 20  # bytes of a body before it moves to a file
_READ_SIZE = 1 << 20


class ResponseBody:
    """A growing sequence of bytes that is read back in chunks; chunks in memory are not copied.

    ``scratch`` is the folder for bodies too large for memory. Such a file has no name and disappears with this process.
    """

    def __init__(self, scratch: Path) -> None:
        self.size = 0
        self._scratch = scratch
        self._chunks: list[bytes] = []
        self._file: IO[bytes] | None = None

    def append(self, chunk: bytes) -> None:
        """Add ``chunk`` to the end.

        Raises:
            OutputError: ``scratch`` cannot be written.
        """
        self.size += len(chunk)
        self._chunks.append(chunk)
        if self.size > _IN_MEMORY:
            self._move_to_file()

    def _move_to_file(self) -> None:
        with output_errors(self._scratch):
            self._file = self._file or tempfile.TemporaryFile(dir=self._scratch)  # noqa: SIM115 - closed by `close`
            self._file.writelines(self._chunks)
        self._chunks.clear()

    def chunks(self) -> Iterator[bytes]:
        """Yield all bytes from the start."""
        if not self._file:
            yield from self._chunks
            return
        self._file.seek(0)
        while chunk := self._file.read(_READ_SIZE):
            yield chunk

    def head(self, length: int | None = None) -> bytes:
        """Return the first ``length`` bytes, or all bytes for None."""
        if self._file:
            self._file.seek(0)
            return self._file.read(-1 if length is None else length)
        return b"".join(self._chunks)[:length]

    def close(self) -> None:
        """Free memory and disk."""
        self._chunks.clear()
        if self._file:
            self._file.close()
