"""Every command that writes, with each fault of the table in docs/reliability.md; then the same command completes."""

import errno
import os
import shutil
import signal
import subprocess
import uuid
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

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

COMMANDS = {
    "scan": "indexer scan --source synthbuster",
    "select": "indexer select --ids train=ids.txt --name s{n}",
    "inspect": "indexer inspect all --again",
    "export": "indexer export all out/e{n}",
    "import": "indexer import out/export --name i{n}",
    "build": "materializer build --selection all --output out/b{n} --shard-size 30KB",
    "finalize": "materializer finalize out/built out/f{n}",
}
# A file that each command, or a worker of it, opens in the middle of its work.
MIDDLE = {
    "scan": "/proc/self/statm",  # by a worker, before its first task
    "select": "select/result/run.sql",
    "inspect": "/proc/self/statm",
    "export": ".unfinished/README.md",
    "import": "share/matched.sql",
    "build": "train/data-00001-of",
    "finalize": "train/data-00001-of",
}
# Nothing that a command needs: few files and little memory, no home, no folder for temporary files, closed streams.
_NO_FOLDERS = "unset HOME; export TMPDIR=/nowhere XDG_CACHE_HOME=/dev/null"
POOR = f'ulimit -n 64; ulimit -v 3000000; {_NO_FOLDERS}; exec "$@" <&- >&- 2>&-'


@pytest.fixture(scope="module")
def exported(undisturbed: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A copy of the world without faults, and an export of it."""
    world = World(tmp_path_factory.mktemp("exported"))
    shutil.copytree(undisturbed.folder, world.folder, dirs_exist_ok=True)
    done = world.run("indexer", "export", "all", "out/export", "--quiet")
    assert done.returncode == 0, done.stderr
    return world


class Disk:
    """A small file system, which becomes full or read-only."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self) -> None:
        with self._filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(1 << 16))
            except OSError as error:
                assert error.errno == errno.ENOSPC  # noqa: PT017

    def free(self) -> None:
        self._filler.unlink()

    def protect(self) -> None:
        self._mount("-o", "remount,ro")

    def unprotect(self) -> None:
        self._mount("-o", "remount,rw")

    def _mount(self, *options: str) -> None:
        subprocess.run(["mount", *options, str(self.folder)], check=True)


@pytest.fixture
def disk(tmp_path: Path, exported: World, small_disk: Callable[[Path, str], object]) -> Disk:
    """The world without faults on a disk of its own, scanned, selected, built and exported."""
    small_disk(tmp_path / "disk", "100m")
    shutil.copytree(exported.folder, tmp_path / "disk", dirs_exist_ok=True)
    return Disk(tmp_path / "disk")


def make_due(name: str, world: World, time: int) -> None:
    """Give the command work: archives of another time for a scan, images that are not inspected."""
    if name == "scan":
        for archive in world.source.glob("set.*"):
            os.utime(archive, ns=(time, time))
    if name == "inspect":
        with duckdb.connect(world.manifest) as manifest:
            manifest.execute("delete from inspection")


class Faults:
    """One command in a world; its output gets another name after each run that completes."""

    def __init__(self, name: str, disk: Disk) -> None:
        self.world = World(disk.folder)
        self.completed = 0
        self._name, self._marks = name, disk.folder.parent
        self._runs = 0
        make_due(name, self.world, self.completed)

    def run(self, number: signal.Signals | None = None, shell: str = 'exec "$@"') -> tuple[int, str]:
        """Run the command, with a signal in its middle; return its status and errors. Require that nothing is left."""
        words = COMMANDS[self._name].format(n=self.completed).split()
        tag, self._runs = uuid.uuid4().hex, self._runs + 1
        hold = Hold(MIDDLE[self._name], self._marks / f"mark{self._runs}")
        command = ["sh", "-c", shell, "sh", *self.world.command(*words), "--jobs", "2", "--quiet"]
        with (
            self.world.start(command, **{TAG: tag}, **(hold.environment if number else {})) as child,
            killed_at_end(tag),
        ):
            if number:
                _send(child, number, hold)
            _, errors = child.communicate(timeout=LONGEST)
            assert wait_until(lambda: not tagged(tag)), tagged(tag)
        if child.returncode == 0:
            self.completed += 1
            make_due(self._name, self.world, self.completed)
        self.files = child.pid
        assert "Traceback" not in errors
        return child.returncode, errors


def _send(child: subprocess.Popen[str], number: signal.Signals, hold: Hold) -> None:
    """Send a signal to the command while a process of it is stopped; continue that process unless it has to end."""
    hold.wait(child)
    child.send_signal(number)
    if number == signal.SIGSTOP:
        assert wait_until(lambda: is_stopped(child.pid))
        child.send_signal(signal.SIGCONT)
        hold.release()
    if number == signal.SIGTERM:
        child.send_signal(signal.SIGCONT)  # the command itself may be stopped
        child.wait(timeout=LONGEST)


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_command_completes_after_each_fault(name: str, disk: Disk, exported: World) -> None:
    faults = Faults(name, disk)
    assert faults.run(signal.SIGKILL)[0] == -signal.SIGKILL
    killed = faults.files
    status, errors = faults.run(signal.SIGTERM)
    assert (status, errors.count("interrupted: ")) == (130, 1), errors
    assert temporary_files(killed) == temporary_files(faults.files) == []
    disk.fill()
    status, errors = faults.run()
    assert (status, len(errors.splitlines())) in ((2, 1), (0, 0)), errors
    disk.free()
    disk.protect()
    status, errors = faults.run()
    assert (status, len(errors.splitlines())) == (2, 1), errors
    disk.unprotect()
    completed = faults.completed
    assert faults.run(signal.SIGSTOP) == (0, "")
    assert faults.run(shell=POOR) == (0, "")
    assert faults.completed == completed + 2
    assert faults.world.rows() == exported.rows()
    if name == "build":
        assert faults.world.built(f"b{completed}") == exported.built()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["scan", "build"])
def test_command_completes_if_its_parent_is_killed(name: str, disk: Disk, exported: World, tmp_path: Path) -> None:
    tag, hold = uuid.uuid4().hex, Hold(MIDDLE[name], tmp_path / "mark")
    command = exported.command(*COMMANDS[name].format(n=0).split(), "--jobs", "2", "--quiet")
    world = World(disk.folder)
    make_due(name, world, 0)
    with (
        world.start(["sh", "-c", '"$@" & wait', "sh", *command], **{TAG: tag}, **hold.environment) as shell,
        killed_at_end(tag),
    ):
        hold.wait(shell)  # a worker is stopped, so the command runs
        shell.kill()
        shell.wait()
        hold.release()
        assert wait_until(lambda: not tagged(tag), LONGEST), tagged(tag)
    assert world.rows() == exported.rows()
    if name == "build":
        assert world.built("b0") == exported.built()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("limit", "words"), [("-v 800000", "limited to 800,000 KiB"), ("-n 20", "this process may open 20 files")]
)
def test_limits_that_are_too_low_are_reported_before_work(world: World, limit: str, words: str) -> None:
    command = ["sh", "-c", f'ulimit {limit}; exec "$@"', "sh", *world.command("indexer", "sources")]
    with world.start(command) as child:
        _, errors = child.communicate(timeout=60)
    assert (child.returncode, len(errors.splitlines())) == (2, 1)
    assert words in errors
