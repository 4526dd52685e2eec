"""Write all parts of a build at the same time, one process per part; some are killed and started again.

    python -m tests.materializer.parts_at_once MANIFEST ROOT OUTPUT COUNT

The processes are forked before any thread runs here.
"""

import os
import signal
import sys
from pathlib import Path

from indexer.base.progress import SILENT
from indexer.base.workers import Workers
from indexer.images import ImageLimits
from indexer.manifest import store as stores
from materializer.models import Request, Settings
from materializer.running.parts import BuildPart, build_part


class KilledAtFirst:
    """Progress that kills its process when the first shard is written."""

    def phase(self, title, *_):
        return self if title == "writing" else SILENT

    def advance(self, *_, **__):
        os.kill(os.getpid(), signal.SIGKILL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None


def start(manifest, request, part, progress):
    child = os.fork()
    if child:
        return child
    try:
        with stores.open_for_reading(manifest) as store:
            build_part(store, request, part, Workers(2, "threading"), progress)
        os._exit(0)
    finally:
        os._exit(1)


def main(manifest, root, output, count):
    settings, limits = Settings(shard_size=10_000), ImageLimits(seconds=60)
    request = Request("main", output, {"pictures": root}, output.parent / "scratch", settings, image_limits=limits)
    parts = [BuildPart(number, count) for number in range(1, count + 1)]
    children = [start(manifest, request, part, KilledAtFirst() if part.number > 1 else SILENT) for part in parts]
    ends = [os.waitpid(child, 0)[1] for child in children]
    assert ends == [0, *[signal.SIGKILL] * (count - 1)], ends
    children = [start(manifest, request, part, SILENT) for part in parts]
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * count


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]), int(sys.argv[4]))
