"""Run a query inside the child process of the sandbox, on a read-only connection with locked settings."""

import os
import re
import shutil
import sys
import threading
import warnings
from difflib import get_close_matches
from pathlib import Path

import duckdb
import pyarrow as pa

from indexer.base.errors import QueryError
from indexer.manifest import query_tables, sandbox_kernel, schema
from indexer.manifest.sandbox_job import LENGTH_BYTES, REFUSED, Job
from indexer.manifest.sandbox_statements import checked_select
from indexer.manifest.stored_code import catalog_of

SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_persistent_secrets": "false",
    "python_enable_replacements": "false",
    "max_temp_directory_size": "0KB",
}
# DuckDB reads them when it starts, to count processors and memory.
_SYSTEM_FILES = tuple(
    map(Path, ("/proc/self/cgroup", "/proc/stat", "/proc/meminfo", "/sys/fs/cgroup", "/sys/devices/system/cpu"))
)
_ROWS_PER_BATCH = 50_000
_LONGEST_MESSAGE = 2_000


def run(job: Job, manifest: Path) -> int:
    """Execute the query from standard input on ``manifest``; returns the exit status."""
    try:
        connection = connect(job, manifest)
        catalog = catalog_of(connection)
        statement = checked_select(connection, _received(), catalog)
        _send(connection.sql(statement), job.output * 1_000_000)
    except BrokenPipeError:
        return REFUSED  # the parent needs no more rows
    except (duckdb.Error, QueryError, MemoryError, OSError, pa.ArrowException, RecursionError) as error:
        sys.stderr.write(one_line(error))  # an error between two batches is wrapped by Arrow
        sys.stderr.flush()
        return REFUSED
    return 0


def connect(job: Job, manifest: Path) -> duckdb.DuckDBPyConnection:
    """Open the manifest read only, with the current views, the job's further tables, and settings that are locked.

    Afterwards this process can open no file but those of the further tables, if the kernel has Landlock.

    Raises:
        QueryError: a further table cannot be read, or has the name of a table of the manifest.
    """
    schema.definitions()  # reads files of this program
    opened = {name: query_tables.opened(Path(path)) for name, path in job.tables.items()}
    tables = [Path(path) for path in job.tables.values()]
    sandbox_kernel.landlock(readable=[manifest, Path(f"{manifest}.wal"), *tables, *_SYSTEM_FILES])
    config = {**SETTINGS, "memory_limit": f"{job.memory}MB", "threads": str(job.threads)}
    connection = duckdb.connect(str(manifest), read_only=True, config=config)
    schema.use_current_views(connection)
    own = catalog_of(connection).tables if opened else ()
    for name, data in opened.items():
        if (name.lower(),) in own:
            raise QueryError(f"the manifest has a table {name}: give the further table another name")
        connection.register(name, data)
    connection.execute("set lock_configuration = true").fetchall()
    sandbox_kernel.landlock(readable=tables)
    if manifest != Path(job.manifest):
        shutil.rmtree(manifest.parent)  # a copy, which is open now
    return connection


def _received() -> str:
    """Return the query from standard input, which the parent keeps open: its end is the end of the parent."""
    length = int.from_bytes(sys.stdin.buffer.read(LENGTH_BYTES))
    text = sys.stdin.buffer.read(length)
    if len(text) < length:
        raise QueryError("the program that sent the query has ended")
    threading.Thread(target=_end_with_input, daemon=True).start()
    return text.decode("utf-8", "replace")


def _end_with_input() -> None:
    os.read(sys.stdin.fileno(), 1)
    os._exit(REFUSED)


def _send(rows: duckdb.DuckDBPyRelation, allowed: int) -> None:
    """Write the rows of a query to standard output, up to ``allowed`` bytes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of an EXPLAIN's copied rows
        reader = rows.to_arrow_reader(_ROWS_PER_BATCH)
    with pa.ipc.new_stream(sys.stdout.buffer, reader.schema) as stream:
        for batch in reader:
            allowed -= batch.get_total_buffer_size()
            if allowed < 0:
                raise QueryError("the rows of the query take too many bytes: select fewer columns or rows")
            stream.write_batch(batch)
    sys.stdout.buffer.flush()


def one_line(error: Exception) -> str:
    """Return the message of an error as one line, without DuckDB's excerpt of the query."""
    message = re.sub(r"\s*\n\s*", " ", str(error).split("\n\nLINE ")[0]).strip() or type(error).__name__
    if isinstance(error, duckdb.PermissionException):
        message += ": a query only reads the manifest; rows are written with --format and --output"
    return message[:_LONGEST_MESSAGE] + _advice(message)


def _advice(message: str) -> str:
    """Return what the user may have meant: a label's number, a text without quotes, or a key of ``extra``."""
    if re.search("Could not convert string '.*' to INT8", message):
        return ": a label is 0 (real) or 1 (fake)"
    unknown = re.match('Binder Error: Referenced column "([^"]{1,60})" not found.*?bindings: (.*)', message)
    if unknown and not get_close_matches(unknown[1], re.findall('"(.*?)"', unknown[2])):
        return (
            f": a text takes single quotes, '{unknown[1]}'; a column that a declaration adds is extra['{unknown[1]}']"
        )
    return ""
