"""What a selection may be called."""

from pathlib import Path

import click

from indexer.selection.models import is_selection_name


def selection_name(_context: click.Context, _parameter: click.Parameter, name: str | None) -> str | None:
    """A name as it was given, for an option of click's.

    Raises:
        click.BadParameter: no folder could be called so.
    """
    if name is not None and not is_selection_name(name):
        raise click.BadParameter(f"{name!r} has a slash, a leading dot or a control character, or is empty")
    return name


def folder_for(selection: str, place: Path) -> Path:
    """The folder in ``place`` that is called after a selection.

    Raises:
        click.UsageError: no folder can be; selections by a file's name are not held to what ``--name`` is.
    """
    if not is_selection_name(selection):
        raise click.UsageError(f"no folder can be called {selection!r}: name one with --output")
    return place / selection
