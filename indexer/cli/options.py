"""Options that several commands share."""

import functools
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import click

from indexer.base import config
from indexer.base.config import Config
from indexer.base.errors import ConfigError
from indexer.base.progress import SILENT, Progress
from indexer.base.workers import BACKENDS, Workers
from indexer.cli.database_settings import read_database_settings
from indexer.cli.limits import LimitOptions, parse_pairs, read_limits
from indexer.cli.progress import progress_display
from indexer.manifest import store
from indexer.manifest.connecting import DatabaseSettings
from indexer.manifest.store import Store

_CONFIG = Path("local.cfg")
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class CommonOptions:
    """Values of the common options, and the objects they configure: local.cfg, the manifest, workers, progress."""

    config_file: Path
    manifest_db: Path | None
    jobs: int
    quiet: bool
    debug: bool
    json_log: bool = False
    backend: str = "loky"
    scheduler: str | None = None
    limits: Mapping[str, str] = field(default_factory=dict)

    @property
    def config(self) -> Config:
        """``local.cfg``; read on access, because some commands work without it."""
        return config.load(self.config_file)

    @property
    def manifest(self) -> Path:
        """The manifest's file."""
        return self.manifest_db or self.config.manifest_path

    @property
    def workers(self) -> Workers:
        """The processes or the cluster that run tasks."""
        return Workers(self.jobs, self.backend, self.scheduler, self.bounds.memory)

    @property
    def bounds(self) -> LimitOptions:
        """Limits for untrusted files: defaults, ``[limits]`` of local.cfg if it exists, then ``--limit``."""
        return read_limits(self.limits, self._section("limits", read_limits, LimitOptions()))

    def reading(self) -> Store:
        """Open the manifest read only. Raises the errors of :func:`indexer.manifest.store.open_for_reading`."""
        return store.open_for_reading(self.manifest, self._database)

    def writing(self) -> Store:
        """Open the manifest for writing. Raises the errors of :func:`indexer.manifest.store.open_for_writing`."""
        return store.open_for_writing(self.manifest, self._database)

    @property
    def _database(self) -> DatabaseSettings:
        return self._section("database", read_database_settings, {})

    def _section(self, name: str, read: Callable[[Mapping[str, str]], _Value], default: _Value) -> _Value:
        """Read a section of ``local.cfg``. Return ``default`` if the default file does not exist."""
        if not self.config_file.exists() and self.config_file == _CONFIG:
            return default
        texts = getattr(self.config, name)
        try:
            return read(texts)
        except ConfigError as error:
            raise ConfigError(f"{self.config_file}: [{name}]: {error}") from None

    @property
    def progress(self) -> Progress:
        """The progress display on standard error; silent with ``--quiet``."""
        return SILENT if self.quiet else progress_display(as_json=self.json_log)


_OPTIONS = {
    "config_file": click.option("--config", "config_file", type=click.Path(path_type=Path), default=_CONFIG,
                                show_default=True, help="Configuration file."),
    "manifest_db": click.option("--manifest-db", type=click.Path(path_type=Path, dir_okay=False),
                                help="Manifest file.  [default: intermediate_outputs_path/manifest.duckdb]"),
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


def common_options(function: Callable[..., None]) -> Callable[..., None]:
    """Add the common options to a command, which receives them as its first argument, a :class:`CommonOptions`."""

    @functools.wraps(function)
    def call(**given: Any) -> None:
        function(CommonOptions(**{name: given.pop(name) for name in _OPTIONS}), **given)

    return functools.reduce(lambda command, option: option(command), reversed(_OPTIONS.values()), call)


def worker_options(function: Callable[..., None]) -> Callable[..., None]:
    """Add the options of commands that run tasks on workers. Apply it below :func:`common_options`."""

    @functools.wraps(function)
    def call(
        options: CommonOptions, *, backend: str, scheduler: str | None, limit: tuple[str, ...], **given: Any
    ) -> None:
        function(replace(options, backend=backend, scheduler=scheduler, limits=parse_pairs(limit)), **given)

    return functools.reduce(lambda command, option: option(command), reversed(_WORKER_OPTIONS), call)
