"""Let the threads of a process open one manifest in turn.

DuckDB opens a file once per process, with one set of options for all connections: a thread cannot write while others
read, and a query takes external access from all. So readers share a file, and all others have it alone.
"""

import os
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

_TURNS: dict[str, list["Turn"]] = defaultdict(list)  # by file, in the order of the calls
_ENDED = threading.Condition()


@dataclass(eq=False, slots=True)
class Turn:
    """The right of a thread to have a file open, until :meth:`end`."""

    file: str
    is_alone: bool
    thread: int

    def end(self) -> None:
        """Let others have the file. A second call, or one in a forked process, has no effect."""
        with _ENDED:
            with suppress(ValueError):
                _TURNS[self.file].remove(self)
            _ENDED.notify_all()

    def is_next(self) -> bool:
        """Return whether no earlier turn excludes this one."""
        earlier = takewhile(lambda turn: turn is not self, list(_TURNS[self.file]))
        return not any(self.is_alone or turn.is_alone for turn in earlier)


def take(path: Path, *, alone: bool) -> Turn:
    """Wait until no other thread has the file ``alone`` (or, if this one is to have it alone, open).

    Threads have the file in the order of their calls: otherwise many readers could keep a writer waiting for ever. A
    thread that has the file does not wait: another thread may be waiting for it.
    """
    turn = Turn(os.path.realpath(path), alone, threading.get_ident())
    with _ENDED:
        turns = _TURNS[turn.file]
        has_file = any(other.thread == turn.thread for other in turns)
        turns.append(turn)
        try:
            _ENDED.wait_for(lambda: has_file or turn.is_next())
        except BaseException:  # Ctrl-C
            turn.end()
            raise
    return turn


@contextmanager
def taken(path: Path) -> Iterator[None]:
    """Share a file with readers, for a child process that reads it."""
    turn = take(path, alone=False)
    try:
        yield
    finally:
        turn.end()


def _forget() -> None:
    """Forget the turns of threads that a forked process does not have."""
    global _ENDED  # noqa: PLW0603 - a lock that another thread held at the fork is never released
    _ENDED = threading.Condition()
    _TURNS.clear()


os.register_at_fork(after_in_child=_forget)
