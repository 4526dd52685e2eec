"""Roots of the sources: on the machine that runs the command, and on a worker with roots of its own."""

import os
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.base import config, resources
from indexer.base.config import Config
from indexer.base.errors import ConfigError, OutputError
from indexer.base.remote import Root
from indexer.containers.from_manifest import base_of
from indexer.containers.models import Container

if TYPE_CHECKING:
    from indexer.declarations.models import Source

# Environment variable of a worker: its own local.cfg, whose roots replace those of the machine that starts tasks.
WORKER_CONFIG = "INDEXER_WORKER_CONFIG"


def declared(given: Config) -> "tuple[Source, ...]":
    """Return the sources that the project declares, the user's own, and those of ``scan PATH``.

    Those whose declaration is wrong have ``problems``: their rows can be used, but not scanned.

    Raises:
        ConfigError: declarations_path in local.cfg is not a folder.
    """
    from indexer import declarations  # noqa: PLC0415 - loads DuckDB, which most workers do without

    own = given.declarations_path
    if own and not own.is_dir():
        raise ConfigError(f"{given.file}: declarations_path = {own} is not a folder: correct it, or remove the line")
    loaded = declarations.load_all([resources.sources_folder(), *filter(None, [own])])
    keys = {source.key for source in loaded}
    return (*loaded, *(declarations.default_source(each) for each in given.path_sources if each.key not in keys))


def source_roots(given: Config) -> dict[str, Root]:
    """Return the root of every declared source by its key, whether it exists or not."""
    return {source.key: given.root(source.key, source.default_folder) for source in declared(given)}


def source_folders(given: Config) -> dict[str, Root]:
    """As :func:`source_roots`, but the folder of a source that is one archive: paths are relative to it."""
    return {key: base_of(root) for key, root in source_roots(given).items()}


def refuse_inside(folder: Path, given: Config) -> None:
    """Refuse to write into a source: the next scan would list the written files as images of the source.

    Raises:
        OutputError: ``folder`` is inside a source that is a folder of this machine.
    """
    resolved = folder.resolve()
    for key, root in source_roots(given).items():
        if isinstance(root, Path) and root.is_dir() and resolved.is_relative_to(root.resolve()):
            raise OutputError(
                f"{folder} is inside the source '{key}' ({root}), which must not be changed: name another folder"
            )


def localize(container: Container) -> Container:
    """Return the container with this worker's root of its source; unchanged if the worker has no local.cfg of its own.

    Raises:
        ConfigError: the worker's local.cfg cannot be used.
    """
    folders = _own_folders(os.environ.get(WORKER_CONFIG))
    return replace(container, root=folders.get(container.source, container.root))


@cache
def _own_folders(file: str | None) -> Mapping[str, Root]:
    return source_folders(config.load(Path(file))) if file else {}
