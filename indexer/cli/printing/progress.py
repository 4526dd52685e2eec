"""Progress on standard error: a bar in a terminal, one line every ten seconds elsewhere."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from indexer.base.progress import Bar, Progress

_SECONDS_BETWEEN_LINES = 10.0


def progress_display(*, as_json: bool = False) -> Progress:
    """Return a bar in a terminal, else text lines; with ``as_json``, JSON lines."""
    if as_json:
        return _JsonLines()
    return _Terminal() if sys.stderr.isatty() else _Lines()


class _Counts:
    """Items, bytes and errors so far, and the start time."""

    def __init__(self, title: str, total: int | None, unit: str) -> None:
        self.title, self.total, self.unit = title, total, unit
        self.items = self.size = self.errors = 0
        self.started = time.monotonic()

    def add(self, items: int, size: int, errors: int) -> None:
        self.items += items
        self.size += size
        self.errors += errors

    def text(self) -> str:
        """Return ``1,200 of 5,000 images, 400/s, 95 MB/s, 3 errors``."""
        seconds = max(time.monotonic() - self.started, 1e-6)
        of_total = f" of {self.total:,}" if self.total is not None else ""
        volume = f", {self.size / seconds / 1e6:,.0f} MB/s" if self.size else ""
        errors = f", {self.errors:,} errors" if self.errors else ""
        return f"{self.items:,}{of_total} {self.unit}, {self.items / seconds:,.0f}/s{volume}{errors}"


class _Terminal:
    def phase(self, title: str, total: int | None, unit: str) -> AbstractContextManager[Bar]:
        return self._bar(_Counts(title, total, unit))

    @contextmanager
    def _bar(self, counts: _Counts) -> Iterator[Bar]:
        from rich import console, progress  # noqa: PLC0415 - 54 modules, which only terminals need

        columns = (
            progress.TextColumn("{task.description}"),
            progress.BarColumn(),
            progress.TextColumn("{task.fields[text]}"),
            progress.TimeRemainingColumn(),
        )
        with progress.Progress(*columns, console=console.Console(stderr=True)) as display:
            task = display.add_task(counts.title, total=counts.total, text="")
            yield _TerminalBar(counts, lambda n: display.update(task, advance=n, text=counts.text()))


class _TerminalBar:
    def __init__(self, counts: _Counts, update: Callable[[int], None]) -> None:
        self.counts, self.update = counts, update

    def advance(self, items: int = 1, *, size: int = 0, errors: int = 0) -> None:
        self.counts.add(items, size, errors)
        self.update(items)


class _Lines:
    @contextmanager
    def phase(self, title: str, total: int | None, unit: str) -> Iterator[Bar]:
        bar = _LineBar(_Counts(title, total, unit))
        yield bar
        if total != 0:
            bar.print_line()


class _JsonLines:
    @contextmanager
    def phase(self, title: str, total: int | None, unit: str) -> Iterator[Bar]:
        bar = _JsonBar(_Counts(title, total, unit))
        yield bar
        bar.print_line("done")


class _LineBar:
    def __init__(self, counts: _Counts) -> None:
        self.counts = counts
        self.due = counts.started + _SECONDS_BETWEEN_LINES

    def advance(self, items: int = 1, *, size: int = 0, errors: int = 0) -> None:
        self.counts.add(items, size, errors)
        if time.monotonic() >= self.due:
            self.due = time.monotonic() + _SECONDS_BETWEEN_LINES
            self.print_line()

    def print_line(self) -> None:
        counts, remaining = self.counts, ""
        if counts.total and 0 < counts.items < counts.total:
            seconds = (time.monotonic() - counts.started) / counts.items * (counts.total - counts.items)
            remaining = f", {seconds:,.0f} s left"
        print(f"{counts.title}: {counts.text()}{remaining}", file=sys.stderr)


class _JsonBar(_LineBar):
    def print_line(self, event: str = "progress") -> None:
        counts = self.counts
        facts = {"phase": counts.title, "items": counts.items, "total": counts.total, "unit": counts.unit,
                 "bytes": counts.size, "errors": counts.errors,
                 "seconds": round(time.monotonic() - counts.started, 3)}  # fmt: skip
        print(json.dumps({"event": event, **facts}), file=sys.stderr, flush=True)
