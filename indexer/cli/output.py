"""Where a command's result goes: standard output, or a file that appears when it is whole."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from indexer.base.errors import ConfigError, OutputError


@contextmanager
def sink(output: Path | None, *, binary: bool = False) -> Iterator[BinaryIO]:
    """Standard output, or the file ``output``, which is replaced only when the context ends well.

    Raises:
        ConfigError: ``binary`` rows would go to a terminal.
        OutputError: the file cannot be written.
    """
    if output:
        with _finished(output) as out:
            yield out
        return
    if binary and sys.stdout.isatty():
        raise ConfigError("this format is not for a terminal: name a file with --output, or redirect the output")
    try:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"standard output cannot be written: {error.strerror or error}") from error


@contextmanager
def _finished(path: Path) -> Iterator[BinaryIO]:
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with unfinished.open("wb") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):  # where nothing may be written, nothing can be removed
            unfinished.unlink(missing_ok=True)
