"""``indexer init``: write local.cfg and the draft of a declaration for a folder."""

import tempfile
from dataclasses import replace
from pathlib import Path

import click

from indexer.base import durable
from indexer.base.config import NAME
from indexer.base.errors import ConfigError
from indexer.cli.options import completion
from indexer.cli.options.common import CommonOptions, common_options
from indexer.cli.printing.messages import printable
from indexer.drafting.draft import declaration
from indexer.drafting.labels import CONFIRM
from indexer.drafting.survey import survey
from indexer.naming_paths import named
from indexer.roots import declared
from indexer.scanning import ScanOptions

_DECLARATIONS = Path("declarations")
_CONFIG = """\
# The paths of this machine. Relative paths count from this file.
[paths]
# Sources without a line of their own are looked for here.
input_datasets_path = .
# Built datasets.
output_path = built
# Images of solid archives, during a build.
tmp_cache_dir = tmp
# The manifest: manifest.duckdb.
intermediate_outputs_path = index
# TOML files that describe your sources.
declarations_path = {declarations}

# One line per source: its key, and a folder, an archive or an address.
{key} = {root}

# [limits]
# memory = 8GiB

# [database]
# memory = 8GiB
"""


@click.command(epilog="Example: python -m indexer init ~/Pictures")
@click.argument("folder", metavar="[DIR]", default=".", shell_complete=completion.paths)
@common_options
def command(options: CommonOptions, folder: str) -> None:
    """Write local.cfg and a first declaration for what is in DIR.

    Both are written to the working folder. The declaration lists folders, counts and side files, and gives each image a
    row. DIR may also be an archive or an address; nothing in it is changed.
    """
    if NAME.exists():
        raise ConfigError(f"{NAME} exists: remove it first, or run this command in another folder")
    taken = {each.key for each in declared(replace(options.config, path_sources=()))}
    [source] = named([folder], (), taken)
    if not str(source.root).isprintable():
        raise ConfigError(f"{str(source.root)!r} cannot be a value of {NAME}: rename it, or name its parent folder")
    file = _DECLARATIONS / f"{source.key}.toml"
    if file.exists():
        raise ConfigError(f"{file} exists: remove it first, or run this command in another folder")
    scan_options = ScanOptions(options.workers, options.bounds.archives, options.progress, must_exist=True)
    found = survey(source, scan_options, Path(tempfile.gettempdir()))
    draft = declaration(found)
    durable.write_bytes(file, draft.encode())
    durable.write_bytes(NAME, _CONFIG.format(declarations=_DECLARATIONS, key=source.key, root=source.root).encode())
    files = len(found.side_files)
    sides = f", {files} kind{'s' if files != 1 else ''} of tables" if files else ""
    number = len({folder.names for folder in found.folders})  # a table is one, whatever columns of images it has
    folders = f"{number:,} folder{'s' if number != 1 else ''}"
    print(printable(f"{source.root}: {found.images:,} images in {folders}{sides}"))
    print(f"Written: {NAME}, {file}. Edit them, then run: python -m indexer scan")
    if CONFIRM in draft:
        print(f"Which images are fake is assumed from 0 and 1: see '{CONFIRM}' in {file}")
