"""The options of the commands, for an object of the API."""

import os

from indexer.base import config as configuration
from indexer.base.config import expanded
from indexer.cli.options.common import CommonOptions

PathLike = str | os.PathLike[str]


def api_options(
    manifest: PathLike | None, config: PathLike | None, jobs: int | None, *, quiet: bool = True
) -> CommonOptions:
    """Return options for a manifest and a configuration; None is the default of the commands."""
    return CommonOptions(
        configuration.find() if config is None else expanded(os.fspath(config)),
        None if manifest is None else expanded(os.fspath(manifest)),
        jobs=jobs or os.cpu_count() or 1,
        quiet=quiet,
        debug=False,
    )
