"""Both programs: versions, help, completion, interruptions, closed pipes, full disks."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest

import indexer.__main__
import materializer.__main__
from indexer.cli.printing.progress import progress_display
from indexer.cli.running import program
from tests.cli.conftest import ROOT, Run
from tests.support.gallery import picture
from tests.support.processes import running

PROGRAMS = {"indexer": indexer.__main__.COMMANDS, "materializer": materializer.__main__.COMMANDS}
COMMANDS = [(name, command) for name, commands in PROGRAMS.items() for command in commands]
ENDLESS = "select i from range(1_000_000_000_000) r(i)"


# Tests in the background ignore Ctrl-C, and their children inherit that.
HANDLING_CTRL_C = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from indexer.__main__ import main; main()"
)


@contextmanager
def _streaming(manifest: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", HANDLING_CTRL_C, "sql", ENDLESS, "--format", "csv", "--manifest-db", str(manifest)]
    with running(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout
        assert child.stdout.readline() == b"i\n"
        yield child


@pytest.mark.parametrize("name", PROGRAMS)
def test_version_lists_dependencies(run: Run, name: str) -> None:
    done = run("--version", program=name)
    assert done.returncode == 0
    assert re.match(rf"{name} \d+\.\d+\.\d+\nPython 3\.\d+", done.stdout)
    assert re.search(r"duckdb \d.*pyarrow \d.*pillow \d.*libarchive \d", done.stdout)


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
    assert all(len(line) <= 80 for line in found.get_help(click.Context(found)).splitlines())


@pytest.mark.parametrize("program", ["indexer", "materializer"])
def test_summaries_fit_in_80_columns(run: Run, program: str) -> None:
    assert "..." not in run("--help", program=program).stdout.replace("[ARGS]...", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shell_completion(spawn: Run, shell: str) -> None:
    done = spawn(_INDEXER_COMPLETE=f"{shell}_source")
    assert done.returncode == 0
    assert "image_manifest_comp" in done.stdout
    assert "materializer" in done.stdout


def test_completion_lists_the_commands(spawn: Run) -> None:
    done = spawn(_INDEXER_COMPLETE="bash_complete", COMP_WORDS="indexer st", COMP_CWORD="1")
    assert done.stdout == "plain,stats\n"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_interruption_names_kept_results_and_the_command_to_continue(manifest: Path, how: signal.Signals) -> None:
    with _streaming(manifest) as child:
        child.send_signal(how)
        _, errors = child.communicate(timeout=120)
    assert child.returncode == 130
    message = errors.decode().lstrip("\n")  # the newline ends a terminal's ^C
    assert message.startswith(
        "interrupted: the manifest is unchanged; continue with: python -m indexer sql 'select i from"
    )
    assert message.count("\n") == 1


def test_interruption_is_one_line_while_threads_hold_a_connection() -> None:
    """DuckDB's binding prints unreleased objects at exit, and joblib's threads keep references."""
    holding = (
        "import threading, time, click, duckdb; from indexer.cli.running import program\n"
        "def held(_): time.sleep(60)\n"
        "def main(*_, **__): raise KeyboardInterrupt\n"
        "threading.Thread(target=held, args=[duckdb.connect()], daemon=True).start()\n"
        "click.Group.main = main\n"
        "program.run('indexer', '', {})"
    )
    settings = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", holding], env=settings, capture_output=True, text=True, check=False)
    assert done.returncode == 130
    assert done.stderr.strip().splitlines() == [
        "interrupted: finished results are kept; continue with: python -m indexer"
    ]


@pytest.mark.parametrize("program", ["indexer", "materializer"])
def test_missing_command_prints_the_commands(run: Run, program: str) -> None:
    done = run(program=program)
    assert done.returncode == 2
    assert done.stderr.startswith(f"Usage: {program} [OPTIONS] COMMAND")
    assert done.stderr.rstrip().splitlines()[-1].split()[0] in {"trace", "push"}  # the last of the commands


def test_closed_pipe_is_not_an_error(manifest: Path) -> None:
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
    with progress_display(as_json=True).phase("reading", 3, "images") as bar:
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
    """`--help` of the program imports each command's module; none of them may import `datasets`."""
    probe = "import sys; from indexer.__main__ import main\ntry: main()\nfinally: print('datasets' in sys.modules)"
    settings = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", probe, "--help"], env=settings, capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith("False\n")


@pytest.mark.parametrize("how", ["full", "closed pipe", "closed descriptor"])
@pytest.mark.parametrize(
    "arguments", [["sql", "select 1", "--format", "csv"], ["sources"], ["--help"]], ids=["sql", "sources", "help"]
)
def test_standard_output_that_cannot_be_written(manifest: Path, arguments: list[str], how: str) -> None:
    """Small results stay in Python's buffer until the program exits."""
    redirections = {"full": '"$@" > /dev/full', "closed descriptor": '"$@" >&-'}
    more = ["--manifest-db", str(manifest)] if arguments[0] != "--help" else []
    command = [sys.executable, "-m", "indexer", *arguments, *more]
    if how == "closed pipe":
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run(command, cwd=ROOT, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
        os.close(writer)
    else:
        shell = ["sh", "-c", redirections[how], "sh", *command]
        done = subprocess.run(shell, cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False)
    if how == "full":
        assert re.fullmatch(r"error: .*No space left on device.*\n", done.stderr)
    else:
        assert done.stderr == ""
    assert done.returncode == (2 if how == "full" else 0)


def test_standard_error_that_cannot_be_written_keeps_the_status() -> None:
    shell = [
        "sh",
        "-c",
        '"$@" 2> /dev/full',
        "sh",
        sys.executable,
        "-m",
        "indexer",
        "stats",
        "--manifest-db",
        "nowhere",
    ]
    assert subprocess.run(shell, cwd=ROOT, check=False).returncode == 2


def test_names_of_files_are_utf8_in_any_locale(run: Run, spawn: Run, tmp_path: Path) -> None:
    name, data = "é🐈/中.png", picture("one", (40, 30), "PNG")
    (tmp_path / "set" / name).parent.mkdir(parents=True)
    (tmp_path / "set" / name).write_bytes(data)
    assert run("scan", "set").returncode == 0
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = spawn("get", f"set/{name}", "--output", "ü", **locale)
    assert (done.returncode, done.stderr) == (0, "")
    assert [file.read_bytes() for file in (tmp_path / "ü").iterdir()] == [data]
