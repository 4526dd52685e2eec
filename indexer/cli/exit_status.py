"""How a program ends: what is said of an error, and the exit status that the contract names for it."""

import errno
import os
import shlex
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import click

from indexer.base.errors import CheckFailed, ProjectError
from indexer.cli import messages

DONE, FOUND, WRONG_INPUT, INTERRUPTED = 0, 1, 2, 130

# What a command that did not get through leaves behind, where that is not plain.
_KEPT = {
    "scan": "the containers that were read are in the manifest",
    "select": "the manifest is as it was",
    "build": "the shards that are finished are kept",
    "fetch": "the files that are finished are kept",
    "sql": "the manifest is only read",
    "stats": "the manifest is only read",
}
_NO_SPACE = os.strerror(errno.ENOSPC)
_signals: list[int] = []  # that came to this process


def heed_signals() -> None:
    """Take SIGTERM for what Ctrl-C is: whoever ends us finds the same order. Where a shell ignores Ctrl-C, so do we."""
    signal.signal(signal.SIGTERM, _stop)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _stop)


def heed_no_more() -> None:
    """All is done but Python's own exit, in which an error could go nowhere."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def _stop(number: int, frame: FrameType | None) -> None:
    _signals.append(number)
    signal.default_int_handler(number, frame)


def status_of(group: click.Group, package: str) -> int:
    """Run the command line of ``package``; an error that is nobody's but ours is raised."""
    try:
        group.main(prog_name=package, standalone_mode=False)
    except BaseException as error:
        tell = _teller(error)
        if tell is None:
            raise
        return tell(error, package)
    return DONE


def _teller(error: BaseException) -> Callable[[Any, str], int] | None:
    """Who tells of an error; None where only a traceback helps."""
    debug = "--debug" in sys.argv
    if debug and isinstance(error, ProjectError):
        return None
    if _signals:  # DuckDB and Arrow make errors of their own out of what a signal raises while they call Python
        return _interrupted
    if _NO_SPACE in str(error) and not isinstance(error, ProjectError) and not debug:
        return _full
    if type(error).__name__ in _OF_DATABASES and not debug:
        return _OF_DATABASES[type(error).__name__]
    return next((tell for kinds, tell in _TELLERS.items() if isinstance(error, kinds)), None)


def _left(stop: click.exceptions.Exit, _: str) -> int:
    return stop.exit_code


def _misused(error: click.UsageError, package: str) -> int:
    command = error.ctx.command_path if error.ctx else package
    said = error.format_message()
    stop = "" if said.endswith((".", "?")) else "."
    return _refuse(f"{said}{stop} See: python -m {command} --help")


def _unasked(error: click.exceptions.NoArgsIsHelpError, _: str) -> int:
    """No command was named: the message is the list of them, already as it should be read."""
    messages.tell(error.format_message(), event="error", status=WRONG_INPUT)
    return WRONG_INPUT


def _wrong(error: ProjectError, _: str) -> int:
    return _refuse(str(error))


def _full(error: BaseException, package: str) -> int:
    """A disk is full, whoever noticed: Python, DuckDB or Arrow."""
    return _stopped(error, "free some space", package)


def _failing(error: BaseException, package: str) -> int:
    """DuckDB could not write."""
    return _stopped(error, "see whether the manifest's disk fails", package)


def _starving(error: BaseException, package: str) -> int:
    """DuckDB has too little memory for one of its steps."""
    return _stopped(error, "raise memory in [database] of local.cfg", package)


def _stopped(error: BaseException, advice: str, package: str) -> int:
    where = " ".join(str(error).split())
    return _refuse(f"{where}: {_kept()}; {advice}, then go on: {_again(package)}")


def _refuse(message: str) -> int:
    messages.tell(message, event="error", prefix="error: ", status=WRONG_INPUT)
    return WRONG_INPUT


def _found(error: CheckFailed, _: str) -> int:
    if str(error):
        messages.tell(str(error), event="found", status=FOUND)
    return FOUND


def _interrupted(_: BaseException, package: str) -> int:
    messages.tell(f"interrupted: {_kept()}; to go on: {_again(package)}", event="interrupted", status=INTERRUPTED)
    return INTERRUPTED


def _unread(_: SystemExit, __: str) -> int:
    """Nobody reads our output any more: click says so by SystemExit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return DONE


def _kept() -> str:
    return next((_KEPT[word] for word in sys.argv[1:] if word in _KEPT), "what is finished is kept")


def _again(package: str) -> str:
    return shlex.join(["python", "-m", package, *sys.argv[1:]])


# DuckDB's errors by their names: it takes too long to load for just these.
_OF_DATABASES: dict[str, Callable[[Any, str], int]] = {
    "FatalException": _failing,
    "IOException": _failing,
    "OutOfMemoryException": _starving,
}
_TELLERS: dict[type[BaseException] | tuple[type[BaseException], ...], Callable[[Any, str], int]] = {
    click.exceptions.Exit: _left,
    click.exceptions.NoArgsIsHelpError: _unasked,
    click.UsageError: _misused,
    ProjectError: _wrong,
    CheckFailed: _found,
    (KeyboardInterrupt, click.Abort): _interrupted,
    SystemExit: _unread,
}
