"""``materializer build``: the dataset."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from indexer.base.errors import CheckFailed
from indexer.cli.imports import told
from indexer.cli.inspect import measure
from indexer.cli.names import folder_for
from indexer.cli.options import Session, common, on_workers
from indexer.roots import refuse_inside
from indexer.sharing.importing import MissingPolicy, import_manifest
from materializer.cli.options import planned, request
from materializer.dataset.publish import Summary
from materializer.models import Feature, Format
from materializer.running import build as building
from materializer.running import parts
from materializer.running.parts import BuildPart, PartSummary


@click.command(epilog="Example: python -m materializer build --selection demo --output built/demo")
@click.option("--output", type=click.Path(path_type=Path),
              help="The folder to make.  [default: the selection's name, in output_path]")  # fmt: skip
@click.option(
    "--manifest",
    "shared",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Build this shared manifest instead of a selection.",
)
@click.option("--missing", type=click.Choice([one.value for one in MissingPolicy]), default=MissingPolicy.FAIL.value,
              show_default=True, help="Of a shared manifest: what to do about images that are not here.")  # fmt: skip
@click.option("--allow-missing", is_flag=True,
              help="Build though archives are gone or have changed; spares stand in for what is in them.")  # fmt: skip
@click.option("--part", "part_text", metavar="I/N", help="Write only this share of the shards, as 3/8; for array jobs.")
@click.option("--complete", "completes", is_flag=True, help="Make parts that were written with --part a dataset.")
@planned
@common
@on_workers
def command(session: Session, output: Path | None, shared: Path | None, missing: str, **given: Any) -> None:
    """Read the rows of a selection from their archives and write them as a sharded dataset.

    Killed or stopped, the same command goes on where it was; the result is the same to the byte.
    """
    if (shared is None) == (given["selection"] is None):
        raise click.UsageError("name either a --selection or a shared --manifest")
    part = _part(given.pop("part_text"), completes=given["completes"], shared=shared)
    if output:  # before the work of an import
        refuse_inside(output, session.config)
    if shared:
        given["selection"] = _imported(session, shared, MissingPolicy(missing))
    output = output or _default_output(session, given["selection"])
    asked = replace(request(session, output, given), allow_missing=given["allow_missing"])
    if asked.allow_missing and (part or given["completes"]):
        raise click.UsageError("--allow-missing does not go with --part: parts have to agree on what is there")
    if not (part or asked.allow_missing):  # parts run side by side: none of them may write
        measure(session, asked.selection)
    with session.reading() as store:
        if part:
            print(_told_part(parts.build_part(store, asked, part, session.workers, session.progress)))
            return
        run = parts.complete if given["completes"] else building.build
        summary = run(store, asked, session.workers, session.progress)
    print(_told(summary))
    if summary.missing:
        raise CheckFailed(f"{_rows(summary.missing)} missing: no spare was left; see {output}/record/refused.parquet")


def _default_output(session: Session, selection: str) -> Path:
    output = folder_for(selection, session.config.output_path)
    refuse_inside(output, session.config)
    return output


def _rows(count: int) -> str:
    return "1 row is" if count == 1 else f"{count:,} rows are"


def _part(text: str | None, *, completes: bool, shared: Path | None) -> BuildPart | None:
    if text is None:
        return None
    if completes or shared:
        raise click.UsageError("--part goes with neither --complete nor --manifest: import a shared manifest first")
    return parts.parse(text)


def _told_part(summary: PartSummary) -> str:
    kept = f" ({summary.kept:,} were there already)" if summary.kept else ""
    refused = f"; {summary.refused:,} rows refused" if summary.refused else ""
    return (
        f"{summary.request.output}: part {summary.part.number} of {summary.part.count}, {summary.rows:,} images in"
        f" {summary.shards:,} shards{kept}{refused}\nwhen all parts are there: the same command with --complete"
    )


def _imported(session: Session, folder: Path, missing: MissingPolicy) -> str:
    """Make a selection of a shared manifest, say what is not here, and give its name."""
    with session.writing() as store:
        imported = import_manifest(store, folder, None, missing)
    print(told(imported))
    return imported.name


def _told(summary: Summary) -> str:
    rows = ", ".join(f"{split} {count:,}" for split, count in summary.splits.items())
    kept = f" ({summary.kept:,} were there already)" if summary.kept else ""
    refused = f"; {summary.refused:,} rows refused, {summary.refused - summary.missing:,} of them substituted"
    lines = [
        f"{summary.request.output}: {rows} images, {summary.size / 1e6:,.1f} MB in {summary.shards:,} shards{kept}",
        f"checked: every image{refused if summary.refused else ', none refused'}",
        "open it:",
        f"  {opening(summary)}",
    ]
    return "\n".join(lines)


def opening(summary: Summary) -> str:
    """The line of Python that opens the result."""
    output, settings = str(summary.request.output), summary.request.settings
    imports = "datasets, materializer.large_image" if settings.feature is Feature.LARGE else "datasets"
    call = "load_from_disk" if settings.format is Format.ARROW else "load_dataset"
    return f"import {imports}; dataset = datasets.{call}({output!r})"
