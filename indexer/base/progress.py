"""The protocol of progress reports. The command line implements how they are displayed."""

from contextlib import AbstractContextManager
from typing import Protocol


class Bar(Protocol):
    """The progress of one phase."""

    def advance(self, items: int = 1, *, size: int = 0, errors: int = 0) -> None:
        """Count ``items`` more as done, with ``size`` bytes; ``errors`` of them failed."""


class Progress(Protocol):
    """Opens a bar per phase."""

    def phase(self, title: str, total: int | None, unit: str) -> AbstractContextManager[Bar]:
        """Show a phase of ``total`` items (None: unknown) until the context ends."""


class _Silence:
    """Shows nothing: for calls from Python, tests and ``--quiet``."""

    def phase(self, title: str, total: int | None, unit: str) -> "_Silence":  # noqa: ARG002
        """Open a phase that shows nothing."""
        return self

    def advance(self, items: int = 1, *, size: int = 0, errors: int = 0) -> None:
        """Count nothing."""

    def __enter__(self) -> "_Silence":
        return self

    def __exit__(self, *_: object) -> None:
        return None


SILENT: Progress = _Silence()
