"""Run builds in child processes and kill each at a random time; then run it again to its end.

    python killed.py MANIFEST ROOT FOLDER TIMES

The children are forked before any thread runs here, so that twenty of them take seconds.
"""

import os
import random
import signal
import sys
import time
from pathlib import Path

from indexer.base.workers import Workers
from indexer.manifest import store as stores
from materializer.models import Request, Settings
from materializer.running.build import build


def start(manifest, root, output):
    child = os.fork()
    if child:
        return child
    try:
        request = Request("main", output, {"pictures": root}, output.parent / "scratch", Settings(shard_size=10_000))
        with stores.open_for_reading(manifest) as store:
            build(store, request, Workers(2, "threading"))
        os._exit(0)
    finally:
        os._exit(1)


def main(manifest, root, folder, times):
    began = time.monotonic()
    assert os.waitpid(start(manifest, root, folder / "undisturbed"), 0)[1] == 0
    duration = time.monotonic() - began
    times_of_kills = random.Random(7)
    killed = 0
    for number in range(times):
        output = folder / str(number)
        child = start(manifest, root, output)
        time.sleep(times_of_kills.uniform(0, duration))
        os.kill(child, signal.SIGKILL)
        killed += os.waitpid(child, 0)[1] == signal.SIGKILL
        assert os.waitpid(start(manifest, root, output), 0)[1] == 0
    print(killed)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]), int(sys.argv[4]))
