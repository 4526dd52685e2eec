"""Options that several commands share."""

import functools
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import click

from indexer.base import config
from indexer.base.progress import SILENT, Progress
from indexer.base.workers import BACKENDS, CLUSTERS
from indexer.base.workers.isolation import fork_servers
from indexer.cli.printing.progress import progress_display
from indexer.cli.running.program import is_own_process
from indexer.settings.limits import parse_pairs
from indexer.settings.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonOptions(Session):
    """Values of the common options, and what they configure."""

    quiet: bool
    debug: bool
    json_log: bool = False

    @property
    def progress(self) -> Progress:
        """The progress display on standard error; silent with ``--quiet``."""
        return SILENT if self.quiet else progress_display(as_json=self.json_log)


_OPTIONS = {
    "config_file": click.option("--config", "config_file", type=click.Path(path_type=Path), default=config.find,
                                help="Configuration file.  [default: local.cfg here or above, $INDEXER_CONFIG]"),
    "manifest_db": click.option("--manifest-db", type=click.Path(path_type=Path, dir_okay=False),
                                help="Manifest file.  [default: manifest.duckdb in intermediate_outputs_path or here]"),
    "jobs": click.option("--jobs", type=click.IntRange(min=1), default=os.cpu_count() or 1,
                         help="Worker processes.  [default: cores]"),
    "quiet": click.option("--quiet", is_flag=True, help="Show no progress."),
    "json_log": click.option("--json-log", is_flag=True, help="Write progress and messages as JSON lines."),
    "debug": click.option("--debug", is_flag=True, help="Show the traceback of an error."),
}  # fmt: skip

_WORKER_OPTIONS = (
    click.option("--backend", type=click.Choice(BACKENDS), default="loky", show_default=True,
                 help="Runs the tasks; dask and ray are optional dependencies."),
    click.option("--scheduler", metavar="ADDRESS", help="Cluster address: tcp://HOST:8786, ray://HOST:10001."),
    click.option("--limit", multiple=True, metavar="NAME=VALUE",
                 help="Override [limits] of local.cfg: pixels=200000000, memory=16GiB."),
)  # fmt: skip


Command = Callable[..., None]


def choice_of(kind: type[StrEnum]) -> click.Choice[str]:
    """Return the type of an option whose values are those of an enumeration."""
    return click.Choice([value.value for value in kind])


def with_options(options: Iterable[Callable[[Command], Command]]) -> Callable[[Command], Command]:
    """Return a decorator that adds options to a command; its help has them in the given order."""
    given = tuple(options)
    return lambda command: functools.reduce(lambda changed, option: option(changed), reversed(given), command)


def common_options(function: Command) -> Command:
    """Add the common options to a command, which receives them as its first argument, a :class:`CommonOptions`."""

    @functools.wraps(function)
    def call(**given: Any) -> None:
        function(CommonOptions(**{name: given.pop(name) for name in _OPTIONS}), **given)

    return with_options(_OPTIONS.values())(call)


def worker_options(function: Command) -> Command:
    """Add the options of commands that run tasks on workers. Apply it below :func:`common_options`."""

    @functools.wraps(function)
    def call(
        options: CommonOptions, *, backend: str, scheduler: str | None, limit: tuple[str, ...], **given: Any
    ) -> None:
        if scheduler and backend not in CLUSTERS:
            raise click.UsageError(f"--scheduler needs --backend {' or --backend '.join(CLUSTERS)}")
        if backend == "loky" and is_own_process(click.get_current_context()):
            fork_servers(options.jobs)
        function(replace(options, backend=backend, scheduler=scheduler, limits=parse_pairs(limit)), **given)

    return with_options(_WORKER_OPTIONS)(call)
