"""Tasks in workers that may die without taking the run along.

``crew`` runs one kind of work; ``local`` (joblib on this machine), ``on_dask`` and ``on_ray`` are where it can run.
Each of them answers a task whose worker died with :class:`Died` instead of failing everything that was under way.
"""

from indexer.base.workers.bisection import cuts
from indexer.base.workers.models import WorkerCrashed, Workers
from indexer.base.workers.pool import BACKENDS, WorkerPool
from indexer.base.workers.timeouts import time_limit

__all__ = ["BACKENDS", "WorkerCrashed", "WorkerPool", "Workers", "cuts", "time_limit"]
