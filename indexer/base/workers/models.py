"""Settings of workers, and the result of a task that crashed."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Workers:
    """Number and kind of workers.

    ``backend`` is loky (processes of this machine), threading, dask or ray; ``scheduler`` is the address of the last
    two. ``memory`` (bytes) limits the tasks of each worker process of this machine; None sets no limit.
    """

    jobs: int = 1
    backend: str = "loky"
    scheduler: str | None = None
    memory: int | None = None

    @property
    def elsewhere(self) -> bool:
        """Whether tasks may run on other machines."""
        return self.backend in ("dask", "ray")

    @property
    def at_home(self) -> "Workers":
        """The same number of workers, all of them processes of this machine."""
        return replace(self, backend="loky", scheduler=None) if self.elsewhere else self


@dataclass(frozen=True, slots=True)
class WorkerCrashed:
    """The task ended its worker process in every attempt."""

    reason: str
