"""Run builds in child processes and kill each at a random step; then run it again to its end.

    python killed.py MANIFEST ROOT FOLDER TIMES

A step is an event of Python's audit hooks, such as the opening of a file: equal builds have about equally many on
machines of any speed. The children are forked before any thread runs here, so that twenty of them take seconds.
"""

import itertools
import os
import random
import signal
import sys
from pathlib import Path

from indexer.base.workers import Workers
from indexer.manifest import store as stores
from materializer.models import Request, Settings
from materializer.running.build import build


def start(manifest, root, output, last_step=None):
    """Start a build that is killed at a step, or writes the number of its steps to OUTPUT.steps."""
    child = os.fork()
    if child:
        return child
    try:
        steps = itertools.count()
        sys.addaudithook(lambda *_: next(steps) == last_step and os.kill(os.getpid(), signal.SIGKILL))
        request = Request("main", output, {"pictures": root}, output.parent / "scratch", Settings(shard_size=10_000))
        with stores.open_for_reading(manifest) as store:
            build(store, request, Workers(2, "threading"))
        output.with_suffix(".steps").write_text(str(next(steps)))
        os._exit(0)
    finally:
        os._exit(1)


def main(manifest, root, folder, times):
    assert os.waitpid(start(manifest, root, folder / "undisturbed"), 0)[1] == 0
    steps = int((folder / "undisturbed.steps").read_text())
    last_steps = random.Random(7)
    killed = 0
    for number in range(times):
        output = folder / str(number)
        child = start(manifest, root, output, last_steps.randrange(steps))
        killed += os.waitpid(child, 0)[1] == signal.SIGKILL
        assert os.waitpid(start(manifest, root, output), 0)[1] == 0
    print(killed)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]), int(sys.argv[4]))
