"""Real schedulers on loopback, with workers in processes of their own."""

import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack

import pytest

from tests.cluster.work import ROOT

SECONDS_TO_START = 60


@pytest.fixture(scope="session")
def dask_cluster(tmp_path_factory):
    """The address of a Dask scheduler, and its two worker processes."""
    pytest.importorskip("distributed", reason="the extra [dask] is not installed")
    folder = tmp_path_factory.mktemp("dask")
    with ExitStack() as processes:
        scheduler = processes.enter_context(
            _program(folder, "scheduler", "--port", "0", "--scheduler-file", "address.json", "--no-dashboard")
        )
        address = _wait_for_address(folder / "address.json", scheduler)
        yield address, [processes.enter_context(_worker(folder, address)) for _ in range(2)]


def _worker(folder, address):
    options = ["--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1", "--local-directory", str(folder)]
    return _program(folder, "worker", address, *options)


class _program:  # noqa: N801 - a context manager
    """A Dask program that ends with the context."""

    def __init__(self, folder, name, *arguments):
        code = f"from distributed.cli.dask_{name} import main; main()"
        host = ["--host", "127.0.0.1"] if name == "scheduler" else []
        self.log = (folder / f"{name}.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, *arguments, *host],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=self.log,
            stderr=self.log,
        )

    def __enter__(self):
        return self.process

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.log.close()


def _wait_for_address(file, process):
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        try:
            return json.loads(file.read_text())["address"]
        except (OSError, ValueError):
            time.sleep(0.1)
    raise AssertionError("the Dask scheduler did not start: see scheduler.log")
