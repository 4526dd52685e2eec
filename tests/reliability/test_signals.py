"""Commands that are interrupted or killed: they end soon, and leave no process and no temporary file."""

import os
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from indexer.cli import signals
from tests.support.faults import World
from tests.support.processes import TAG, tagged, temporary_files, wait_until, workers

SECONDS = 20.0  # from a signal to the end: two on an idle machine
SCAN = ("indexer", "scan", "--source", "synthbuster", "--jobs", 2)


@pytest.fixture
def long_world(world: World) -> World:
    """A world whose scan does not end before a signal arrives."""
    for copy in range(200):
        shutil.copy(world.source / "set.tar.gz", world.source / f"copy{copy}.tar.gz")
    return world


@contextmanager
def _started(command: list[str], world: World) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start a command; yield it with its tag, and require that nothing is left of it."""
    tag = uuid.uuid4().hex
    with world.start(command, **{TAG: tag}) as child:
        try:
            yield child, tag
            assert wait_until(lambda: not tagged(tag)), tagged(tag)
            assert temporary_files(child.pid) == []
        finally:
            for pid in tagged(tag):
                os.kill(pid, signal.SIGKILL)
            child.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interruption_while_workers_start_ends_the_command(long_world: World, number: signal.Signals) -> None:
    with _started(long_world.command(*SCAN), long_world) as (child, tag):
        assert wait_until(lambda: workers(tag))
        child.send_signal(number)
        _, errors = child.communicate(timeout=SECONDS)
    assert child.returncode == 130
    assert errors.count("interrupted: containers that were read are in the manifest") == 1
    assert "Traceback" not in errors


def _works(pid: int) -> bool:
    """Return whether a worker has loaded the code of its first task."""
    return "libarrow" in Path(f"/proc/{pid}/maps").read_text()


def _stop_workers(tag: str) -> None:
    """Stop the workers, so that the command waits for them; when they work, for then they end with the command."""
    assert wait_until(lambda: sum(map(_works, workers(tag))) == 2)
    for pid in workers(tag):
        os.kill(pid, signal.SIGSTOP)


def test_interruption_ends_a_command_that_waits_for_a_worker(long_world: World) -> None:
    with _started(long_world.command(*SCAN), long_world) as (child, tag):
        _stop_workers(tag)
        child.send_signal(signal.SIGTERM)
        child.communicate(timeout=SECONDS)
    assert child.returncode == 130
    assert signals._GRACE_SECONDS + signals._REPORT_SECONDS < 2


def test_second_signal_ends_a_command_at_once(long_world: World) -> None:
    patient = f"from indexer.cli import signals; signals._GRACE_SECONDS = {100 * SECONDS}"
    program = f"{patient}; from indexer.__main__ import main; main()"
    with _started([sys.executable, "-c", program, *map(str, SCAN[1:])], long_world) as (child, tag):
        _stop_workers(tag)
        child.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):  # two signals of one number are one, as long as it is not handled
            child.communicate(timeout=0.5)
        child.send_signal(signal.SIGTERM)
        child.communicate(timeout=SECONDS)
    assert child.returncode == 130


def test_killed_command_leaves_no_worker_and_no_semaphore(world: World) -> None:
    with _started(world.command(*SCAN), world) as (child, tag):
        assert wait_until(lambda: workers(tag))
        child.kill()
        child.wait()


def test_next_command_removes_what_a_killed_process_group_has_left(world: World) -> None:
    """joblib's cleaner is killed, too."""
    with _started(world.command(*SCAN), world) as (child, tag):
        assert wait_until(lambda: len(workers(tag)) == 2)
        cleaners_first = sorted(tagged(tag).items(), key=lambda process: "resource_tracker" not in process[1])
        for pid, _ in cleaners_first:
            os.kill(pid, signal.SIGKILL)
        child.wait()
        assert temporary_files(child.pid)
        assert world.run("indexer", "sources").returncode == 0
