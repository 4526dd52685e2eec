"""Where the sources lie: on the machine that was asked, and on a worker that has them elsewhere."""

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

# Set where a worker runs: its own local.cfg, whose roots replace those of the machine that hands out the work.
WORKER_CONFIG = "INDEXER_WORKER_CONFIG"


def declared(given: Config | None) -> "tuple[Source, ...]":
    """The sources that come with the project, and the user's own.

    Raises:
        ConfigError: local.cfg names a folder for the user's own, and there is none.
        DeclarationError: some of them are wrong; the message names every problem.
    """
    from indexer import declarations  # noqa: PLC0415 - loads DuckDB, which most workers do without

    own = given.declarations_path if given else None
    if given and own and not own.is_dir():
        raise ConfigError(f"{given.file}: declarations_path = {own} is no folder: correct it, or remove the line")
    return declarations.load([resources.sources_folder(), *filter(None, [own])])


def source_roots(given: Config) -> dict[str, Root]:
    """Every declared source's key and its place, whether it is there or not."""
    return {source.key: given.root(source.key, source.default_folder) for source in declared(given)}


def source_folders(given: Config) -> dict[str, Root]:
    """As :func:`source_roots`; of a source that is one archive its folder, from which the manifest's paths count."""
    return {key: base_of(root) for key, root in source_roots(given).items()}


def refuse_inside(folder: Path, given: Config) -> None:
    """Refuse to write into a source: the next scan would take what is written for the source's own images.

    Raises:
        OutputError: ``folder`` lies in a source that is a folder of this machine.
    """
    place = folder.resolve()
    for key, root in source_roots(given).items():
        if isinstance(root, Path) and root.is_dir() and place.is_relative_to(root.resolve()):
            raise OutputError(f"{folder} lies in the source '{key}' ({root}), which is only read: name another folder")


def localize(container: Container) -> Container:
    """The container where this worker has its source; as it is, where the worker has no local.cfg of its own.

    Raises:
        ConfigError: the worker's local.cfg cannot be used.
    """
    folders = _own_folders(os.environ.get(WORKER_CONFIG))
    return replace(container, root=folders.get(container.source, container.root))


@cache
def _own_folders(file: str | None) -> Mapping[str, Root]:
    return source_folders(config.load(Path(file))) if file else {}
