"""The edge of both programs: versions, help, completion, interruptions, pipes that close."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest

import indexer.__main__
import materializer.__main__
from indexer.cli import program, versions
from indexer.cli.progress import shown
from tests.cli.conftest import ROOT, Run

PROGRAMS = {"indexer": indexer.__main__.COMMANDS, "materializer": materializer.__main__.COMMANDS}
COMMANDS = [(name, command) for name, commands in PROGRAMS.items() for command in commands]
ENDLESS = "select i from range(1_000_000_000_000) r(i)"


# Whoever runs the tests in the background has them ignore Ctrl-C, and their children inherit that.
HEEDING = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from indexer.__main__ import main; main()"
)


def _streaming(manifest: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", HEEDING, "sql", ENDLESS, "--format", "csv", "--manifest-db", str(manifest)]
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert child.stdout
    assert child.stdout.readline() == b"i\n"
    return child


@pytest.mark.parametrize("name", PROGRAMS)
def test_version_names_what_the_program_rests_on(run: Run, name: str) -> None:
    done = run("--version", program=name)
    assert done.returncode == 0
    assert re.match(rf"{name} \d+\.\d+\.\d+\nPython 3\.\d+", done.stdout)
    assert re.search(r"duckdb \d.*pyarrow \d.*pillow \d.*libarchive \d", done.stdout)


def test_old_libarchive_is_warned_about(run: Run) -> None:
    found = versions.libarchive_version()
    assert found
    assert ("older than 3.8.9" in run("--version").stderr) == (found < (3, 8, 9))


def test_version_without_libarchive(spawn: Run) -> None:
    done = spawn("--version", LIBARCHIVE="/nowhere/libarchive.so")
    assert done.returncode == 0
    assert "libarchive not found" in done.stdout
    assert "install libarchive-tools" in done.stderr


@pytest.mark.parametrize(("name", "command"), COMMANDS)
def test_help_of_every_command_has_an_example(name: str, command: str) -> None:
    group = program.LazyGroup(package=name, modules=PROGRAMS[name])
    found = group.get_command(click.Context(group), command)
    assert found
    assert found.epilog
    assert f"python -m {name} {command}" in found.epilog
    assert found.help
    assert found.get_short_help_str(200).endswith(".")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shell_completion(spawn: Run, shell: str) -> None:
    done = spawn(_INDEXER_COMPLETE=f"{shell}_source")
    assert done.returncode == 0
    assert "_INDEXER_COMPLETE" in done.stdout


def test_completion_knows_the_commands(spawn: Run) -> None:
    done = spawn(_INDEXER_COMPLETE="bash_complete", COMP_WORDS="indexer st", COMP_CWORD="1")
    assert done.stdout == "plain,stats\n"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_says_what_is_kept_and_how_to_go_on(manifest: Path, how: signal.Signals) -> None:
    child = _streaming(manifest)
    child.send_signal(how)
    _, errors = child.communicate(timeout=30)
    assert child.returncode == 130
    told = errors.decode().lstrip("\n")  # which ends the line with a terminal's ^C
    assert told.startswith("interrupted: the manifest is only read; to go on: python -m indexer sql 'select i from")
    assert told.count("\n") == 1


def test_interrupted_is_one_line_whatever_a_thread_still_holds() -> None:
    """DuckDB's binding lists at exit all that is not let go of, and joblib's threads keep what they were at."""
    holding = (
        "import threading, time, click, duckdb; from indexer.cli import program\n"
        "def held(_): time.sleep(60)\n"
        "def main(*_, **__): raise KeyboardInterrupt\n"
        "threading.Thread(target=held, args=[duckdb.connect()], daemon=True).start()\n"
        "click.Group.main = main\n"
        "program.run('indexer', '', {})"
    )
    settings = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", holding], env=settings, capture_output=True, text=True, check=False)
    assert done.returncode == 130
    assert done.stderr.strip().splitlines() == ["interrupted: what is finished is kept; to go on: python -m indexer"]


@pytest.mark.parametrize("program", ["indexer", "materializer"])
def test_no_command_shows_the_commands(run: Run, program: str) -> None:
    done = run(program=program)
    assert done.returncode == 2
    assert done.stderr.startswith(f"Usage: {program} [OPTIONS] COMMAND")
    assert done.stderr.rstrip().splitlines()[-1].split()[0] in {"browse", "report"}  # the last of the commands


def test_a_pipe_that_closes_is_no_trouble(manifest: Path) -> None:
    with _streaming(manifest) as child:
        assert child.stdout
        assert child.stderr
        child.stdout.close()
        assert child.stderr.read() == b""
    assert child.returncode == 0


def test_json_log_of_an_error(run: Run) -> None:
    done = run("stats", "--json-log", "--manifest-db", "nowhere.duckdb")
    assert json.loads(done.stderr)["event"] == "error"
    assert json.loads(done.stderr)["status"] == done.returncode == 2


def test_json_log_of_progress(capfd: pytest.CaptureFixture[str]) -> None:
    with shown(as_json=True).phase("reading", 3, "images") as bar:
        bar.advance(3, size=30, errors=1)
    line = json.loads(capfd.readouterr().err)
    assert line.pop("seconds") >= 0
    assert line == {
        "event": "done",
        "phase": "reading",
        "items": 3,
        "total": 3,
        "unit": "images",
        "bytes": 30,
        "errors": 1,
    }


def test_debug_shows_the_traceback(spawn: Run) -> None:
    assert "Traceback" in spawn("stats", "--debug", "--manifest-db", "nowhere.duckdb").stderr


def test_commands_start_quickly() -> None:
    """`--help` of the whole loads each command's module; none of them may load `datasets` for it."""
    probe = "import sys; from indexer.__main__ import main\ntry: main()\nfinally: print('datasets' in sys.modules)"
    settings = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", probe, "--help"], env=settings, capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith("False\n")
