"""Commands that are interrupted or killed: they end soon, and leave no process and no temporary file."""

import os
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.faults import World
from tests.support.processes import TAG, tagged, temporary_files, wait_until, workers

SECONDS = 2.0  # from the first signal to the end
SCAN = ("indexer", "scan", "--source", "synthbuster", "--jobs", 2)


@contextmanager
def _started(world: World, *command: object) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start a command; yield it with its tag, and require that nothing is left of it."""
    tag = uuid.uuid4().hex
    with world.start(world.command(*map(str, command)), **{TAG: tag}) as child:
        try:
            yield child, tag
            assert wait_until(lambda: not tagged(tag), 5), tagged(tag)
            assert temporary_files(child.pid) == []
        finally:
            for pid in tagged(tag):
                os.kill(pid, signal.SIGKILL)
            child.communicate()


def _end(child: subprocess.Popen[str], seconds: float) -> str:
    began = time.monotonic()
    child.wait(timeout=30)
    assert time.monotonic() - began < seconds
    return child.communicate()[1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interruption_while_workers_start_ends_within_two_seconds(world: World, number: signal.Signals) -> None:
    for copy in range(200):  # so that the scan does not end before the signal
        shutil.copy(world.source / "set.tar.gz", world.source / f"copy{copy}.tar.gz")
    with _started(world, *SCAN) as (child, tag):
        assert wait_until(lambda: workers(tag))
        child.send_signal(number)
        errors = _end(child, SECONDS)
    assert child.returncode == 130
    assert errors.count("interrupted: containers that were read are in the manifest") == 1
    assert "Traceback" not in errors


def test_second_signal_ends_a_command_at_once(world: World) -> None:
    """The kernel has stopped the workers, so that the command waits for them."""
    with _started(world, *SCAN) as (child, tag):
        assert wait_until(lambda: len(workers(tag)) == 2)
        for pid in workers(tag):
            os.kill(pid, signal.SIGSTOP)
        child.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        child.send_signal(signal.SIGTERM)
        _end(child, 0.8)
    assert child.returncode == 130


def test_killed_command_leaves_no_worker_and_no_semaphore(world: World) -> None:
    with _started(world, *SCAN) as (child, tag):
        assert wait_until(lambda: workers(tag))
        child.kill()
        child.wait()


def test_next_command_removes_what_a_killed_process_group_has_left(world: World) -> None:
    """joblib's cleaner is killed, too."""
    with _started(world, *SCAN) as (child, tag):
        assert wait_until(lambda: len(workers(tag)) == 2)
        cleaners_first = sorted(tagged(tag).items(), key=lambda process: "resource_tracker" not in process[1])
        for pid, _ in cleaners_first:
            os.kill(pid, signal.SIGKILL)
        child.wait()
        assert temporary_files(child.pid)
        assert world.run("indexer", "sources").returncode == 0
