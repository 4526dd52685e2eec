"""Check names of selections, which are names of folders, too."""

from pathlib import Path

import click

from indexer.base.selection_terms import WRONG_SELECTION_NAME, is_selection_name


def checked_name(_context: click.Context, _parameter: click.Parameter, name: str | None) -> str | None:
    """Return ``name`` unchanged; a callback for an option.

    Raises:
        click.BadParameter: it cannot be the name of a folder.
    """
    if name is not None and not is_selection_name(name):
        raise click.BadParameter(f"{name!r} {WRONG_SELECTION_NAME}")
    return name


def folder_for(selection: str, parent: Path) -> Path:
    """Return the folder in ``parent`` that is named after a selection.

    Raises:
        click.UsageError: the name cannot be a folder's. Names taken from files are not checked when they are made.
    """
    if not is_selection_name(selection):
        raise click.UsageError(f"{selection!r} cannot be the name of a folder: choose one with --output")
    return parent / selection
