"""Open the destination of a command's result: standard output, or a file that appears when it is complete."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from indexer.base.durable import replacing
from indexer.base.errors import ConfigError, OutputError


def require_free(output: Path | None, *, force: bool) -> None:
    """Raise OutputError if the file ``output`` exists and may not be replaced. Devices may be written to."""
    if output and output.is_file() and not force:
        raise OutputError(f"{output} exists: name another file, or replace it with --force")


@contextmanager
def open_output(output: Path | None, *, binary: bool = False) -> Iterator[BinaryIO]:
    """Open standard output, or the file ``output``, which is replaced only if the context ends without an error.

    Raises:
        ConfigError: ``binary`` data would be written to a terminal.
        OutputError: the output cannot be written.
    """
    if output:
        try:
            with replacing(output) as out:
                yield out
        except OSError as error:
            raise OutputError(f"{output} cannot be written: {error.strerror or error}") from error
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
