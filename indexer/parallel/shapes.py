"""How work is run, and what comes back in place of a result when it cannot be."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Workers:
    """How tasks are run.

    ``backend`` is loky (processes of this machine), threading, dask or ray; the last two are found at ``scheduler``.
    ``memory`` (bytes) bounds each worker process of this machine; None leaves it alone.
    """

    jobs: int = 1
    backend: str = "loky"
    scheduler: str | None = None
    memory: int | None = None


@dataclass(frozen=True, slots=True)
class Died:
    """The task's worker ended without an answer, every time it was tried."""

    reason: str
