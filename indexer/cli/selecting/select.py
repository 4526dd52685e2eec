"""``indexer select``: make a selection from a recipe, a query or lists of file_ids."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from indexer.base.errors import CheckFailed, ConfigError
from indexer.base.selection_terms import SPLIT_NAME_HINT, is_selection_name, is_split_name
from indexer.cli.options import completion
from indexer.cli.options.common import CommonOptions, common_options, worker_options
from indexer.cli.options.inspector import inspector
from indexer.cli.options.query_options import SQL, TABLE, query_limit_options, query_limits
from indexer.cli.options.selection_names import checked_name
from indexer.cli.printing.messages import print_message, printable
from indexer.cli.selecting import select_query, select_recipe
from indexer.cli.selecting.select_query import sampling_options
from indexer.cli.selecting.show_selection import show_counts, show_missing
from indexer.selection import query_file, recipe
from indexer.selection.by_list import Listed, select_listed
from indexer.selection.id_lists import read_lists
from indexer.selection.models import Selected
from indexer.selection.storing import require_free
from indexer.selection.unread_columns import unread_columns

# Reasons that a retry may remove: the statuses of sql/select/inspection/retryable.sql, as text.
_RETRYABLE = ("unreadable", "crashed", "too many pixels")

# The reason of sql/select/candidates/checked.sql.
_CONFLICT = "same picture under another label"

_EXAMPLES = """\b
Examples:
  python -m indexer select ai_gen_bench_v1
  python -m indexer select --sql large.sql --sample 1000 --seed 7
  python -m indexer select --ids train=train.txt --substitute laion --name a
"""
_ONLY_WITH_SQL = ("sample", "splits", "groups", "seed", "tables")


@click.command(epilog=_EXAMPLES)
@click.argument("recipe_name", metavar="[RECIPE]", required=False, shell_complete=completion.recipes)
@click.option("--name", callback=checked_name,
              help="Name of the selection.  [default: from the file of the recipe or the query]")  # fmt: skip
@SQL
@sampling_options
@TABLE
@query_limit_options
@click.option("--ids", "lists", multiple=True, metavar="SPLIT=FILE", help="Select these file_ids; may be repeated.")
@click.option("--substitute", metavar="ORIGIN", help="Substitute missing real images of ORIGIN.")
@click.option("--extend", metavar="NAME", shell_complete=completion.selections,
              help="Keep the images of the selection NAME in their splits.")  # fmt: skip
@click.option("--no-inspect", is_flag=True, help="Read no image; use stored inspections only.")
@click.option("--force", is_flag=True, help="Replace a selection of the same name.")
@common_options
@worker_options
def command(options: CommonOptions, recipe_name: str | None, name: str | None, **how: Any) -> None:
    """Select images by a recipe, by a query or by lists of file_ids.

    RECIPE is a TOML file, or the name of a recipe of this project. A query returns the column file_id, and optionally
    split and role. Exit status 1: images of the list or the query are missing, or there are fewer than --sample.
    """
    query, lists, force = how["query"], how["lists"], how["force"]
    if sum(map(bool, (recipe_name, query is not None, lists))) != 1:
        raise click.UsageError("name a recipe, a query with --sql, or lists with --ids")
    if query is None and any(how[option] for option in _ONLY_WITH_SQL):
        raise click.UsageError("--sample, --split, --group, --seed and --table belong to --sql")
    if how["extend"] and lists:
        raise click.UsageError("--extend belongs to a recipe or --sql: lists name the split of each image")
    if recipe_name:
        _by_recipe(options, recipe_name, name, how)
    elif query is not None:
        select_query.select(options, select_query.recipe_of(options, how), _query_name(name, query), force=force)
    elif name:
        _by_list(options, lists, name, how)
    else:
        raise click.UsageError("--ids needs --name for the selection")


def _query_name(name: str | None, query: str) -> str:
    if name:
        return name
    if query.lower().endswith(".sql") and is_selection_name(Path(query).stem):
        return Path(query).stem
    raise click.UsageError("--sql needs --name for the selection")


def _by_recipe(options: CommonOptions, recipe_name: str, name: str | None, how: Mapping[str, Any]) -> None:
    file = recipe.find(recipe_name)
    name = name or (file.parent.resolve().name if file.name == "recipe.toml" else file.stem)
    if query := query_file.load(file):
        query = replace(query, limits=query_limits(how, options.jobs), extend=how["extend"])
        select_query.select(options, query, name, force=how["force"])
        return
    choices = replace(recipe.load(file), extend=how["extend"])
    inspect = None if how["no_inspect"] else inspector(options)
    with options.changing() as store:
        require_free(store, name, force=how["force"])
        unread = unread_columns(store, choices.filters.texts)
    if unread:
        print_message(unread, event="warning", prefix="warning: ")
    selected = select_recipe.select(options, choices, name, inspect, query_limits(how, options.jobs))
    _show(selected)


def _by_list(options: CommonOptions, lists: Sequence[str], name: str, how: Mapping[str, Any]) -> None:
    ids = read_lists(_files(lists))
    with options.changing() as store:
        require_free(store, name, force=how["force"])
        listed = select_listed(store, ids, name, how["substitute"])
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
            raise ConfigError(f"--ids {text}: {split!r} is no name of a split: {SPLIT_NAME_HINT}")
        files.setdefault(split, []).append(Path(file))
    return files


def _show(selected: Selected) -> None:
    show_counts(f"Selection '{selected.name}'", ("split", "role"), selected.counts)
    show_counts("Left out", ("step", "reason"), selected.excluded)
    for split in dict.fromkeys(one.split for one in selected.windows):
        placed = [one for one in selected.windows if one.split == split]
        dates = f"{placed[0].released:%Y-%m} to {placed[-1].released:%Y-%m}"
        names = ", ".join(one.generator for one in placed)
        first, last = placed[0].window, placed[-1].window
        windows = f"window {last}" if first == last else f"windows {first} to {last}"
        print(printable(f"{split}: {windows} ({dates}): {names}"))
    if selected.undated:
        print(f"left out, no release date: {printable(', '.join(selected.undated))}")
    for trait, bins, *_, before, after in selected.matched:
        print(printable(f"matched on {trait} ({bins}): labels differ by {before:.1%} before, {after:.1%} after"))
    _show_uneven(selected)
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


def _show_uneven(selected: Selected) -> None:
    for part in selected.uneven:
        uneven = f"{part.stratum}: {part.images:,} in {part.split} instead of {part.target:,}, because of its groups"
        print(printable(uneven))
    for origin, images, paired, equal in selected.uneven_origins:
        is_paired = f"{paired:,} are paired with fakes" if paired else "none is paired with a fake"
        print(printable(f"real images of {origin}: {images:,} instead of {equal:,} for equal parts; {is_paired}"))


def _show_listed(listed: Listed) -> None:
    show_counts(f"Selection '{listed.name}'", ("split", "role"), listed.counts)
    show_missing("Listed images that are missing", listed.missing)
    for note in listed.notes:
        print(printable(f"{note.split}: {note.images:,} ids are {note.note}, for instance {note.example}"))
