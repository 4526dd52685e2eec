"""Tasks in workers that may die without taking the run along.

``crew`` runs one kind of work; ``local`` (joblib on this machine), ``on_dask`` and ``on_ray`` are where it can run.
Each of them answers a task whose worker died with :class:`Died` instead of failing everything that was under way.
"""

from indexer.parallel.behind import cuts
from indexer.parallel.crew import BACKENDS, Crew
from indexer.parallel.guards import time_limit
from indexer.parallel.shapes import Died, Workers

__all__ = ["BACKENDS", "Crew", "Died", "Workers", "cuts", "time_limit"]
