"""Threads and other DuckDB connections of one process use the same manifest."""

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest

from indexer import Manifest
from indexer.base.errors import ManifestError
from tests.api.conftest import png
from tests.support.processes import wait_until

IMAGES = 4


@pytest.fixture
def own(tmp_path: Path) -> Manifest:
    """A manifest of a few images, with the selection ``all``."""
    (tmp_path / "set").mkdir()
    for number in range(IMAGES):
        (tmp_path / "set" / f"{number}.png").write_bytes(png("red"))
    made = Manifest.scan(tmp_path / "set", manifest=tmp_path / "manifest.duckdb", jobs=1)
    made.select(ids={"train": [f"set/{number}.png" for number in range(IMAGES)]}, name="all")
    return made


def _started(call: Callable[..., object], *given: object) -> threading.Thread:
    """Return a thread that runs a call; one that waits for ever does not keep the tests from ending."""
    thread = threading.Thread(target=call, args=given, daemon=True)
    thread.start()
    return thread


def test_threads_read_query_and_write_in_turn(own: Manifest) -> None:
    calls = [
        lambda number: own.sql(f"select {number} from manifest").fetchall(),
        lambda number: own.read(f"set/{number}.png"),
        lambda number: own.select(sql="from manifest", name=f"made {number}"),
        lambda number: own.inspect("all", again=number > 0),
        lambda number: len(own.dataset("all")[number]),
    ]
    with ThreadPoolExecutor(len(calls)) as pool:
        running = [pool.submit(call, number) for number in range(2) for call in calls]
        assert [one.exception() for one in running] == [None] * len(running)
    assert len(own.selections()) == 3


def test_a_thread_that_writes_waits_for_one_that_reads(own: Manifest) -> None:
    waiting = threading.Thread(target=own.inspect, args=["all"])
    inspected = "select count(*) from inspection"
    with own.options.reading() as reading:
        waiting.start()
        assert reading.execute(inspected) == [(0,)]
    waiting.join()
    assert own.sql(inspected).fetchall() == [(IMAGES,)]


def test_a_thread_that_reads_waits_for_a_writer_that_waits(own: Manifest) -> None:
    """Otherwise many readers would keep a writer waiting for ever. A thread that has the file does not wait."""
    readers: list[threading.Thread] = []

    def has_waiting_reader() -> bool:
        readers.append(_started(len, own))
        readers[-1].join(0.5)
        return readers[-1].is_alive()

    with own.options.reading():
        writer = _started(own.inspect, "all")
        assert wait_until(has_waiting_reader)
        assert own.sql("select count(*) from inspection").fetchall() == [(0,)]
    assert wait_until(lambda: not any(thread.is_alive() for thread in (writer, *readers)))


def test_two_threads_that_read_do_not_wait_for_each_other(own: Manifest) -> None:
    both_read = threading.Barrier(2)

    def query() -> None:
        with own.options.reading():
            both_read.wait()
            own.sql("from manifest")

    threads = [_started(query) for _ in range(2)]
    assert wait_until(lambda: not any(thread.is_alive() for thread in threads))


def test_a_manifest_whose_closing_fails_is_closed(own: Manifest) -> None:
    moved = own.path.with_name("moved.duckdb")
    writing = own.options.writing()
    own.path.rename(moved)
    own.path.symlink_to(own.path.name)
    with pytest.raises(OSError, match="symbolic links"):
        writing.close()
    moved.replace(own.path)
    reader = _started(len, own)
    assert wait_until(lambda: not reader.is_alive())


_FORK = """
import os, pathlib, sys, threading
from indexer.manifest import turns
file = pathlib.Path(sys.argv[1])
thread = threading.Thread(target=turns.take, args=[file], kwargs={"alone": True})
thread.start()
thread.join()
child = os.fork()
if child == 0:
    turns.take(file, alone=True).end()
    os._exit(3)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_forked_process_waits_for_no_thread_of_its_parent(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _FORK, str(tmp_path / "manifest.duckdb")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout == "3\n"


def test_a_manifest_is_read_beside_a_connection_of_the_user(own: Manifest) -> None:
    with duckdb.connect(str(own.path), read_only=True) as connection:
        assert len(own) == IMAGES
        assert own.sql("select count(*) from manifest").fetchall() == [(IMAGES,)]
        with pytest.raises(ManifestError, match="is open in this program by another DuckDB connection: close"):
            own.select(sql="from manifest", name="mine")
        assert connection.sql("select count(*) from manifest").fetchall() == [(IMAGES,)]
    assert repr(own.select(sql="from manifest", name="mine")) == "Selection('mine': train 4)"
