"""Scans and selections are killed or stopped; then the same command completes, and nothing else is left."""

import os
import signal
import time
import uuid

import pytest

from tests.support.faults import World
from tests.support.processes import TAG, tagged, temporary_files, wait_until

JOBS = ("--jobs", 2, "--quiet")
COMMANDS = {
    "scan": ("indexer", "scan", "--source", "synthbuster"),
    "select": ("indexer", "select", "--ids", "train=ids.txt", "--name", "all"),
}
DELAYS = (0.6, 1.2, 1.8)  # seconds: during imports, the start of the workers, and the work


def _kill(world: World, command: tuple[object, ...], number: signal.Signals, delay: float) -> int:
    """Start a command, send the signal after a delay, and require that no process of it is left. Return its PID."""
    tag = uuid.uuid4().hex
    arguments = [*command, *JOBS]
    with world.start(world.command(*map(str, arguments)), **{TAG: tag}) as child:
        time.sleep(delay)
        child.send_signal(number)
        if number == signal.SIGSTOP:
            time.sleep(2)
            child.send_signal(signal.SIGCONT)
        try:
            child.wait(timeout=60)
            assert wait_until(lambda: not tagged(tag), 10), tagged(tag)
        finally:
            for pid in tagged(tag):
                os.kill(pid, signal.SIGKILL)
        _, errors = child.communicate()
    assert "Traceback" not in errors
    return child.pid


def _complete(world: World, name: str) -> None:
    done = world.run(*map(str, (*COMMANDS[name], *JOBS)))
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_killed_commands_leave_nothing_and_complete_afterwards(
    world: World, undisturbed: World, number: signal.Signals
) -> None:
    ids = (undisturbed.folder / "ids.txt").read_text()
    (world.folder / "ids.txt").write_text(ids)
    for name, command in COMMANDS.items():
        killed = [_kill(world, command, number, delay) for delay in DELAYS]
        _complete(world, name)
        assert [temporary_files(pid) for pid in killed] == [[]] * len(killed), name
    assert world.rows() == undisturbed.rows()
