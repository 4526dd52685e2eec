"""The options and the summary of an import, for ``indexer import`` and for commands that import an export first."""

from typing import TYPE_CHECKING, Any

import click

from indexer.cli.options.common import choice_of, with_options
from indexer.cli.options.selection_names import checked_name
from indexer.cli.printing.messages import printable
from indexer.sharing.models import MAX_ROWS, ImportOptions, Match, MissingPolicy

if TYPE_CHECKING:
    from indexer.sharing.importing import Imported

import_options = with_options((
    click.option("--name", callback=checked_name,
                 help="Name of the imported selection.  [default: the name in the export]"),
    click.option("--missing", type=choice_of(MissingPolicy), default=MissingPolicy.FAIL.value, show_default=True,
                 help="Handling of exported images that are not on this machine."),
    click.option("--match", type=choice_of(Match), default=Match.BYTES.value, show_default=True,
                 help="What makes an image that of the export: its bytes, or its decoded pixels."),
    click.option("--force", is_flag=True, help="Replace another selection of the same name."),
    click.option("--max-rows", type=click.IntRange(1), default=MAX_ROWS, show_default=True,
                 help="Rows of the largest export that is read."),
))  # fmt: skip
"""Add the options of an import, which :func:`take_import_options` reads, and ``name``."""


def take_import_options(given: dict[str, Any]) -> ImportOptions:
    """Take the values of --missing, --match, --force and --max-rows out of ``given``."""
    missing, match = MissingPolicy(given.pop("missing")), Match(given.pop("match"))
    return ImportOptions(missing, match, given.pop("force"), given.pop("max_rows"))


def import_summary(imported: "Imported") -> str:
    """Return the result of an import as text: one line per origin with missing images, then the total."""
    lines = [str(match) for match in imported.matches if match.is_open]
    lines.append(
        f"selection '{imported.name}': {imported.selected:,} images, {imported.substituted:,} of them substitutes"
    )
    if imported.renamed:
        lines.append(f"{imported.renamed:,} of them have another file_id here, and were found by their content")
    if imported.by_pixels:
        lines.append(f"{imported.by_pixels:,} of them have the same pixels in other bytes")
    return "\n".join(map(printable, lines))
