"""Run suspects, which are tasks that crashed a worker or ran next to one that did; and the tasks of small work.

Each task runs in a process of its own, forked from a server (:mod:`indexer.base.workers.fork_server`) that has
imported the task's modules. So a crash costs a fork, about 10 ms; a new worker of joblib takes a second to start.
"""

import atexit
import os
import pickle
import signal
import subprocess
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, TypeVar, cast

from indexer.base.startup import module_command
from indexer.base.workers.fork_server import pickled, receive, send
from indexer.base.workers.in_worker import crash_reason
from indexer.base.workers.models import WorkerCrashed, Workers

Task = TypeVar("Task")
Result = TypeVar("Result")

ATTEMPTS = 2  # the kernel may kill a process because other ones use too much memory


def run_suspects(
    function: Callable[[Task], Result], tasks: Iterable[Task], workers: Workers
) -> Iterator[tuple[Task, Result | WorkerCrashed]]:
    """Yield each task with its result as it is done; ``workers.jobs`` tasks run at a time."""
    run = _Run()
    with ThreadPoolExecutor(workers.jobs) as threads:
        futures = {threads.submit(run.answer, function, task, workers): task for task in tasks}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
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
        for _ in range(0 if self._stopped else ATTEMPTS):
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
            server = _Server()
        self._busy.add(server)
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

    def __init__(self) -> None:
        command, environment = module_command("indexer.base.workers.fork_server", os.environ)
        self._process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C reaches only this process, which ends the tasks
        )
        self._requests = cast(IO[bytes], self._process.stdin)
        self._answers = cast(IO[bytes], self._process.stdout)

    def ask(self, request: Any) -> tuple[int, bytes]:
        """Return the exit code of the task's process and its pickled result. Raises EOFError if the server ended."""
        send(self._requests, request)
        answer: tuple[int, bytes] = receive(self._answers)
        return answer

    def end(self) -> None:
        """End the server and its task."""
        with suppress(OSError):
            self._requests.close()
        self._process.wait()
        self._answers.close()


_idle: list[_Server] = []  # for the next suspects
os.register_at_fork(after_in_child=_idle.clear)


@atexit.register
def _end_idle_servers() -> None:
    while _idle:
        _idle.pop().end()
