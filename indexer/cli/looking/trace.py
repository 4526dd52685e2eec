"""``indexer trace``: find the images of the manifest that are the same as given files, or near them."""

import dataclasses
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import pyarrow as pa

from indexer.base import image_formats
from indexer.base.errors import ConfigError
from indexer.cli.options.common import CommonOptions, common_options
from indexer.cli.printing import elision, render
from indexer.cli.printing.messages import print_message
from indexer.containers.kinds import suffix_of
from indexer.containers.open_containers import OpenContainers
from indexer.lookup.tracing import TRACED, Tracer, file_bytes
from indexer.roots import source_folders

_SCHEMA = pa.schema([pa.field("file", pa.string()), *TRACED])


@click.command(epilog="Example: python -m indexer trace unknown.jpg downloads/")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option("--turned", is_flag=True, help="Also find images that are near a FILE mirrored or turned by 90 degrees.")
@common_options
def command(options: CommonOptions, files: tuple[Path, ...], form: str, turned: bool) -> None:
    """Find the images that FILEs are copies of.

    An image is found by the same bytes, the same pixels, or a near perceptual hash; the latter two among inspected
    images only. Of a folder, all images in it are traced.
    """
    rows: list[dict[str, Any]] = []
    with options.reading() as store:
        tracer = Tracer(
            store,
            source_folders(options.config),
            OpenContainers(options.bounds.archives),
            options.bounds.images,
            is_turned=turned,
        )
        for file in _images(files):
            found = tracer.trace(file_bytes(file))
            rows += [{"file": str(file), **dataclasses.asdict(each)} for each in found] or [
                {"file": str(file), "match": "none"}
            ]
        uninspected = tracer.uninspected()
    if form == "json":
        print(json.dumps(rows, indent=1, ensure_ascii=True))
    else:
        _print_table(pa.Table.from_pylist(rows, _SCHEMA))
    if uninspected:
        images = "1 image was" if uninspected == 1 else f"{uninspected:,} images were"
        print_message(f"{images} never inspected: of these only equal files are found")


def _print_table(rows: pa.Table) -> None:
    if render.table_width(rows) <= render.console().width:
        print(render.table_text(rows), end="")
    else:
        print("\n".join(elision.vertical(rows)))


def _images(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            named = (file for file in path.rglob("*") if suffix_of(file.name) in image_formats.SUFFIXES)
            found = sorted(file for file in named if file.is_file())
            if not found:
                raise ConfigError(f"{path} has no image: name image files, or a folder with some")
            yield from found
        else:
            yield path
