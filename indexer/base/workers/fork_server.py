"""A process that runs each task in a fork of itself: ``python -m indexer.base.workers.fork_server``.

Requests come on standard input, answers go to standard output, both as pickles. The server imports the modules of a
task's function before it forks, and runs nothing itself: it has no threads, and a crash in a fork leaves it unharmed.
A command forks its servers from itself instead, before it starts threads: they have its modules.
"""

import gc
import os
import pickle
import select
import signal
import sys
import traceback
import warnings
from functools import lru_cache
from typing import IO, Any, NoReturn

from indexer.base.processes import end_with_parent
from indexer.base.workers.in_worker import OUT_OF_MEMORY, run_task

_LENGTH_BYTES = 8


def send(file: IO[bytes], message: Any) -> None:
    """Write one message."""
    data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    file.write(len(data).to_bytes(_LENGTH_BYTES, "big"))
    file.write(data)
    file.flush()


def receive(file: IO[bytes]) -> Any:
    """Read one message. Raises EOFError if the other side has ended."""
    length = int.from_bytes(file.read(_LENGTH_BYTES), "big")
    data = file.read(length)
    if not data or len(data) < length:
        raise EOFError
    return pickle.loads(data)  # noqa: S301 - from our own process


def pickled(value: Any) -> bytes:
    """Return a pickle; functions of scripts and of other modules that a server cannot import are pickled by value."""
    try:
        if getattr(value, "__module__", None) != "__main__":
            return pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    except (pickle.PicklingError, AttributeError, TypeError):
        pass
    from joblib.externals.loky.backend.reduction import dumps  # noqa: PLC0415 - 0.1 s to load, and rarely needed

    return bytes(dumps(value))


def main() -> None:
    """Answer requests until standard input ends."""
    _serve(os.dup(0), os.dup(1))


def serve_in_fork(requests: int, answers: int, parent: int) -> NoReturn:
    """Answer requests in a new fork of the process ``parent``, by these pipes, until they end."""
    try:
        os.setsid()  # Ctrl-C reaches only the parent
        end_with_parent(parent)
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        _serve(requests, answers)
    finally:
        os._exit(0)


def _serve(request_pipe: int, answer_pipe: int) -> NoReturn:
    requests, answers = os.fdopen(request_pipe, "rb"), os.fdopen(answer_pipe, "wb")
    # Tasks may print: give them no access to the pipes.
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    warnings.filterwarnings("ignore", message=".*multi-threaded, use of fork", category=DeprecationWarning)  # NumPy's
    gc.disable()  # the server only imports and forks; collections during imports would take an eighth of their time
    while True:
        try:
            function, task, environment, folder = receive(requests)
            send(answers, _answer(requests, function, task, (environment, folder)))
        except (EOFError, BrokenPipeError):  # the process that sends requests has ended
            os._exit(0)  # an orderly exit would write to the closed pipe again


def _answer(
    requests: IO[bytes], function: bytes, task: bytes, setting: tuple[dict[str, str], str]
) -> tuple[int, bytes]:
    """Return the exit code of the task's process and its pickled result."""
    try:
        _load(function)
    except Exception as error:
        return 0, _pickled(None, error)
    gc.freeze()  # the garbage collector of a fork skips what it shares with the server
    source, sink = os.pipe()
    server, child = os.getpid(), os.fork()
    if child == 0:
        gc.enable()
        end_with_parent(server)
        os.close(source)
        os.environ.clear()
        os.environ.update(setting[0])
        os.chdir(setting[1])
        _run(function, task, sink)
    os.close(sink)
    data = _read(source, requests, child)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), data


@lru_cache(maxsize=8)
def _load(function: bytes) -> Any:
    """Return a function; its modules are imported."""
    return pickle.loads(function)  # noqa: S301 - from our own process


def _run(function: bytes, task: bytes, sink: int) -> None:
    """Run a task in the fork, write its result, and end."""
    try:
        answer = _pickled(run_task(_load(function), *pickle.loads(task)), None)  # noqa: S301 - as above
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    except BaseException as error:
        error.add_note("".join(traceback.format_exception(error)))
        answer = _pickled(None, error)
    with os.fdopen(sink, "wb") as file:
        file.write(answer)
    os._exit(0)


def _pickled(result: Any, error: BaseException | None) -> bytes:
    try:
        return pickled((result, error))
    except MemoryError:
        raise
    except Exception as problem:
        return pickled((None, RuntimeError(f"{error or result!r} cannot be pickled: {problem!r}")))


def _read(source: int, requests: IO[bytes], child: int) -> bytes:
    """Read all that the task's process writes. End it, and this process, if the requests end."""
    pieces: list[bytes] = []
    with os.fdopen(source, "rb", buffering=0) as file:
        while True:
            ready, _, _ = select.select([file, requests], [], [])
            if file not in ready:
                os.kill(child, signal.SIGKILL)
                sys.exit()
            piece = file.read(1 << 20)
            if not piece:
                return b"".join(pieces)
            pieces.append(piece)


if __name__ == "__main__":
    main()
