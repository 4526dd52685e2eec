"""Run SQL that is untrusted over a manifest, in a process that can only read it.

::

    sandbox             start the process, send the query, receive the rows
    sandbox_job         the protocol between both processes
    sandbox_child       the process: the order in which it gives up its rights
    sandbox_kernel      Landlock, seccomp
    sandbox_query       DuckDB's settings, execution
    sandbox_statements  the statement's parsed form

Lines of defence, each of which is enough to keep every file unchanged: the text must be one SELECT by its parsed form;
DuckDB's connection is read only, without access to files, extensions and Python's variables; the kernel refuses to
open a file for writing. Time, memory and output are limited, and the process ends with the one that started it.
"""

import json
import os
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import IO, cast

import pyarrow as pa

from indexer.base.errors import QueryError
from indexer.base.startup import module_command
from indexer.manifest import turns
from indexer.manifest.sandbox_job import LENGTH_BYTES, REFUSED, Job

_LONGEST_MESSAGE = 8_000  # bytes
# The child gets no other variable: the environment often holds passwords and keys.
_ENVIRONMENT = ("LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "SYSTEMROOT", "TMPDIR", "TZ", "VIRTUAL_ENV")


@dataclass(frozen=True, slots=True)
class QueryLimits:
    """Limits of a query: ``memory`` and ``output`` in MB, ``seconds`` of wall-clock time, and threads."""

    memory: int = 4_000
    seconds: float = 600.0
    threads: int = 2
    output: int = 100_000


@dataclass(frozen=True, slots=True)
class QueryResult:
    """The rows of a query as they arrive: iterate over the batches once."""

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]


@contextmanager
def query(
    manifest: Path, text: str, limits: QueryLimits, tables: Mapping[str, Path] = MappingProxyType({})
) -> Iterator[QueryResult]:
    """Run one untrusted SELECT over the manifest in a child process; leaving the context ends the child.

    Use this for every SQL text that a user, a recipe or an export supplies, a part of a statement included: put a
    condition into ``select file_id from manifest where (CONDITION)``, with a line break before the closing bracket.

    Args:
        manifest: The DuckDB file, which no process has open for writing.
        text: One SELECT, or DESCRIBE, SUMMARIZE, SHOW, PIVOT, or EXPLAIN without ANALYZE.
        limits: What the query may use.
        tables: Further tables for the query: name -> a Parquet, CSV or Arrow IPC file, which is only read.

    Raises:
        QueryError: the text is not one SELECT, is wrong, uses something that is not allowed, or exceeds a limit. Also
            raised while rows are read.
    """
    with turns.taken(manifest), _child(manifest, limits, tables) as child:
        timer = threading.Timer(limits.seconds, child.kill)
        timer.start()
        try:
            yield _result(child, text, limits)
        finally:
            timer.cancel()
            child.kill()


def _child(manifest: Path, limits: QueryLimits, tables: Mapping[str, Path]) -> subprocess.Popen[bytes]:
    """Start an interpreter that finds modules where this one does, and nowhere else."""
    files = {name: str(path.absolute()) for name, path in tables.items()}
    job = Job(os.getpid(), str(manifest.absolute()), **asdict(limits), tables=files)
    kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    command, environment = module_command("indexer.manifest.sandbox_child", kept)
    return subprocess.Popen(
        [*command, json.dumps(asdict(job))],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def _result(child: subprocess.Popen[bytes], text: str, limits: QueryLimits) -> QueryResult:
    sent = text.encode("utf-8", "surrogatepass")  # the child replaces what is no UTF-8
    try:
        source = cast(IO[bytes], child.stdin)  # stays open: the child ends when it is closed
        source.write(len(sent).to_bytes(LENGTH_BYTES) + sent)
        source.flush()
        stream = pa.ipc.open_stream(child.stdout)
    except (OSError, pa.ArrowInvalid):
        raise _failure(child, limits) from None
    return QueryResult(stream.schema, _batches(stream, child, limits))


def _batches(
    stream: pa.RecordBatchReader, child: subprocess.Popen[bytes], limits: QueryLimits
) -> Iterator[pa.RecordBatch]:
    try:
        yield from stream
    except (OSError, pa.ArrowInvalid):
        raise _failure(child, limits) from None
    if child.wait():  # a stream that was cut between two batches looks complete
        raise _failure(child, limits)


def _failure(child: subprocess.Popen[bytes], limits: QueryLimits) -> QueryError:
    """Return the reason why the child returned no (more) rows."""
    message = cast(IO[bytes], child.stderr).read(_LONGEST_MESSAGE).decode("utf-8", "replace").strip()
    status = child.wait()
    if status == REFUSED:
        return QueryError(message)
    if status < 0 and not message:
        return QueryError(
            f"the query was ended after {limits.seconds:g} seconds or because memory ran out:"
            " select less, or raise --timeout or --memory"
        )
    raise RuntimeError(f"the query's process ended with status {status}: {message}")
