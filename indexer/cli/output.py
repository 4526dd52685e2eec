"""Open the destination of a command's result: standard output, or a file that appears when it is complete."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from indexer.base.errors import ConfigError, OutputError


@contextmanager
def open_output(output: Path | None, *, binary: bool = False) -> Iterator[BinaryIO]:
    """Open standard output, or the file ``output``, which is replaced only if the context ends without an error.

    Raises:
        ConfigError: ``binary`` data would be written to a terminal.
        OutputError: the output cannot be written.
    """
    if output:
        with _temporary_file(output) as out:
            yield out
        return
    if binary and sys.stdout.isatty():
        raise ConfigError("this format is binary: write it to a file with --output, or redirect standard output")
    try:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"standard output cannot be written: {error.strerror or error}") from error


@contextmanager
def _temporary_file(path: Path) -> Iterator[BinaryIO]:
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
        with suppress(OSError):  # a folder that cannot be written to contains no temporary file
            unfinished.unlink(missing_ok=True)
