"""Where the sources lie on this machine."""

from pathlib import Path

from indexer import declarations, resources
from indexer.config import Config


def source_roots(config: Config) -> dict[str, Path]:
    """Every declared source's key and its place, whether it is there or not."""
    folders = [resources.sources_folder(), *filter(None, [config.declarations_path])]
    return {source.key: config.root(source.key, source.default_folder) for source in declarations.load(folders)}
