"""Real schedulers on loopback, with worker processes."""

import json
import os
import random
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest

from tests.cluster.work import ROOT
from tests.materializer.conftest import site  # noqa: F401 - a fixture

SECONDS_TO_START = 180


@pytest.fixture(scope="session")
def dask_cluster(tmp_path_factory):
    """The address of a Dask scheduler, and its two worker processes; killed ones are restarted."""
    with _cluster(tmp_path_factory.mktemp("dask")) as found:
        yield found


@pytest.fixture
def mortal_dask_cluster(tmp_path):
    """The same with workers that are not restarted."""
    with _cluster(tmp_path, "--no-nanny") as found:
        yield found


@contextmanager
def _cluster(folder, *options):
    with scheduler(folder) as (address, _), ExitStack() as processes:
        yield address, [processes.enter_context(worker(folder, address, *options)) for _ in range(2)]


@contextmanager
def scheduler(folder):
    """The address of a Dask scheduler, and its process."""
    pytest.importorskip("distributed", reason="the extra [dask] is not installed")
    options = ["--port", "0", "--scheduler-file", "address.json", "--no-dashboard"]
    with _program(folder, "scheduler", *options) as process:
        yield _wait_for_address(folder / "address.json", process), process


def worker(folder, address, *options, **environment):
    """One more worker of the scheduler at ``address``."""
    given = ["--nthreads", "1", "--no-dashboard", "--host", "127.0.0.1", "--local-directory", str(folder), *options]
    return _program(folder, "worker", address, *given, **environment)


@contextmanager
def ray_head():
    """The address of a Ray head with two workers, and a function that kills all of it."""
    pytest.importorskip("ray", reason="the extra [ray] is not installed")
    # Neither pytest's folder, as names of sockets must be short, nor Ray's own, where other runs look for a cluster.
    with TemporaryDirectory(prefix="ray-", dir="/tmp") as folder, ExitStack() as stack:
        address, client = (f"127.0.0.1:{_free_port()}" for _ in range(2))
        options = ["--port", address[10:], "--ray-client-server-port", client[10:], "--temp-dir", folder]
        command = [*["start", "--head", "--block", "--num-cpus", "2", "--include-dashboard", "false"], *options]
        log = stack.enter_context((Path(folder) / "head.log").open("wb"))
        code = "from ray.scripts.scripts import main; main()"
        process = psutil.Popen([sys.executable, "-c", code, *command], stdout=log, stderr=log)
        stack.callback(_kill_all, process)
        _wait_until_started(Path(folder) / "head.log", process)
        yield address, lambda: _kill_all(process)


def _kill_all(process):
    with suppress(psutil.NoSuchProcess):
        for one in [process, *process.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                one.kill()
    process.wait()


def _wait_until_started(log, process):
    deadline = time.monotonic() + 2 * SECONDS_TO_START
    while "block forever" not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


def _free_port():
    """Return a port below those that systems give to other sockets, so that none takes it before Ray does."""
    while True:
        with suppress(OSError), socket.create_server(("127.0.0.1", random.randrange(20_000, 32_000))) as server:
            return server.getsockname()[1]


class _program:  # noqa: N801 - a context manager
    """A Dask program that ends with the context."""

    def __init__(self, folder, name, *arguments, **environment):
        code = f"from distributed.cli.dask_{name} import main; main()"
        host = ["--host", "127.0.0.1"] if name == "scheduler" else []
        self.log = (folder / f"{name}.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, *arguments, *host],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
            stdout=self.log,
            stderr=self.log,
        )

    def __enter__(self):
        return self.process

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.log.close()


def wait_for_workers(address, count):
    """Wait until the scheduler has ``count`` workers."""
    distributed = pytest.importorskip("distributed", reason="the extra [dask] is not installed")
    with distributed.Client(address, set_as_default=False) as client:
        client.wait_for_workers(count, timeout=SECONDS_TO_START)


def _wait_for_address(file, process):
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        try:
            return json.loads(file.read_text())["address"]
        except (OSError, ValueError):
            time.sleep(0.1)
    raise AssertionError("the Dask scheduler did not start: see scheduler.log")
