"""A long run on Ray, in a process that Ray may end. Prints a line when the first task is done.

python -m tests.cluster.ray_run HOST:PORT
"""

import sys

from indexer.base.errors import ProjectError
from indexer.base.workers import WorkerPool, Workers, on_ray
from tests.cluster.work import nap

if __name__ == "__main__":
    on_ray.PATIENCE = 3
    answers = WorkerPool(nap, Workers(backend="ray", scheduler=sys.argv[1])).run([0.0, 600.0])
    print(next(answers), flush=True)
    try:
        list(answers)
    except ProjectError as error:
        print(error, flush=True)
        sys.exit(2)
