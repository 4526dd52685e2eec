"""Commands that are interrupted or killed: they end soon, and leave no process and no temporary file."""

import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from indexer.cli.running import signals
from tests.support.faults import World
from tests.support.processes import (
    LONGEST,
    TAG,
    Hold,
    is_stopped,
    killed_at_end,
    tagged,
    temporary_files,
    wait_until,
)

SCAN = ("indexer", "scan", "--source", "synthbuster", "--jobs", 2)


@pytest.fixture
def starting(tmp_path: Path) -> Hold:
    """Stops a worker before it has loaded anything."""
    return Hold("popen_loky_posix", tmp_path / "mark", "popen_loky_posix")


@pytest.fixture
def working(tmp_path: Path) -> Hold:
    """Stops a worker at its first task, so that the command waits for it."""
    return Hold("/proc/self/statm", tmp_path / "mark", "popen_loky_posix")


@contextmanager
def _held(command: list[str], world: World, hold: Hold) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start a command; yield it and its tag while a worker is stopped. Require that nothing is left of it."""
    tag = uuid.uuid4().hex
    with world.start(command, **{TAG: tag}, **hold.environment) as child, killed_at_end(tag):
        hold.wait(child)
        yield child, tag
        assert wait_until(lambda: not tagged(tag)), tagged(tag)
        assert temporary_files(child.pid) == []


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interruption_while_workers_start_ends_the_command(
    world: World, starting: Hold, number: signal.Signals
) -> None:
    with _held(world.command(*SCAN), world, starting) as (child, _):
        child.send_signal(number)
        _, errors = child.communicate(timeout=LONGEST)
    assert child.returncode == 130
    assert errors.count("interrupted: containers that were read are in the manifest") == 1
    assert "Traceback" not in errors


@pytest.mark.slow
def test_interruption_ends_a_command_that_waits_for_a_worker(world: World, working: Hold) -> None:
    with _held(world.command(*SCAN), world, working) as (child, _):
        child.send_signal(signal.SIGTERM)
        child.communicate(timeout=LONGEST)
    assert child.returncode == 130
    assert signals._GRACE_SECONDS + signals._REPORT_SECONDS < 2


@pytest.mark.slow
def test_second_signal_ends_a_command_at_once(world: World, working: Hold) -> None:
    patient = f"from indexer.cli.running import signals; signals._GRACE_SECONDS = {100 * LONGEST}"
    program = f"{patient}; from indexer.__main__ import main; main()"
    with _held([sys.executable, "-c", program, *map(str, SCAN[1:])], world, working) as (child, _):
        child.send_signal(signal.SIGTERM)
        assert wait_until(lambda: not _is_pending(child.pid, signal.SIGTERM))  # else two signals would be one
        assert child.poll() is None
        child.send_signal(signal.SIGTERM)
        child.communicate(timeout=LONGEST)
    assert child.returncode == 130


def _is_pending(pid: int, number: signal.Signals) -> bool:
    """Return whether a signal was sent to a process and has not reached it."""
    text = Path(f"/proc/{pid}/status").read_text()
    masks = [line.split()[1] for line in text.splitlines() if line.startswith(("SigPnd", "ShdPnd"))]
    return any(int(mask, 16) >> (number - 1) & 1 for mask in masks)


@pytest.mark.slow
def test_killed_command_leaves_no_worker_and_no_semaphore(world: World, working: Hold) -> None:
    with _held(world.command(*SCAN), world, working) as (child, _):
        child.kill()
        child.wait()


@pytest.mark.slow
def test_next_command_removes_what_a_killed_process_group_has_left(world: World, working: Hold) -> None:
    """joblib's cleaner is killed, too."""
    with _held(world.command(*SCAN), world, working) as (child, tag):
        child.send_signal(signal.SIGSTOP)  # it would start another cleaner
        assert wait_until(lambda: is_stopped(child.pid))
        cleaners_first = sorted(tagged(tag).items(), key=lambda process: "resource_tracker" not in process[1])
        for pid, _ in cleaners_first:
            os.kill(pid, signal.SIGKILL)
        child.wait()
        assert temporary_files(child.pid)
        assert world.run("indexer", "sources").returncode == 0
