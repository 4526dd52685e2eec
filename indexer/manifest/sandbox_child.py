"""The process that runs one query of the sandbox: ``python -m indexer.manifest.sandbox_child JOB``.

JOB is JSON (:class:`indexer.manifest.sandbox_job.Job`). The query arrives on standard input. Its rows leave on standard
output as an Arrow stream, and a refusal leaves on standard error as one line.

The order matters: rights to write are taken before any library starts a thread, rights to read once everything is
loaded, and the query is read last.
"""

import gc
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from indexer.base.processes import end_with_parent
from indexer.base.startup import without_numpy
from indexer.manifest import sandbox_kernel
from indexer.manifest.sandbox_job import Job

_LARGEST_COPY = 4 << 30  # bytes
_OUTSIDE_DUCKDB = 2 << 30  # bytes a child may use besides DuckDB's own limit: Python, Arrow, buffers of functions


def limit_resources(job: Job) -> None:
    """Limit time and memory, and forbid to enlarge files, by the kernel."""
    allowed = job.memory * 1_000_000 + _OUTSIDE_DUCKDB
    resource.setrlimit(resource.RLIMIT_DATA, (allowed, allowed))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, job.seconds)


def private_copy(path: Path) -> Path:
    """Copy the manifest to a new folder, for systems whose kernel cannot prevent writing.

    Raises:
        OSError: the manifest is too large for that, or cannot be copied.
    """
    if path.stat().st_size > _LARGEST_COPY:
        raise OSError(f"{path} is too large to query on a system without Landlock and seccomp: query it on Linux")
    return Path(shutil.copyfile(path, Path(tempfile.mkdtemp(prefix="indexer-query-")) / path.name))


def main() -> None:
    """Run the job of the command line."""
    job = Job(**json.loads(sys.argv[1]))
    end_with_parent(job.parent)
    manifest = Path(job.manifest)
    if not sandbox_kernel.confine():
        manifest = private_copy(manifest)
    limit_resources(job)
    gc.disable()  # collections during imports would take an eighth of the time
    without_numpy()
    from indexer.manifest import sandbox_query  # noqa: PLC0415 - loads libraries that start threads

    gc.freeze()
    gc.enable()
    os.chdir("/")  # a relative path of a query is no path of the user's folder
    os._exit(sandbox_query.run(job, manifest))  # at once: nothing is left to close


if __name__ == "__main__":
    main()
