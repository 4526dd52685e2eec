"""A build that ends its own process in the middle.

python -m tests.cluster.driver MANIFEST ROOT OUTPUT BACKEND SCHEDULER
"""

import os
import signal
import sys
from pathlib import Path

from indexer.base.workers import Workers
from indexer.manifest import store as stores
from materializer.models import Request, Settings
from materializer.running.build import build

SHARD_SIZE = 1_000_000


class Counting:
    """Progress that counts images, and does something once, when the first shards are there."""

    def __init__(self, then=lambda: None, at=2):
        self.images = self.calls = 0
        self.then, self.at = then, at

    def phase(self, *_):
        return self

    def advance(self, items=1, **_):
        self.images += items
        self.calls += 1
        if self.calls == self.at:
            self.then()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None


def run(manifest, root, output, workers, progress):
    scratch = output.parent / "scratch"
    request = Request("main", output, {"pictures": root}, scratch, Settings(shard_size=SHARD_SIZE))
    with stores.open_for_reading(manifest) as store:
        return build(store, request, workers, progress)


if __name__ == "__main__":
    suicidal = Counting(lambda: os.kill(os.getpid(), signal.SIGKILL))
    run(*map(Path, sys.argv[1:4]), Workers(2, *sys.argv[4:6]), suicidal)
