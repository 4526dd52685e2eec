"""How work is run, and what comes back in place of a result when it cannot be."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Workers:
    """How tasks are run.

    ``backend`` is loky (processes of this machine), threading, dask or ray; the last two are found at ``scheduler``.
    ``memory`` (bytes) bounds what each worker process of this machine takes for its tasks; None leaves it alone.
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
        """These, or where tasks may run on other machines, as many processes of this one."""
        return replace(self, backend="loky", scheduler=None) if self.elsewhere else self


@dataclass(frozen=True, slots=True)
class WorkerCrashed:
    """The task's worker ended without an answer, every time it was tried."""

    reason: str
