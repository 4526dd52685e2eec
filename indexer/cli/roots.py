"""Where the sources lie on this machine."""

from pathlib import Path

from indexer import declarations, resources
from indexer.config import Config
from indexer.declarations.shapes import Source


def declared(config: Config | None) -> tuple[Source, ...]:
    """The sources that come with the project, and the user's own.

    Raises:
        DeclarationError: some of them are wrong; the message names every problem.
    """
    own = config.declarations_path if config else None
    return declarations.load([resources.sources_folder(), *filter(None, [own])])


def source_roots(config: Config) -> dict[str, Path]:
    """Every declared source's key and its place, whether it is there or not."""
    return {source.key: config.root(source.key, source.default_folder) for source in declared(config)}


def source_folders(config: Config) -> dict[str, Path]:
    """As :func:`source_roots`; of a source that is one archive its folder, from which the manifest's paths count."""
    return {key: root.parent if root.is_file() else root for key, root in source_roots(config).items()}
