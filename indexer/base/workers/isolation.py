"""Run each task in a process of its own: for suspects, which crashed a worker or ran next to one that crashed.

Long tasks, and few, run so as well. The process is forked from a server, which has imported the task's modules
(:mod:`indexer.base.workers.fork_server`). So a crash costs a fork, about 10 ms; a new worker of joblib takes a second.
"""

import atexit
import os
import pickle
import signal
import subprocess
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import IO, Any, TypeVar, cast

from indexer.base.startup import module_command
from indexer.base.workers.fork_server import pickled, receive, send, serve_in_fork
from indexer.base.workers.in_worker import crash_reason
from indexer.base.workers.models import WorkerCrashed, Workers

Task = TypeVar("Task")
Result = TypeVar("Result")

ATTEMPTS = 2  # the kernel may kill a process because other ones use too much memory
_AHEAD = 2  # tasks per worker that are made before they run
_MOST_EARLY_SERVERS = 8  # a fork takes 10 ms


def run_isolated(
    function: Callable[[Task], Result], tasks: Iterable[Task], workers: Workers
) -> Iterator[tuple[Task, Result | WorkerCrashed]]:
    """Yield each task with its result as it is done; ``workers.jobs`` tasks run at a time."""
    run, source = _Run(), iter(tasks)
    running: dict[Future[Any], Task] = {}
    with ThreadPoolExecutor(workers.jobs) as threads:
        try:
            while True:
                for task in islice(source, _AHEAD * workers.jobs - len(running)):
                    running[threads.submit(run.answer, function, task, workers)] = task
                if not running:
                    break
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    yield running.pop(future), future.result()
        finally:
            run.stop()  # after an exception or Ctrl-C, which leave tasks unfinished
            threads.shutdown(cancel_futures=True)


class _Run:
    """Tasks that run at the same time, each by a server of its own; they can be stopped."""

    def __init__(self) -> None:
        self._busy: set[_Server] = set()
        self._stopped = False

    def answer(self, function: Callable[[Task], Result], task: Task, workers: Workers) -> Any:
        """Return the result of a task, or why its processes ended. Raises what the function raises."""
        request = (pickled(function), pickled((task, workers)), dict(os.environ), str(Path.cwd()))
        exit_code = -signal.SIGKILL
        for _ in range(ATTEMPTS):
            if self._stopped:
                break
            exit_code, data = self._ask(request)
            if exit_code == 0:
                result, error = pickle.loads(data)  # noqa: S301 - from our own process
                if error is not None:
                    raise error
                return result
        return WorkerCrashed(crash_reason(exit_code))

    def stop(self) -> None:
        """End the tasks that are running, and start no other."""
        self._stopped = True
        for server in list(self._busy):
            server.end()

    def _ask(self, request: Any) -> tuple[int, bytes]:
        try:
            server = _idle.pop()
        except IndexError:
            server = _started_server()
        self._busy.add(server)
        if self._stopped:
            server.end()
        try:
            answer = server.ask(request)
        except (EOFError, OSError, ValueError):  # the server was ended, by us or by the kernel
            server.end()
            return -signal.SIGKILL, b""
        finally:
            self._busy.discard(server)
        if self._stopped:
            server.end()
        else:
            _idle.append(server)
        return answer


class _Server:
    """A process that runs one task at a time in a fork of itself. It ends when this process ends."""

    def __init__(self, requests: IO[bytes], answers: IO[bytes], wait_for_end: Callable[[], object]) -> None:
        self._requests, self._answers, self._wait_for_end = requests, answers, wait_for_end
        self._ending = Lock()

    def ask(self, request: Any) -> tuple[int, bytes]:
        """Return the exit code of the task's process and its pickled result. Raises EOFError if the server ended."""
        send(self._requests, request)
        answer: tuple[int, bytes] = receive(self._answers)
        return answer

    def end(self) -> None:
        """End the server and its task. Several threads may call it; all return when the server has ended."""
        with self._ending:
            if self._answers.closed:
                return
            with suppress(OSError):
                self._requests.close()
            self._wait_for_end()
            self._answers.close()


def _started_server() -> _Server:
    command, environment = module_command("indexer.base.workers.fork_server", os.environ)
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C reaches only this process, which ends the tasks
    )
    return _Server(cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout), process.wait)


def fork_servers(jobs: int) -> None:
    """Fork servers from this process, which must have no threads that hold locks: they need not import its modules."""
    while len(_idle) < min(jobs, _MOST_EARLY_SERVERS):
        _idle.append(_forked_server())


def _forked_server() -> _Server:
    requests, to_server = os.pipe()
    from_server, answers = os.pipe()
    parent, server = os.getpid(), os.fork()
    if server == 0:
        os.close(to_server)
        os.close(from_server)
        serve_in_fork(requests, answers, parent)
    os.close(requests)
    os.close(answers)
    return _Server(os.fdopen(to_server, "wb"), os.fdopen(from_server, "rb"), partial(os.waitpid, server, 0))


_idle: list[_Server] = []  # for the next suspects
os.register_at_fork(after_in_child=_idle.clear)


@atexit.register
def end_idle_servers() -> None:
    """End the servers that wait for a task."""
    while _idle:
        _idle.pop().end()
