"""What a selection may be called."""

import re

import click

# A folder can be called so: people call builds and exports after their selections.
_NAME = re.compile(r"[^./\x00-\x1f\x7f][^/\x00-\x1f\x7f]*")


def selection_name(_context: click.Context, _parameter: click.Parameter, name: str | None) -> str | None:
    """A name as it was given, for an option of click's.

    Raises:
        click.BadParameter: no folder could be called so.
    """
    if name is not None and not _NAME.fullmatch(name):
        raise click.BadParameter(f"{name!r} has a slash, a leading dot or a control character, or is empty")
    return name
