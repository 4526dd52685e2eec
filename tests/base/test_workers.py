"""Workers crash: by signals, by the time limit, by exit."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from indexer.base.workers import WorkerCrashed, WorkerPool, Workers, time_limit
from indexer.base.workers.fork_server import pickled, send
from tests.support.processes import has_ended, running, wait_until

Span = tuple[int, int]


def _count(span: Span) -> int:
    if 13 in range(*span):
        os.kill(os.getpid(), signal.SIGSEGV)
    if 57 in range(*span):
        with time_limit(0.2):
            time.sleep(30)
    return span[1] - span[0]


def _halves(span: Span) -> list[Span]:
    low, high = span
    middle = (low + high) // 2
    return [(low, middle), (middle, high)] if high - low > 1 else []


def _exit(number: int) -> int:
    if number == 3:
        os._exit(1)
    return number


def _allocate(size: int) -> int:
    return len(bytearray(size))


def _raise(number: int) -> int:
    raise ZeroDivisionError(number)


def _pid(_: int) -> int:
    return os.getpid()


def _blocked(_: int) -> bool:
    return signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, [])


@pytest.mark.parametrize("jobs", [pytest.param(1, marks=pytest.mark.slow), 2])
def test_only_the_crashing_item_is_lost(jobs):
    pool = WorkerPool(_count, Workers(jobs=jobs), _halves)
    results = dict(pool.run([(0, 4), (12, 14), (20, 24), (56, 58)]))
    crashed = {span: result.reason for span, result in results.items() if isinstance(result, WorkerCrashed)}
    assert crashed == {(13, 14): "crashed its reader (SIGSEGV)", (57, 58): "took longer than its time limit"}
    assert sum(result for result in results.values() if not isinstance(result, WorkerCrashed)) == 10


@pytest.mark.slow
def test_crash_of_a_task_that_cannot_be_split_is_its_result():
    results = dict(WorkerPool(_exit, Workers(jobs=2)).run(range(6)))
    assert isinstance(results.pop(3), WorkerCrashed)
    assert results == {number: number for number in (0, 1, 2, 4, 5)}


def test_task_over_the_memory_limit_is_reported_as_such():
    results = dict(WorkerPool(_allocate, Workers(jobs=2, memory=1 << 30)).run([10, 4 << 30, 20]))
    assert results.pop(4 << 30) == WorkerCrashed("needed more memory than its worker may have")
    assert results == {10: 10, 20: 20}


def test_memory_limit_does_not_count_the_worker_itself():
    assert dict(WorkerPool(_allocate, Workers(jobs=2, memory=64 << 20)).run([10, 20])) == {10: 10, 20: 20}


def test_huge_time_limit_is_accepted():
    with time_limit(1e18):
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 1e8


def test_exception_of_a_task_is_raised():
    with pytest.raises(ZeroDivisionError):
        list(WorkerPool(_raise, Workers(jobs=2)).run([1]))


def test_one_job_runs_in_another_process():
    [(_, pid)] = WorkerPool(_pid, Workers(jobs=1)).run([0])
    assert pid != os.getpid()


def test_threads_run_in_this_process():
    [(_, pid)] = WorkerPool(_pid, Workers(jobs=2, backend="threading")).run([0])
    assert pid == os.getpid()


def test_workers_ignore_ctrl_c_from_their_start():
    """A terminal sends it to every process; a worker that is still importing would print a traceback."""
    assert [result for _, result in WorkerPool(_blocked, Workers(2)).run(range(4))] == [True] * 4
    assert not _blocked(0)


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_workers_that_were_forked_early_run_tasks_and_end_with_their_process():
    code = """
import os
from pathlib import Path
from indexer.base.workers import WorkerPool, Workers, isolation

def task(number):
    if number == 3:
        os._exit(1)
    return os.getppid()

isolation.fork_servers(2)
servers = Path("/proc/thread-self/children").read_text().split()
results = dict(WorkerPool(task, Workers(2), is_long=True).run(range(6)))
crashed = [number for number, result in results.items() if not isinstance(result, int)]
print(crashed, {str(result) for result in results.values() if isinstance(result, int)} <= set(servers), *servers)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    crashed, are_servers, *servers = done.stdout.replace("[3]", "3").split()
    assert (crashed, are_servers) == ("3", "True")
    assert len(servers) >= 2
    assert wait_until(lambda: all(has_ended(int(server)) for server in servers))


def test_server_that_outlives_its_process_prints_nothing():
    command = [sys.executable, "-m", "indexer.base.workers.fork_server"]
    with running(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as server:
        server.stdout.close()
        send(server.stdin, (pickled(abs), pickled((-1, Workers())), dict(os.environ), str(Path.cwd())))
        assert server.stderr.read() == b""
    assert server.returncode == 0


def _fail_or_sleep(file: Path) -> None:
    """Fail if the file is the first and the others exist; else create the file and sleep."""
    if file.name == "0":
        assert wait_until(lambda: sum(other.stat().st_size > 0 for other in file.parent.iterdir()) == 3)
        raise ValueError(file.name)
    file.write_text(str(os.getpid()))
    time.sleep(300)
    file.write_text("done")


def test_error_of_a_long_task_ends_the_others(tmp_path):
    with pytest.raises(ValueError, match="0"):
        list(WorkerPool(_fail_or_sleep, Workers(4), is_long=True).run([tmp_path / str(number) for number in range(4)]))
    pids = [file.read_text() for file in tmp_path.iterdir()]
    assert wait_until(lambda: all(has_ended(int(pid)) for pid in pids))
    assert [file.read_text() for file in tmp_path.iterdir()] == pids
