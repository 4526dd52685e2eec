"""``indexer select``: make a selection from a recipe or from lists of file_ids."""

from collections.abc import Sequence
from pathlib import Path

import click
import pyarrow as pa

from indexer.base.errors import CheckFailed, ConfigError
from indexer.cli import render
from indexer.cli.inspect import inspector
from indexer.cli.messages import printable
from indexer.cli.options import CommonOptions, common_options, worker_options
from indexer.cli.selection_names import selection_name
from indexer.selection import by_recipe, recipe
from indexer.selection.by_list import Listed, MissingCount, select_listed
from indexer.selection.models import Counts, Selected, is_split_name

_NOTHING = (
    "no image was selected: a recipe selects fake images and real images to match them;"
    " to select real images only, list their file_ids with --ids"
)

# Reasons that a retry may remove: the statuses of sql/select/inspection/retryable.sql, as text.
_RETRYABLE = ("unreadable", "crashed", "too many pixels")

# The reason of sql/select/candidates/checked.sql.
_CONFLICT = "same picture under another label"

_EXAMPLES = """\b
Examples:
  python -m indexer select ai_gen_bench_v1
  python -m indexer select --ids train=train.txt --substitute laion --name a
"""


@click.command(epilog=_EXAMPLES)
@click.argument("recipe_name", metavar="[RECIPE]", required=False)
@click.option(
    "--name", callback=selection_name, help="Name of the selection.  [default: the recipe's folder or file name]"
)
@click.option("--ids", "lists", multiple=True, metavar="SPLIT=FILE", help="Select these file_ids; may be repeated.")
@click.option("--substitute", metavar="ORIGIN", help="Substitute missing real images of ORIGIN.")
@click.option("--no-inspect", is_flag=True, help="Read no image; use stored inspections only.")
@common_options
@worker_options
def command(options: CommonOptions, recipe_name: str | None, name: str | None, **how: object) -> None:
    """Select images by a recipe or by lists of file_ids.

    RECIPE is a TOML file, or the name of a recipe of this project. Exit status 1: no image was selected, or listed
    images are missing and have no substitute.
    """
    lists = how["lists"]
    if bool(recipe_name) == bool(lists):
        raise click.UsageError("name a recipe, or lists with --ids")
    if recipe_name:
        _by_recipe(options, recipe_name, name, inspects=not how["no_inspect"])
    elif name:
        _by_list(options, lists, name, how["substitute"])  # type: ignore[arg-type]
    else:
        raise click.UsageError("--ids needs --name for the selection")


def _by_recipe(options: CommonOptions, recipe_name: str, name: str | None, *, inspects: bool) -> None:
    file = recipe.find(recipe_name)
    choices = recipe.load(file)
    inspect = inspector(options) if inspects else None
    with options.writing() as store:
        selected = by_recipe.select(store, choices, name or _name_of(file), inspect)
    _show(selected)
    if not selected.counts:
        raise CheckFailed(_NOTHING)


def _by_list(options: CommonOptions, lists: Sequence[str], name: str, substitute: str | None) -> None:
    with options.writing() as store:
        listed = select_listed(store, _files(lists), name, substitute)
    _show_listed(listed)
    without = sum(group.images - group.substituted for group in listed.missing)
    if without:
        raise CheckFailed(f"{without:,} listed images are missing and have no substitute")


def _files(lists: Sequence[str]) -> dict[str, list[Path]]:
    files: dict[str, list[Path]] = {}
    for text in lists:
        split, is_pair, file = text.partition("=")
        if not (split and is_pair and file):
            raise ConfigError(f"--ids {text}: write it as SPLIT=FILE, as in train=train_ids.txt")
        if not is_split_name(split):
            raise ConfigError(f"--ids {text}: the name of a split may contain letters, digits, '_', '.' and '-'")
        files.setdefault(split, []).append(Path(file))
    return files


def _name_of(file: Path) -> str:
    return file.parent.resolve().name if file.name == "recipe.toml" else file.stem


def _show(selected: Selected) -> None:
    _show_counts(f"Selection '{selected.name}'", ("split", "role"), selected.counts)
    _show_counts("Left out", ("step", "reason"), selected.excluded)
    for part in selected.uneven:
        uneven = f"{part.generator}: {part.images:,} in {part.split} instead of {part.target:,}, because of its groups"
        print(printable(uneven))
    retryable = sum(images for step, reason, images in selected.excluded if step == "inspect" and reason in _RETRYABLE)
    if retryable:
        print(f"{retryable:,} could not be read: 'python -m indexer inspect --again' retries them")
    conflicting = sum(images for _, reason, images in selected.excluded if reason == _CONFLICT)
    if conflicting:
        print(
            f"{conflicting:,} images are the same picture as one of the other label, and were not selected: see"
            " on_conflict in docs/selection.md"
        )
    if selected.dropped:
        print(f"dropped, too few images: {printable(', '.join(selected.dropped))}")


def _show_listed(listed: Listed) -> None:
    _show_counts(f"Selection '{listed.name}'", ("split", "role"), listed.counts)
    if listed.missing:
        rows = [{field: getattr(group, field) for field in MissingCount.__slots__} for group in listed.missing]
        print(render.table_text(pa.Table.from_pylist(rows), "Listed images that are missing"))


def _show_counts(title: str, names: tuple[str, str], counts: Counts) -> None:
    rows = [{names[0]: first, names[1]: second, "images": images} for first, second, images in counts]
    schema = pa.schema([(names[0], pa.string()), (names[1], pa.string()), ("images", pa.int64())])
    print(render.table_text(pa.Table.from_pylist(rows, schema=schema), title))
