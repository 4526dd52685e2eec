"""A file object over bytes that are read by offset: objects in storage, and ranges of archives."""

import io
from typing import Protocol


class ByteSource(Protocol):
    """Bytes that are read by offset."""

    @property
    def size(self) -> int:
        """The number of bytes."""

    def read(self, offset: int, size: int) -> bytes:
        """Return ``size`` bytes at ``offset``, fewer at the end."""


class ByteFile(io.RawIOBase):
    """The bytes of a source as a file object for Arrow."""

    def __init__(self, source: ByteSource) -> None:
        super().__init__()
        self._source, self._position = source, 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position of the next byte."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Set the position: ``offset`` from the start, from the position, or from the end."""
        self._position = offset + (0, self._position, self._source.size)[whence]
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        """Return ``size`` bytes; all remaining ones by default."""
        count = self._source.size if size is None or size < 0 else size
        data = self._source.read(self._position, count)
        self._position += len(data)
        return data
