"""The bytes of an answer, from the network to their shard: in memory while they are few, else in a file."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from indexer.base.errors import OutputError

_IN_MEMORY = 1 << 20  # bytes of a body before it goes to disk
_PIECE = 1 << 20


class Body:
    """Grows by pieces and gives them back in their order; nothing is copied that stays in memory.

    ``scratch`` is the folder for what is too large for memory; such a file has no name and goes with this process.
    """

    def __init__(self, scratch: Path) -> None:
        self.size = 0
        self._scratch = scratch
        self._pieces: list[bytes] = []
        self._file: IO[bytes] | None = None

    def add(self, piece: bytes) -> None:
        """Put ``piece`` behind what is there.

        Raises:
            OutputError: ``scratch`` cannot be written.
        """
        self.size += len(piece)
        self._pieces.append(piece)
        if self.size > _IN_MEMORY:
            self._spill()

    def _spill(self) -> None:
        """Move what is in memory to the file."""
        try:
            self._file = self._file or tempfile.TemporaryFile(dir=self._scratch)  # noqa: SIM115
            self._file.writelines(self._pieces)
        except OSError as error:
            raise OutputError(f"{self._scratch} cannot be written ({error}): run again when that is mended") from error
        self._pieces.clear()

    def pieces(self) -> Iterator[bytes]:
        """All bytes from the start."""
        if not self._file:
            yield from self._pieces
            return
        self._file.seek(0)
        while piece := self._file.read(_PIECE):
            yield piece

    def start(self, length: int | None = None) -> bytes:
        """The first ``length`` bytes, None: all of them."""
        if self._file:
            self._file.seek(0)
            return self._file.read(-1 if length is None else length)
        return b"".join(self._pieces)[:length]

    def close(self) -> None:
        """Give back memory and disk."""
        self._pieces.clear()
        if self._file:
            self._file.close()
