"""Run tasks in worker processes, and continue if a worker crashes.

::

    pool           one function over many tasks; splits a task that crashes its worker
    bisection      splits a task whose items are read one after the other
    local          workers of this machine: on_joblib, or isolation for a few tasks
    isolation      suspects of a crash, and few tasks, each in a process of its own (fork_server)
    in_worker      limits of a worker process
    on_dask, on_ray, worker_checks    workers of a cluster

A task whose worker crashes has the result :class:`WorkerCrashed`; the other tasks are not affected.
"""

from indexer.base.workers.bisection import cuts
from indexer.base.workers.models import WorkerCrashed, Workers
from indexer.base.workers.pool import BACKENDS, CLUSTERS, WorkerPool
from indexer.base.workers.timeouts import time_limit

__all__ = ["BACKENDS", "CLUSTERS", "WorkerCrashed", "WorkerPool", "Workers", "cuts", "time_limit"]
