"""The settings of one command or of one object of the Python API, and what they configure."""

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from socket import gethostname
from typing import TypeVar

from indexer.base import config, path_sources
from indexer.base.config import Config
from indexer.base.errors import ConfigError
from indexer.base.workers import Workers
from indexer.manifest import store
from indexer.manifest.connecting import DatabaseSettings, require_manifest
from indexer.manifest.store import Store
from indexer.settings.database_settings import read_database_settings
from indexer.settings.limits import LimitOptions, read_limits

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Session:
    """Locate and open what a command works with: local.cfg, the manifest, workers, limits."""

    config_file: Path
    manifest_db: Path | None = None
    jobs: int = os.cpu_count() or 1
    backend: str = "loky"
    scheduler: str | None = None
    limits: Mapping[str, str] = field(default_factory=dict)

    @property
    def config(self) -> Config:
        """``local.cfg``, and the sources of ``scan PATH`` in the manifest; read on access."""
        found = self._config
        return replace(found, path_sources=path_sources.read(self.manifest_db or found.manifest_path))

    @property
    def has_config(self) -> bool:
        """Whether there is a configuration file, or one was named."""
        return self.config_file.exists() or self.config_file != config.NAME

    @property
    def _config(self) -> Config:
        return config.load(self.config_file) if self.has_config else config.without_file()

    @property
    def manifest(self) -> Path:
        """The manifest's file."""
        return self.manifest_db or self._config.manifest_path

    @property
    def workers(self) -> Workers:
        """The processes or the cluster that run tasks."""
        return Workers(self.jobs, self.backend, self.scheduler, self.bounds.memory)

    @property
    def bounds(self) -> LimitOptions:
        """Limits for untrusted files: defaults, ``[limits]`` of local.cfg if it exists, then ``--limit``."""
        return read_limits(self.limits, self._section("limits", read_limits, LimitOptions()))

    def reading(self, *, alone: bool = False) -> Store:
        """Open the manifest read only, as :func:`indexer.manifest.store.open_for_reading`, with its errors."""
        return store.open_for_reading(self.manifest, self._database, alone=alone)

    def changing(self) -> Store:
        """Open the manifest for writing, if there is one. Raises the errors of :meth:`writing`."""
        require_manifest(self.manifest)
        return self.writing()

    def writing(self) -> Store:
        """Open or create the manifest. Raises the errors of :func:`indexer.manifest.store.open_for_writing`."""
        return store.open_for_writing(self.manifest, self._database)

    @property
    def _database(self) -> DatabaseSettings:
        return {**self._spill, **self._section("database", read_database_settings, {})}

    @property
    def _spill(self) -> DatabaseSettings:
        """Where DuckDB spills: to tmp_cache_dir, because the manifest may be on a network disk."""
        if not self.has_config:
            return {}
        folder = self._config.tmp_cache_dir
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            return {}  # beside the manifest, which is DuckDB's default
        name = hashlib.sha256(os.fsencode(self.manifest.absolute())).hexdigest()[:12]
        return {"temp_directory": str(folder / f"duckdb-{name}.{gethostname()}.tmp")}

    def _section(self, name: str, read: Callable[[Mapping[str, str]], _Value], default: _Value) -> _Value:
        """Read a section of ``local.cfg``. Return ``default`` if there is no file."""
        if not self.has_config:
            return default
        texts = getattr(self._config, name)
        try:
            return read(texts)
        except ConfigError as error:
            raise ConfigError(f"{self.config_file}: [{name}]: {error}") from None
