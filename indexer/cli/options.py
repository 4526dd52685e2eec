"""What every command takes, and what it is given for it."""

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
from indexer.cli.database import read_database
from indexer.cli.limits import LimitOptions, pairs, read_limits
from indexer.cli.progress import shown
from indexer.manifest import store
from indexer.manifest.store import DatabaseSettings, Store

_CONFIG = Path("local.cfg")
_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class Session:
    """The common options, read."""

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
        """``local.cfg``, read now: a command that needs no paths never asks."""
        return config.load(self.config_file)

    @property
    def manifest(self) -> Path:
        """The manifest's file."""
        return self.manifest_db or self.config.manifest_path

    @property
    def workers(self) -> Workers:
        """What runs the work: processes of this machine, or an engine."""
        return Workers(self.jobs, self.backend, self.scheduler, self.bounds.memory)

    @property
    def bounds(self) -> LimitOptions:
        """How much strangers' files may ask for; whoever was sent a dataset may have no local.cfg."""
        return read_limits(self.limits, self._section("limits", read_limits, LimitOptions()))

    def reading(self) -> Store:
        """The manifest, opened read only. Raises as :func:`indexer.manifest.store.open_for_reading` does."""
        return store.open_for_reading(self.manifest, self._database)

    def writing(self) -> Store:
        """The manifest, opened to write. Raises as :func:`indexer.manifest.store.open_for_writing` does."""
        return store.open_for_writing(self.manifest, self._database)

    @property
    def _database(self) -> DatabaseSettings:
        return self._section("database", read_database, {})

    def _section(self, name: str, read: Callable[[Mapping[str, str]], _Read], default: _Read) -> _Read:
        """What stands in a section of ``local.cfg``; ``default`` where there is no such file and none was named."""
        if not self.config_file.exists() and self.config_file == _CONFIG:
            return default
        texts = getattr(self.config, name)
        try:
            return read(texts)
        except ConfigError as error:
            raise ConfigError(f"{self.config_file}: [{name}]: {error}") from None

    @property
    def progress(self) -> Progress:
        """How long work is shown: on standard error, or not at all with ``--quiet``."""
        return SILENT if self.quiet else shown(as_json=self.json_log)


_OPTIONS = (
    click.option("--config", "config_file", type=click.Path(path_type=Path), default=_CONFIG,
                 show_default=True, help="Where this machine's paths stand."),
    click.option("--manifest-db", type=click.Path(path_type=Path, dir_okay=False),
                 help="The manifest.  [default: intermediate_outputs_path/manifest.duckdb]"),
    click.option("--jobs", type=click.IntRange(min=1), default=os.cpu_count() or 1,
                 help="Worker processes.  [default: cores]"),
    click.option("--quiet", is_flag=True, help="No progress."),
    click.option("--json-log", is_flag=True, help="Progress and messages as JSON lines."),
    click.option("--debug", is_flag=True, help="Show the traceback of an error."),
)  # fmt: skip

_NAMES = ("config_file", "manifest_db", "jobs", "quiet", "debug", "json_log")


def common(function: Callable[..., None]) -> Callable[..., None]:
    """Decorate a command with the common options; it gets them as its first argument, a :class:`Session`."""

    @functools.wraps(function)
    def call(**given: Any) -> None:
        function(Session(**{name: given.pop(name) for name in _NAMES}), **given)

    for option in reversed(_OPTIONS):
        call = option(call)
    return call


def on_workers(function: Callable[..., None]) -> Callable[..., None]:
    """Decorate a command, below :func:`common`, whose work can run on another engine than processes of this machine."""

    @functools.wraps(function)
    def call(session: Session, *, backend: str, scheduler: str | None, limit: tuple[str, ...], **given: Any) -> None:
        asked = replace(session, backend=backend, scheduler=scheduler, limits=pairs(limit))
        function(asked, **given)

    call = click.option("--limit", multiple=True, metavar="NAME=VALUE",
                        help="Instead of local.cfg's [limits]: pixels=200000000, memory=16GiB.")(call)  # fmt: skip
    call = click.option("--scheduler", metavar="ADDRESS", help="Of the engine: tcp://HOST:8786, ray://HOST:10001.")(
        call
    )
    return click.option("--backend", type=click.Choice(BACKENDS), default="loky", show_default=True,
                        help="What runs the work; dask and ray are extras.")(call)  # fmt: skip
