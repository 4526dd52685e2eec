"""What long work tells about itself; how it is shown is the command line's business."""

from contextlib import AbstractContextManager
from typing import Protocol


class Bar(Protocol):
    """One phase under way."""

    def advance(self, items: int = 1, *, size: int = 0, errors: int = 0) -> None:
        """``items`` more are done, ``size`` bytes with them, ``errors`` of them bad."""


class Progress(Protocol):
    """Opens a bar for each phase."""

    def phase(self, title: str, total: int | None, unit: str) -> AbstractContextManager[Bar]:
        """Show a phase of ``total`` items (None: not known) until the context ends."""


class _Silence:
    """Shows nothing: for libraries' callers, tests and ``--quiet``."""

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
