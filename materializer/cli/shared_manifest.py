"""The options of commands that take a shared manifest instead of a selection: they import it first."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from indexer.cli.options import CommonOptions
from indexer.cli.selection_names import selection_name
from indexer.sharing.models import MAX_ROWS, ImportOptions, Match, MissingPolicy

if TYPE_CHECKING:
    from indexer.sharing.importing import Imported

_OPTIONS = (
    click.option("--manifest", "shared", type=click.Path(path_type=Path), metavar="DIR",
                 help="A shared manifest instead of a selection; it is imported first."),
    click.option("--missing", type=click.Choice([one.value for one in MissingPolicy]),
                 default=MissingPolicy.FAIL.value, show_default=True,
                 help="What to do about images of a shared manifest that are not here."),
    click.option("--match", type=click.Choice([one.value for one in Match]), default=Match.BYTES.value,
                 show_default=True,
                 help="What makes an image of a shared manifest the same: its bytes, or its decoded pixels."),
    click.option("--max-rows", type=click.IntRange(1), default=MAX_ROWS, show_default=True,
                 help="Rows of the largest shared manifest that is read."),
    click.option("--name", callback=selection_name,
                 help="Name for the selection of --manifest.  [default: as in the shared manifest]"),
    click.option("--force", is_flag=True,
                 help="Replace another selection of the same name by the shared manifest."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SharedManifest:
    """A shared manifest, the name of the selection that it becomes (None: its own), and how it is imported."""

    folder: Path
    name: str | None
    how: ImportOptions


def shared_manifest_options(function: Callable[..., None]) -> Callable[..., None]:
    """Decorate a command that has ``--selection`` with ``--manifest`` and the options of an import."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def take_shared_manifest(given: dict[str, Any]) -> SharedManifest | None:
    """Take the options of an import out of ``given``; None if a selection is named.

    Raises:
        click.UsageError: both are named, or neither.
    """
    folder, name, force = given.pop("shared"), given.pop("name"), given["force"]
    missing, match = MissingPolicy(given.pop("missing")), Match(given.pop("match"))
    how = ImportOptions(missing, match, given.pop("force"), given.pop("max_rows"))
    if (folder is None) == (given["selection"] is None):
        raise click.UsageError("name either a --selection or a shared --manifest")
    if (name or force) and folder is None:
        raise click.UsageError("--name and --force need a shared --manifest")
    return SharedManifest(folder, name, how) if folder else None


def import_shared(options: CommonOptions, shared: SharedManifest) -> "Imported":
    """Import a shared manifest, and print its missing images."""
    from indexer.cli.imports import import_summary  # noqa: PLC0415 - most builds start without them
    from indexer.sharing.importing import import_manifest  # noqa: PLC0415 - as above

    with options.writing() as store:
        imported = import_manifest(store, shared.folder, shared.name, shared.how)
    print(import_summary(imported))
    return imported
