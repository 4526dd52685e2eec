"""Turn errors into messages and the documented exit statuses."""

import errno
import os
import shlex
import sys
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, TextIO

import click

from indexer.base.errors import CheckFailed, ProjectError, message_of
from indexer.cli.printing.messages import print_message, printable
from indexer.cli.running import signals

DONE, FOUND, WRONG_INPUT, INTERRUPTED = 0, 1, 2, 130

# The results that remain after a command was stopped.
_KEPT = {
    "scan": "containers that were read are in the manifest",
    "select": "the manifest is unchanged",
    "build": "finished shards are kept",
    "fetch": "finished files are kept",
    "sql": "the manifest is unchanged",
    "stats": "the manifest is unchanged",
}
_NO_SPACE = (os.strerror(errno.ENOSPC), os.strerror(errno.EDQUOT))
_has_reported_interruption = threading.Event()


def open_missing_streams() -> None:
    """Replace standard streams that the parent closed by the null device, so that no file gets their descriptors."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123


def run_group(group: click.Group, package: str) -> int:
    """Run the command line of ``package`` and return its exit status. Exceptions that are bugs are raised."""
    try:
        group.main(prog_name=package, standalone_mode=False)
    except BaseException as error:
        report = _reporter_of(error)
        if report is None:
            raise
        return flush_output(report(error, package))
    return flush_output(DONE)


def flush_output(status: int) -> int:
    """Flush the standard streams and return the exit status: ``status``, or WRONG_INPUT if results were lost.

    A closed pipe is not an error: the reader has read enough.
    """
    error = _flush(sys.stdout)
    if error and error.errno != errno.EPIPE and status in {DONE, FOUND}:
        status = _print_error(f"standard output cannot be written: {error.strerror or error}")
    _flush(sys.stderr)
    return status


def _flush(stream: TextIO) -> OSError | None:
    """Flush ``stream`` and return the error, if any. The interpreter flushes again at exit, and must not fail then."""
    try:
        if not stream.closed:  # by Arrow, after it failed to write
            stream.flush()
    except OSError as error:
        _discard_output(stream)
        return error
    return None


def _discard_output(stream: TextIO) -> None:
    if not stream.closed:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _reporter_of(error: BaseException) -> Callable[[Any, str], int] | None:
    """Return the function that reports an error; None if the traceback should be shown."""
    debug = "--debug" in sys.argv
    if debug and isinstance(error, ProjectError):
        return None
    if signals.received:  # DuckDB and Arrow replace the exception of a signal that arrives while they call Python
        return _report_interrupted
    expected = next((report for kinds, report in _REPORTERS.items() if isinstance(error, kinds)), None)
    return expected or (None if debug else _reporter_of_machine(error))


def _reporter_of_machine(error: BaseException) -> Callable[[Any, str], int] | None:
    """Return the function that reports an error of a disk, a file system or a limit; None for a bug."""
    if any(text in str(error) for text in _NO_SPACE):
        return partial(_report_stopped, "free some space")
    if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
        return partial(_report_stopped, "raise the limit of open files (ulimit -n)")
    if isinstance(error, OSError) and error.filename is not None and error.errno in _FILE_ADVICE:
        return _report_file
    name = type(error).__name__
    return partial(_report_stopped, _DATABASE_ADVICE[name]) if name in _DATABASE_ADVICE else None


def _report_usage_error(error: click.UsageError, package: str) -> int:
    called = [package, *(word for word in sys.argv[1:2] if not word.startswith("-"))]
    command = error.ctx.command_path if error.ctx else " ".join(called)
    message = error.format_message()
    stop = "" if message.endswith((".", "?")) else "."
    return _print_error(f"{message}{stop} See: python -m {command} --help")


def _report_missing_command(error: click.exceptions.NoArgsIsHelpError, _: str) -> int:
    """Print the help text, which is the message of this error."""
    print_message(error.format_message(), event="error", status=WRONG_INPUT)
    return WRONG_INPUT


def _report_stopped(advice: str, error: BaseException, package: str) -> int:
    message = message_of(error)
    return _print_error(f"{message}: {_kept()}; {advice}, then continue with: {_command_line(package)}")


def _report_file(error: OSError, _: str) -> int:
    file = printable(os.fsdecode(error.filename))
    return _print_error(f"{file} cannot be used ({error.strerror}): {_FILE_ADVICE[error.errno or 0]}")


def _report_found(error: CheckFailed, _: str) -> int:
    if str(error):
        print_message(str(error), event="found", status=FOUND)
    return FOUND


def report_interruption(package: str) -> int:
    """Print that the command was interrupted, once, and return the exit status."""
    if not _has_reported_interruption.is_set():
        _has_reported_interruption.set()
        message = f"interrupted: {_kept()}; continue with: {_command_line(package)}"
        print_message(message, event="interrupted", status=INTERRUPTED)
    return INTERRUPTED


def _report_interrupted(_: BaseException, package: str) -> int:
    return report_interruption(package)


def _print_error(message: str) -> int:
    print_message(message, event="error", prefix="error: ", status=WRONG_INPUT)
    return WRONG_INPUT


def _report_closed_pipe(_: BaseException, __: str) -> int:
    """Report nothing: the reader of standard output has read enough."""
    _discard_output(sys.stdout)
    return DONE


def _kept() -> str:
    return next((_KEPT[word] for word in sys.argv[1:] if word in _KEPT), "finished results are kept")


def _command_line(package: str) -> str:
    return shlex.join(["python", "-m", package, *sys.argv[1:]])


# Errors of a file system that no command expects at every path.
_FILE_ADVICE = {
    errno.EACCES: "correct its permissions, or name another path",
    errno.EPERM: "correct its permissions, or name another path",
    errno.EROFS: "its file system is read-only: name another path",
    errno.ENAMETOOLONG: "name a shorter path",
    errno.ELOOP: "correct the symbolic links of this path",
    errno.EIO: "check its disk, then run the same command again",
    errno.ESTALE: "check its disk, then run the same command again",
}
# DuckDB's errors by name: importing DuckDB here would slow down every start.
_DATABASE_ADVICE = {
    "FatalException": "check the manifest's disk",
    "IOException": "check the manifest's disk",
    "OutOfMemoryException": "increase memory in [database] of local.cfg",
}
_REPORTERS: dict[type[BaseException] | tuple[type[BaseException], ...], Callable[[Any, str], int]] = {
    click.exceptions.Exit: lambda error, _: int(error.exit_code),
    click.exceptions.NoArgsIsHelpError: _report_missing_command,
    click.UsageError: _report_usage_error,
    ProjectError: lambda error, _: _print_error(str(error)),
    CheckFailed: _report_found,
    (KeyboardInterrupt, click.Abort): _report_interrupted,
    SystemExit: _report_closed_pipe,  # click raises it for a closed pipe
}
