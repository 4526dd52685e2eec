"""Runs that are interrupted, run twice at once, or whose manifest is replaced."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from indexer.base.errors import ManifestError
from indexer.manifest import store
from tests.support.faults import ROOT, World
from tests.support.processes import LONGEST, TAG, Hold, killed_at_end, running


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_scan_reports_how_to_continue_and_continues(
    world: World, undisturbed: World, tmp_path: Path, number: signal.Signals
) -> None:
    hold = Hold("/proc/self/statm", tmp_path / "mark")  # a worker, before its first task
    command = world.command("indexer", "scan", "--source", "synthbuster", "--jobs", 2, "--json-log")
    tag = str(hold.mark)
    with world.start(command, **{TAG: tag}, **hold.environment) as child, killed_at_end(tag):
        hold.wait(child)
        child.send_signal(number)
        _, errors = child.communicate(timeout=LONGEST)
    assert child.returncode == 130, errors
    assert "interrupted: containers that were read are in the manifest; continue with: python -m indexer scan" in errors
    assert world.scan().returncode == 0
    assert world.rows() == undisturbed.rows()


@pytest.mark.slow
def test_second_scan_reports_the_process_that_holds_the_manifest(scanned: World) -> None:
    before = scanned.manifest.read_bytes()
    holder = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('up', flush=True); sys.stdin.read()"
    command = [*scanned.command("x")[:1], "-c", holder, str(scanned.manifest)]
    with running(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout
        assert child.stdout.readline() == b"up\n"
        done = scanned.scan()
        child.communicate()
    assert done.returncode == 2
    assert f"PID {child.pid}" in done.stderr
    assert done.stderr.count("\n") == 1
    assert scanned.manifest.read_bytes() == before


@pytest.mark.slow
def test_manifest_replaced_while_open_is_not_written(scanned: World) -> None:
    copy = scanned.manifest.read_bytes()
    with store.open_for_writing(scanned.manifest) as opened:
        scanned.manifest.unlink()
        scanned.manifest.write_bytes(copy)
        with pytest.raises(ManifestError, match="was replaced while it was open"), opened.transaction():
            opened.execute("delete from member")
    assert scanned.manifest.read_bytes() == copy


@pytest.mark.slow
def test_result_does_not_depend_on_the_locale(world: World, undisturbed: World) -> None:
    command = world.command("indexer", "scan", "--source", "synthbuster", "--quiet", "--jobs", 2)
    with world.start(command, LC_ALL="C", LANG="", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0") as child:
        _, errors = child.communicate(timeout=120)
    assert child.returncode == 0, errors
    assert world.rows() == undisturbed.rows()


@pytest.mark.slow
def test_changed_file_found_by_a_worker_is_reported_in_one_line(scanned: World) -> None:
    """An error from a worker process carries its frames; DuckDB would print their contents."""
    scanned.select()
    for file in scanned.source.rglob("*.png"):
        os.utime(file, ns=(1, 1))
    done = scanned.build()
    assert done.returncode == 2
    assert "has changed since it was scanned: run 'python -m indexer scan' again" in done.stderr
    assert done.stderr.count("\n") == 1


def test_signal_during_exit_is_ignored() -> None:
    late = "import atexit, os, signal; atexit.register(os.kill, os.getpid(), signal.SIGTERM)"
    command = [sys.executable, "-c", f"{late}; from indexer.__main__ import main; main()", "sources", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
