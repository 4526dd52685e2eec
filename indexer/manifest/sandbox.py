"""SQL that a user or a stranger wrote, over a manifest, where it can do no harm.

The query runs in a child process on a read-only connection without access to files, extensions, other databases or
Python's variables, under limits for memory and time; its rows come back as an Arrow stream. DuckDB calls its settings
"defense in depth, not a sandbox", so the child may not write files either (RLIMIT_FSIZE) and is killed when its time is
up: an interrupt is not always heard.
"""

import os
import re
import resource
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, cast

import duckdb
import pyarrow as pa

from indexer.base.errors import QueryError
from indexer.base.suggestions import nearest
from indexer.manifest.schema import use_current_views

_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",
    "max_temp_directory_size": "0KB",
}
_ALLOWED = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN, duckdb.StatementType.MULTI)  # MULTI is PIVOT
_ROWS_A_BATCH = 50_000
_LONGEST_MESSAGE = 2_000
_OUTSIDE_DUCKDB = 2 << 30  # bytes a child may use beside DuckDB's own limit: Python, Arrow, buffers of functions
_REFUSED = 3


@dataclass(frozen=True, slots=True)
class QueryLimits:
    """What a query may use: ``memory`` in MB, ``seconds`` of wall-clock time, and threads."""

    memory: int = 4_000
    seconds: float = 600.0
    threads: int = 2


@dataclass(frozen=True, slots=True)
class QueryResult:
    """Rows on their way: iterate over the batches once."""

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]


@contextmanager
def query(manifest: Path, text: str, bounds: QueryLimits) -> Iterator[QueryResult]:
    """Run one SELECT over the manifest in a child process; leaving the context ends the child.

    Raises:
        QueryError: the text is no single SELECT, is wrong, asks for what is not allowed, or takes too long. While
            rows are read, too.
    """
    with _child(manifest, bounds) as child:
        timer = threading.Timer(bounds.seconds, child.kill)
        timer.start()
        try:
            yield _ask(child, text, bounds)
        finally:
            timer.cancel()
            child.kill()


def _child(manifest: Path, bounds: QueryLimits) -> subprocess.Popen[bytes]:
    """A fresh interpreter that finds modules where this one does, and nowhere else."""
    limits = (str(bounds.memory), str(bounds.threads))
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "indexer.manifest.sandbox", str(manifest), *limits],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def _ask(child: subprocess.Popen[bytes], text: str, bounds: QueryLimits) -> QueryResult:
    try:
        with cast(IO[bytes], child.stdin) as question:
            question.write(text.encode("utf-8", "surrogateescape"))
        stream = pa.ipc.open_stream(child.stdout)
    except (OSError, pa.ArrowInvalid):
        raise _failure(child, bounds) from None
    return QueryResult(stream.schema, _batches(stream, child, bounds))


def _batches(
    stream: pa.RecordBatchReader, child: subprocess.Popen[bytes], bounds: QueryLimits
) -> Iterator[pa.RecordBatch]:
    try:
        yield from stream
    except (OSError, pa.ArrowInvalid):
        raise _failure(child, bounds) from None
    if child.wait():  # a stream that was cut between two batches looks whole
        raise _failure(child, bounds)


def _failure(child: subprocess.Popen[bytes], bounds: QueryLimits) -> QueryError:
    """Why the child gave no (more) rows."""
    message = cast(IO[bytes], child.stderr).read(_LONGEST_MESSAGE * 4).decode("utf-8", "replace").strip()
    status = child.wait()
    if status == _REFUSED:
        return QueryError(message)
    if status < 0 and not message:
        return QueryError(
            f"the query was ended after {bounds.seconds:g} seconds or for want of memory:"
            " ask for less, or allow more with --timeout and --memory"
        )
    raise RuntimeError(f"the query's process ended with status {status}: {message}")


def _run(path: str, memory: int, threads: int, source: BinaryIO, sink: BinaryIO) -> None:
    """The child's work: the query from ``source``, its rows to ``sink``."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    allowed = memory * 1_000_000 + _OUTSIDE_DUCKDB
    resource.setrlimit(resource.RLIMIT_DATA, (allowed, allowed))
    statement = _single_select(source.read().decode("utf-8", "replace"))
    with _connect(path, memory, threads) as connection:
        _send(connection.sql(statement), sink)


def _send(rows: duckdb.DuckDBPyRelation, sink: BinaryIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of an EXPLAIN's copied rows
        reader = rows.to_arrow_reader(_ROWS_A_BATCH)
    with pa.ipc.new_stream(sink, reader.schema) as stream:
        for batch in reader:
            stream.write_batch(batch)


def _connect(path: str, memory: int, threads: int) -> duckdb.DuckDBPyConnection:
    config = {**_SETTINGS, "memory_limit": f"{memory}MB", "threads": str(threads)}
    connection = duckdb.connect(path, read_only=True, config=config)
    use_current_views(connection)
    connection.execute("set lock_configuration = true").fetchall()
    return connection


def _single_select(text: str) -> str:
    statements = duckdb.extract_statements(text)
    if len(statements) != 1 or statements[0].type not in _ALLOWED:
        raise QueryError(
            "give one SELECT: a manifest is only read here, and rows are written with --format and --output"
        )
    return str(statements[0].query)


def _explain(error: Exception, path: str) -> str:
    """DuckDB's message as one line, without its excerpt of the query; the nearest table where one is missing."""
    message = re.sub(r"\s*\n\s*", " ", str(error).split("\n\nLINE ")[0]).strip()
    missing = re.match(r"Catalog Error: Table with name (.+?) does not exist!", message)
    if missing:
        message = f"{missing.group()} {_tables_like(missing.group(1), path)}"
    if isinstance(error, duckdb.PermissionException):
        message += ": a query only reads the manifest; rows are written with --format and --output"
    return message[:_LONGEST_MESSAGE]


def _tables_like(name: str, path: str) -> str:
    with duckdb.connect(path, read_only=True, config=_SETTINGS) as connection:
        rows = connection.execute(
            "select distinct table_name from information_schema.tables order by table_name"
        ).fetchall()
    hint = nearest(name, [table for (table,) in rows])
    return hint[:1].upper() + hint[1:]  # a sentence of its own, behind DuckDB's


def main() -> None:
    """Run as a child: ``python -m indexer.manifest.sandbox MANIFEST MEMORY THREADS``, the query on standard input."""
    path, memory, threads = sys.argv[1:]
    try:
        _run(path, int(memory), int(threads), sys.stdin.buffer, sys.stdout.buffer)
    except BrokenPipeError:
        sys.stderr.close()  # whoever asked has seen enough
    except (duckdb.Error, QueryError, MemoryError, OSError, pa.ArrowException) as error:
        sys.stderr.write(_explain(error, path))  # an error amid the rows comes wrapped in Arrow's own
        sys.exit(_REFUSED)


if __name__ == "__main__":
    main()
