"""``indexer stats``: count images, for a person, a dataset card or a program."""

import json
from pathlib import Path
from typing import BinaryIO

import click
import pyarrow as pa

from indexer.base.dataset_cards import size_category
from indexer.base.quantities import readable_size
from indexer.cli.options import completion
from indexer.cli.options.common import CommonOptions, common_options
from indexer.cli.printing import render
from indexer.cli.printing.messages import printable
from indexer.cli.printing.output import open_output, require_free
from indexer.reporting.statistics import Statistics, StatisticsSection, gather

_TITLES = {
    "split": "Images per split",
    "generator": "Images per generator",
    "label": "Images per label",
    "origin": "Images per origin",
    "origin_generator": "Images per origin and generator",
}
_SHARED = "Pictures that other selections have, too"
_COUNTED = ("images", "unusable", "bytes")


@click.command(epilog="Example: python -m indexer stats demo --format markdown --output DATASET_STATS.md")
@click.argument("name", required=False, shell_complete=completion.selections)
@click.option("--format", "form", type=click.Choice(["table", "markdown", "json", "csv"]), default="table",
              show_default=True, help="csv has one row per split, origin, generator and label.")  # fmt: skip
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
@click.option("--force", is_flag=True, help="Replace the file of --output.")
@common_options
def command(options: CommonOptions, name: str | None, form: str, output: Path | None, force: bool) -> None:
    """Count images by split, label, generator and origin.

    Counts the selection NAME, or the manifest.
    """
    require_free(output, force=force)
    with options.reading() as manifest:
        statistics = gather(manifest, name)
    with open_output(output) as out:
        _WRITERS[form](statistics, out)


def _write_table(statistics: Statistics, out: BinaryIO) -> None:
    for by in dict.fromkeys(section.by for section in statistics.sections):
        sections = [section for section in statistics.sections if section.by == by]
        rows = _readable(sections[0].rows) if len(sections) == 1 else _side_by_side(sections)
        out.write(f"{render.table_text(rows, _TITLES[by])}\n".encode())
    if statistics.shared:
        out.write(f"{render.table_text(statistics.shared, _SHARED)}\n".encode())
    out.write(f"{_summary(statistics)}\n".encode())
    if statistics.query:
        lines = map(printable, statistics.query.splitlines())
        out.write("\nSelected by this query:\n\n{}\n".format("\n".join(lines)).encode())


def _side_by_side(sections: list[StatisticsSection]) -> pa.Table:
    """Return one table for several splits: the counted values, and one column of images per split."""
    named = [name for name in sections[0].rows.column_names if name not in _COUNTED]
    images = [
        {tuple(row[name] for name in named): row["images"] for row in section.rows.to_pylist()} for section in sections
    ]
    keys = sorted({key for counts in images for key in counts})
    columns = [pa.array([key[index] for key in keys], pa.string()) for index in range(len(named))]
    columns += [pa.array([counts.get(key, 0) for key in keys], pa.int64()) for counts in images]
    return pa.table(columns, names=[*named, *(section.split or "" for section in sections)])


def _write_markdown(statistics: Statistics, out: BinaryIO) -> None:
    out.write(_card_head(statistics).encode())
    split = None
    for section in statistics.sections:
        if section.split != split:
            split = section.split
            out.write(f"\n## Split: {split}\n".encode())
        out.write(f"\n### {_TITLES[section.by]}\n\n{render.markdown(_readable(section.rows))}".encode())
    if statistics.shared:
        out.write(f"\n## {_SHARED}\n\n{render.markdown(statistics.shared)}".encode())
    out.write(f"\n{_summary(statistics)}\n".encode())
    if statistics.query:
        lines = "".join(f"    {printable(line)}\n" for line in statistics.query.splitlines())
        out.write(f"\n## Query\n\n{lines}".encode())


def _write_json(statistics: Statistics, out: BinaryIO) -> None:
    sections = [
        {"by": section.by, "split": section.split, "rows": render.plain(section.rows.to_pylist())}
        for section in statistics.sections
    ]
    in_several, twice = statistics.overlap
    document = {
        "name": statistics.name,
        "images": statistics.images,
        "in_several_splits": in_several,
        "twice_in_a_split": twice,
        "query": statistics.query,
        "shared": statistics.shared.to_pylist() if statistics.shared else [],
        "sections": sections,
    }
    out.write(json.dumps(document, indent=1).encode() + b"\n")


def _write_csv(statistics: Statistics, out: BinaryIO) -> None:
    render.write_csv(statistics.counts.schema, statistics.counts.to_batches(), out)


_WRITERS = {"table": _write_table, "markdown": _write_markdown, "json": _write_json, "csv": _write_csv}


def _summary(statistics: Statistics) -> str:
    total = f"{statistics.images:,} images"
    if statistics.name is None:
        return f"{total} in the manifest."
    in_several, twice = statistics.overlap
    if not in_several and not twice:
        return f"{total}. No image is in two splits, and none twice in one."
    return f"{total}. {in_several:,} are in more than one split, {twice:,} twice in one."


def _card_head(statistics: Statistics) -> str:
    name = printable(statistics.name or "the manifest")
    return (
        f"---\npretty_name: {json.dumps(name)}\ntask_categories:\n- image-classification\nsize_categories:\n"
        f"- {size_category(statistics.images)}\n---\n\n# Dataset statistics: {name}\n\n"
        "*Made by `python -m indexer stats`.*\n"
    )


def _readable(rows: pa.Table) -> pa.Table:
    """Return ``rows`` with readable sizes, and without the column of unusable images if there are none."""
    sizes = ["unknown" if number is None else readable_size(number) for number in rows.column("bytes").to_pylist()]
    shown = rows.drop_columns(["bytes"]).append_column("size", pa.array(sizes, pa.string()))
    return shown if any(rows.column("unusable").to_pylist()) else shown.drop_columns(["unusable"])
