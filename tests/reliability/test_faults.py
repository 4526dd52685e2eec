"""Every command that writes, with each fault of the table in docs/reliability.md; then the same command completes."""

import errno
import os
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.faults import World
from tests.support.processes import TAG, tagged, temporary_files, wait_until

COMMANDS = {
    "scan": "indexer scan --source synthbuster",
    "select": "indexer select --ids train=ids.txt --name s{n}",
    "inspect": "indexer inspect all --again",
    "export": "indexer export all out/e{n}",
    "import": "indexer import out/export --name i{n}",
    "build": "materializer build --selection all --output out/b{n} --shard-size 30KB",
    "finalize": "materializer finalize out/built out/f{n}",
}
# Nothing that a command needs: few files and little memory, no home, no folder for temporary files, closed streams.
POOR = 'ulimit -n 64; ulimit -v 3000000; unset HOME; export TMPDIR=/nowhere; exec "$@" <&- >&- 2>&-'
DELAY = 0.9  # seconds to the signal: workers start or work
SECONDS_TO_END = 20  # after SIGTERM: two on an idle machine


@pytest.fixture(scope="module")
def exported(undisturbed: World) -> World:
    done = undisturbed.run("indexer", "export", "all", "out/export", "--quiet")
    assert done.returncode == 0, done.stderr
    return undisturbed


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


class Faults:
    """One command in a world; its output gets another name after each run that completes."""

    def __init__(self, name: str, disk: Disk) -> None:
        self.world = World(disk.folder)
        self.completed = 0
        self._words = COMMANDS[name]
        self._was_disturbed = False

    def run(self, number: signal.Signals | None = None, shell: str = 'exec "$@"') -> tuple[int, str]:
        """Run the command, with a signal after a while; return its status and errors. Require that nothing is left."""
        status, errors = self._run(number, shell)
        if self._was_disturbed and status == 2 and "exists" in errors:  # the last signal came after the result
            self.completed += 1
            status, errors = self._run(number, shell)
        self._was_disturbed = number is not None
        return status, errors

    def _run(self, number: signal.Signals | None, shell: str) -> tuple[int, str]:
        words = self._words.format(n=self.completed).split()
        tag = uuid.uuid4().hex
        command = ["sh", "-c", shell, "sh", *self.world.command(*words), "--jobs", "2", "--quiet"]
        with self.world.start(command, **{TAG: tag}) as child:
            try:
                if number:
                    _send(child, number)
                _, errors = child.communicate(timeout=300)
                assert wait_until(lambda: not tagged(tag)), tagged(tag)
            finally:
                for pid in tagged(tag):
                    os.kill(pid, signal.SIGKILL)
        self.completed += child.returncode == 0
        self.files = child.pid
        assert "Traceback" not in errors
        return child.returncode, errors


def _send(child: subprocess.Popen[str], number: signal.Signals) -> None:
    time.sleep(DELAY)
    child.send_signal(number)
    if number == signal.SIGSTOP:
        time.sleep(2)
        child.send_signal(signal.SIGCONT)
    if number == signal.SIGTERM:
        began = time.monotonic()
        child.wait(timeout=60)
        assert time.monotonic() - began < SECONDS_TO_END


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_command_completes_after_each_fault(name: str, disk: Disk, exported: World) -> None:
    faults = Faults(name, disk)
    assert faults.run(signal.SIGKILL)[0] in (0, -signal.SIGKILL)
    killed = faults.files
    status, errors = faults.run(signal.SIGTERM)
    assert (status, errors.count("interrupted: ")) in ((130, 1), (0, 0)), errors
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
def test_command_completes_if_its_parent_is_killed(name: str, disk: Disk, exported: World) -> None:
    tag = uuid.uuid4().hex
    command = exported.command(*COMMANDS[name].format(n=0).split(), "--jobs", "2", "--quiet")
    world = World(disk.folder)
    with world.start(["sh", "-c", '"$@" & wait', "sh", *command], **{TAG: tag}) as shell:
        time.sleep(DELAY)
        assert len(tagged(tag)) > 1
        shell.kill()
        shell.wait()
        assert wait_until(lambda: not tagged(tag)), tagged(tag)
    assert world.rows() == exported.rows()
    if name == "build":
        assert world.built("b0") == exported.built()


@pytest.mark.parametrize(
    ("limit", "words"), [("-v 800000", "limited to 800,000 KiB"), ("-n 20", "this process may open 20 files")]
)
def test_limits_that_are_too_low_are_reported_before_work(world: World, limit: str, words: str) -> None:
    command = ["sh", "-c", f'ulimit {limit}; exec "$@"', "sh", *world.command("indexer", "sources")]
    with world.start(command) as child:
        _, errors = child.communicate(timeout=60)
    assert (child.returncode, len(errors.splitlines())) == (2, 1)
    assert words in errors
