"""The options of commands that take an export (``--manifest``) instead of a selection: they import it first."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from indexer.cli.options.common import Command, CommonOptions
from indexer.cli.options.import_options import import_options, import_summary, take_import_options
from indexer.sharing.models import ImportOptions

if TYPE_CHECKING:
    from indexer.sharing.importing import Imported


@dataclass(frozen=True, slots=True)
class GivenExport:
    """The folder of an export, the name of the selection that it becomes (None: its own), and how it is imported."""

    folder: Path
    name: str | None
    how: ImportOptions


def export_options(function: Command) -> Command:
    """Add ``--manifest`` and the options of an import to a command that has ``--selection``."""
    option = click.option("--manifest", "export", type=click.Path(path_type=Path), metavar="DIR",
                          help="An export instead of a selection; it is imported first.")  # fmt: skip
    return option(import_options(function))


def take_export(given: dict[str, Any]) -> GivenExport | None:
    """Take the options of an import out of ``given``; None if a selection is named.

    Raises:
        click.UsageError: both are named, or neither.
    """
    folder, name, how = given.pop("export"), given.pop("name"), take_import_options(given)
    if (folder is None) == (given["selection"] is None):
        raise click.UsageError("name either a --selection, or an export with --manifest")
    if (name or how.force) and folder is None:
        raise click.UsageError("--name and --force need an export with --manifest")
    return GivenExport(folder, name, how) if folder else None


def import_export(options: CommonOptions, export: GivenExport) -> "Imported":
    """Import an export, as ``indexer import`` does, and print its missing images."""
    from indexer.cli.options.inspector import inspector  # noqa: PLC0415 - most builds start without them
    from indexer.sharing.importing import import_manifest  # noqa: PLC0415

    with options.writing() as store:
        imported = import_manifest(store, export.folder, export.name, export.how, inspector(options))
    print(import_summary(imported))
    return imported
