"""``materializer build``: build a dataset."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from indexer.base.errors import CheckFailed
from indexer.cli.options.common import CommonOptions, common_options, worker_options
from indexer.cli.options.inspector import reading_sized
from indexer.cli.options.selection_names import folder_for
from indexer.roots import refuse_inside
from indexer.sharing.models import MissingPolicy
from materializer.cli.export_options import export_options, import_export, take_export
from materializer.cli.options import build_options, opening, request
from materializer.dataset.publish import BuildSummary
from materializer.running import build as building
from materializer.running import parts
from materializer.running.parts import BuildPart, PartSummary
from materializer.shards import record


@click.command(epilog="Example: python -m materializer build --selection demo --output built/demo")
@click.option("--output", type=click.Path(path_type=Path),
              help="The new folder.  [default: the selection's name, in output_path]")  # fmt: skip
@export_options
@click.option("--allow-missing", is_flag=True,
              help="Build although archives are missing or have changed; spares replace their images.")  # fmt: skip
@click.option(
    "--part", "part_text", metavar="I/N", help="Write only part I of N of the shards, for example 3/8; for array jobs."
)
@click.option("--complete", "completes", is_flag=True, help="Complete a dataset whose parts were written with --part.")
@build_options
@common_options
@worker_options
def command(options: CommonOptions, output: Path | None, **given: Any) -> None:
    """Write the images of a selection as a sharded dataset.

    They are read from their archives. After an interruption the same command continues the build; the result has the
    same bytes. Exit status 1: rows are missing and no spare was left for them.
    """
    export = take_export(given)
    part = _part(given.pop("part_text"), excluded=given["completes"] or export is not None)
    if output:  # before a long import
        refuse_inside(output, options.config)
    unfilled = 0
    if export:
        imported = import_export(options, export)
        given["selection"] = imported.name
        unfilled = imported.unfilled if export.how.missing is MissingPolicy.SUBSTITUTE else 0
    output = output or _default_output(options, given["selection"])
    requested = replace(request(options, output, given), allow_missing=given["allow_missing"])
    if requested.allow_missing and (part or given["completes"]):
        raise click.UsageError("--allow-missing excludes --part: all parts must have the same images")
    may_write = not (part or requested.allow_missing)  # parts run at the same time: none may write to the manifest
    with reading_sized(options, requested.selection) if may_write else options.reading() as store:
        if part:
            print(_part_text(parts.build_part(store, requested, part, options.workers, options.progress)))
            return
        run = parts.complete if given["completes"] else building.build
        summary = run(store, requested, options.workers, options.progress)
    print(_summary_text(summary))
    _require_complete(summary, unfilled)


def _require_complete(summary: BuildSummary, unfilled: int) -> None:
    """Raise CheckFailed if rows are missing: refused by the build, or left out by the import."""
    problems = []
    if unfilled:
        problems.append(f"{_rows_are(unfilled)} not on this machine and left out: the export has no more spares")
    if summary.missing:
        refused = summary.request.output / record.REFUSED
        problems.append(f"{_rows_are(summary.missing)} missing: no spare was left; see {refused}{summary.loss}")
    if problems:
        raise CheckFailed("; ".join(problems))


def _rows_are(count: int) -> str:
    return "1 row is" if count == 1 else f"{count:,} rows are"


def _part(text: str | None, *, excluded: bool) -> BuildPart | None:
    if text is None:
        return None
    if excluded:
        raise click.UsageError("--part excludes --complete and --manifest: import the export first")
    return parts.parse(text)


def _default_output(options: CommonOptions, selection: str) -> Path:
    output = folder_for(selection, options.config.output_path)
    refuse_inside(output, options.config)
    return output


def _part_text(summary: PartSummary) -> str:
    kept = f" ({summary.kept:,} were finished before)" if summary.kept else ""
    refused = f"; {_rows(summary.refused)} refused" if summary.refused else ""
    return (
        f"{summary.request.output}: part {summary.part.number} of {summary.part.count}, {summary.rows:,} images in"
        f" {summary.shards:,} shards{kept}{refused}\nafter all parts, run the same command with --complete"
    )


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _summary_text(summary: BuildSummary) -> str:
    rows = ", ".join(f"{split} {count:,}" for split, count in summary.splits.items())
    kept = f" ({summary.kept:,} were finished before)" if summary.kept else ""
    refused = f"; {_rows(summary.refused)} refused, {summary.refused - summary.missing:,} of them substituted"
    lines = [
        f"{summary.request.output}: {rows} images, {summary.size / 1e6:,.1f} MB in {summary.shards:,} shards{kept}",
        f"checked: every image{refused if summary.refused else ', none refused'}",
        "open it:",
        f"  {opening(summary.request.output, summary.request.settings)}",
    ]
    return "\n".join(lines)
