"""Pools on Dask and Ray: tasks of a lost worker run again, and tasks that crash are isolated."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from indexer.base.errors import ConfigError
from indexer.base.workers import WorkerCrashed, WorkerPool, Workers
from tests.cluster.conftest import SECONDS_TO_START, ray_head, scheduler, wait_for_workers, worker
from tests.cluster.work import DEADLY, ROOT, crash_at_13, crash_once, halves, nap, square, wait_for
from tests.support.processes import running, wait_until

pytestmark = pytest.mark.slow


@pytest.fixture(params=["dask", "ray"])
def workers(request, monkeypatch):
    if request.param == "dask":
        address, processes = request.getfixturevalue("dask_cluster")
        wait_for_workers(address, len(processes))  # workers that the previous test killed are restarted
        return Workers(backend="dask", scheduler=address)
    pytest.importorskip("ray", reason="the extra [ray] is not installed")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return Workers(backend="ray")


def test_every_task_has_one_result(workers):
    answers = list(WorkerPool(square, workers).run(range(50)))
    assert sorted(answers) == [(number, number * number) for number in range(50)]


def test_task_of_a_lost_worker_runs_again(workers, tmp_path):
    [(_, answer)] = WorkerPool(crash_once, workers).run([str(tmp_path / "crashed")])
    assert answer == "answered"


def test_crashing_task_is_isolated(workers):
    answers = dict(WorkerPool(crash_at_13, workers, halves).run([(0, 4), (12, 14), (20, 24)]))
    assert isinstance(answers.pop((13, 14)), WorkerCrashed)
    assert sum(answers.values()) == 9


def test_tasks_next_to_a_crash_succeed(tmp_path):
    with scheduler(tmp_path) as (address, _), worker(tmp_path, address, "--nthreads", "2"):
        wait_for_workers(address, 1)
        answers = dict(WorkerPool(nap, Workers(backend="dask", scheduler=address)).run([3.0, DEADLY]))
    assert isinstance(answers.pop(DEADLY), WorkerCrashed)
    assert answers == {3.0: None}


def test_slow_task_does_not_delay_others(workers, tmp_path):
    """It ends only when all others have ended."""
    slow = str(tmp_path / "may end")
    answers = WorkerPool(wait_for, workers).run([slow, *[""] * 10])
    assert [next(answers) for _ in range(10)] == [("", True)] * 10
    (tmp_path / "may end").touch()
    assert list(answers) == [(slow, True)]


def test_cluster_without_workers_is_reported_and_awaited(tmp_path, monkeypatch, caplog):
    with scheduler(tmp_path) as (address, _), ThreadPoolExecutor(1) as waiting:
        monkeypatch.setattr("indexer.base.workers.on_dask.LOOK_SECONDS", 0.1)
        answers = waiting.submit(list, WorkerPool(square, Workers(backend="dask", scheduler=address)).run([3]))
        message = f"{address} has no worker: waiting until one comes"
        assert wait_until(lambda: message in caplog.messages, SECONDS_TO_START)
        assert not answers.done()
        with worker(tmp_path, address):
            assert answers.result(SECONDS_TO_START) == [(3, 9)]


def test_lost_scheduler_is_reported_in_one_line(tmp_path):
    with scheduler(tmp_path) as (address, process), worker(tmp_path, address, "--no-nanny"):
        answers = WorkerPool(nap, Workers(backend="dask", scheduler=address)).run([0.0, 60.0])
        assert next(answers) == (0.0, None)
        process.kill()
        with pytest.raises(ConfigError, match=rf"the Dask scheduler at {address} went away: start one, then run"):
            list(answers)


def test_lost_ray_head_is_reported_in_one_line(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")  # else a token in the home decides
    with ray_head() as (address, kill):
        command = [sys.executable, "-m", "tests.cluster.ray_run", address]
        with running(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as waiting:
            assert waiting.stdout.readline() == "(0.0, None)\n"
            kill()
            output = waiting.stdout.read()
        assert output == f"the Ray cluster at {address} went away: start one, then run the same command again\n"
        assert waiting.returncode == 2


def test_missing_scheduler_is_reported_in_one_line():
    with pytest.raises(ConfigError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9: start one"):
        list(WorkerPool(square, Workers(backend="dask", scheduler="tcp://127.0.0.1:9")).run([1]))
    with pytest.raises(ConfigError, match="needs --scheduler"):
        list(WorkerPool(square, Workers(backend="dask")).run([1]))


@pytest.mark.parametrize("address", ["127.0.0.1:9", "ray://127.0.0.1:9"])
def test_missing_ray_cluster_is_reported_in_one_line(address):
    pytest.importorskip("ray", reason="the extra [ray] is not installed")
    with pytest.raises(ConfigError, match=rf"no Ray cluster answers at {address}: start one"):
        list(WorkerPool(square, Workers(backend="ray", scheduler=address)).run([1]))
