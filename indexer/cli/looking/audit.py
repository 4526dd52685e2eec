"""``indexer audit``: duplicates, leaks between splits, label shortcuts."""

import json
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

import click
import pyarrow as pa

from indexer.base.errors import CheckFailed
from indexer.cli.looking import audit_between, shortcut_table
from indexer.cli.options import completion
from indexer.cli.options.common import CommonOptions, common_options, worker_options
from indexer.cli.options.inspector import inspector
from indexer.cli.printing import messages, render
from indexer.cli.printing.messages import printable
from indexer.selection.audit import Audit, AuditOptions, audit
from indexer.selection.audit.shortcut_table import shortcut_table as shortcuts_per_group
from indexer.selection.near_looks import MAX_RADIUS

_TABLES = {
    "duplicates": "Duplicates",
    "leaks": "Real images, prompts and groups in several splits",
    "conflicts": "Pictures that the manifest also has under the other label",
    "shortcuts": "Balanced accuracy of metadata alone, with its 95% interval; p: the best trait is as good by chance",
    "between_splits": "Rules on the label that were learned on one split and tested on another",
    "worst_groups": "Generator and origins whose label metadata predict best; these intervals hold together",
}
# Shown of a selection that was matched.
_MATCHED_TABLES = {
    "matched_traits": "Columns that were matched: standardised mean difference and imbalance, before and after",
    "matched_shortcuts": "Balanced accuracy of metadata alone, before and after matching",
    "short_bins": "Bins with too few real images",
}

_NONE = "none\n"
_SHOWN = 100  # rows of a table for people


@click.command(epilog="Example: python -m indexer audit ai_gen_bench_v1 --threshold 0.7 --format markdown")
@click.argument("name", required=False, shell_complete=completion.selections)
@click.option("--threshold", type=click.FloatRange(0, 1), default=1.0, show_default=True,
              help="Exit with 1 if the balanced accuracy of metadata is higher, and not by chance.")  # fmt: skip
@click.option("--radius", type=click.IntRange(0, MAX_RADIUS), default=AuditOptions().radius, show_default=True,
              help="Bits of 64 in which the perceptual hashes of near duplicates differ.")  # fmt: skip
@click.option("--turned", is_flag=True, help="Also find near duplicates that are mirrored, or turned by 90 degrees.")
@click.option("--format", "form", type=click.Choice(shortcut_table.FORMATS), default="table", show_default=True)
@click.option("--all", "per_group", is_flag=True,
              help="Print how well each trait predicts the label, for each source and generator.")  # fmt: skip
@click.option("--between", nargs=2, metavar="A B",
              help="Find the pictures that two selections, sources or exports share.")  # fmt: skip
@click.option("--tree/--no-tree", default=None,
              help="Train a decision tree, too.  [default: if scikit-learn is installed]")  # fmt: skip
@click.option("--no-inspect", is_flag=True, help="Read no image; audit inspected images only.")
@common_options
@worker_options
def command(options: CommonOptions, name: str | None, **how: Any) -> None:
    """Find duplicates, leaks between splits and label shortcuts.

    Audits the selection NAME, or all inspected images. Exit status 1: an image is in several splits, a shortcut exceeds
    the threshold, there are too few images to compare with a threshold, or --between finds a shared picture.
    """
    if how["between"]:
        _between(options, name, how)
        return
    if how["form"] not in _SHOW and not how["per_group"]:
        raise click.UsageError(f"--format {how['form']} needs --all")
    inspect = None
    if name is not None and not how["no_inspect"]:
        inspect = inspector(options)
    audit_options = AuditOptions(how["radius"], tree=_with_tree(how["tree"]), turned=how["turned"])
    with options.changing() as store:
        if how["per_group"]:
            groups = shortcuts_per_group(store, name, audit_options, inspect)
        else:
            found = audit(store, name, audit_options, inspect)
    if how["per_group"]:
        shortcut_table.print_table(groups, how["form"])
        return
    _SHOW[how["form"]](found)
    _judge(found, how["threshold"])


def _between(options: CommonOptions, name: str | None, how: Mapping[str, Any]) -> None:
    if name or how["per_group"]:
        raise click.UsageError("--between names both sides: leave out NAME and --all")
    if how["turned"]:
        raise click.UsageError("--between finds no mirrored or turned images: leave out --turned")
    if how["form"] not in audit_between.FORMATS:
        raise click.UsageError(f"--between has the formats {', '.join(audit_between.FORMATS)}")
    audit_between.run(options, how["between"], how["radius"], how["form"], inspects=not how["no_inspect"])


def _with_tree(choice: bool | None) -> bool:
    if choice is None and find_spec("sklearn") is None:
        messages.print_message(
            "no decision tree: it requires scikit-learn; install it with pip install 'image-manifest[audit]'"
        )
        return False
    return choice is not False


def _judge(found: Audit, threshold: float) -> None:
    problems = []
    if found.leaking:
        problems.append(f"{found.leaking:,} contents or real images are in several splits")
    if found.worst is None and threshold < 1:
        problems.append(found.words[0])
    elif found.worst is not None and found.worst > threshold:
        problems.append(f"metadata predict the label at {found.worst:.0%}, above {threshold:.0%}")
    if problems:
        raise CheckFailed("; ".join(problems))


def _show_table(found: Audit) -> None:
    print(_summary(found))
    for field, title in _shown_tables(found).items():
        rows = getattr(found, field)
        print(render.table_text(_rounded(rows), title) + _more(rows) if rows.num_rows else f"{title}: {_NONE}")
    for line in found.words:
        print(f"* {printable(line)}")


def _show_markdown(found: Audit) -> None:
    print(f"# Audit of {printable(found.name or 'the manifest')}\n\n{_summary(found)}")
    for field, title in _shown_tables(found).items():
        rows = getattr(found, field)
        print(f"\n## {title}\n\n{render.markdown(_rounded(rows)) + _more(rows) if rows.num_rows else _NONE}", end="")
    for line in found.words:
        print(f"\n* {printable(line)}", end="")
    print()


def _show_json(found: Audit) -> None:
    tables = {field: getattr(found, field).to_pylist() for field in _shown_tables(found)}
    head = {"name": found.name, "images": found.images, "leaking": found.leaking, "worst": found.worst}
    print(json.dumps({**head, **tables, "words": found.words}, indent=2))


def _shown_tables(found: Audit) -> dict[str, str]:
    return _TABLES | _MATCHED_TABLES if found.matched_traits.num_rows else _TABLES


def _summary(found: Audit) -> str:
    return f"{found.images:,} inspected, usable images."


def _more(rows: pa.Table) -> str:
    """Return a line about the rows that a table for people leaves out; empty if it has all."""
    left_out = rows.num_rows - _SHOWN
    return f"and {left_out:,} more: all are in --format json\n" if left_out > 0 else ""


def _rounded(rows: pa.Table) -> pa.Table:
    """Return the first ``_SHOWN`` rows with numbers rounded to three decimals."""
    plain = [{key: round(value, 3) if isinstance(value, float) else value for key, value in row.items()}
             for row in rows.slice(0, _SHOWN).to_pylist()]  # fmt: skip
    return pa.Table.from_pylist(plain, schema=rows.schema)


_SHOW = {"table": _show_table, "markdown": _show_markdown, "json": _show_json}
