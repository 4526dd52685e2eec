"""``indexer get``: extract single images from their archives."""

from pathlib import Path

import click

from indexer.base.errors import ConfigError
from indexer.cli.options.common import CommonOptions, common_options
from indexer.cli.printing.messages import printable
from indexer.cli.printing.output import open_output
from indexer.containers.open_containers import OpenContainers
from indexer.lookup.extraction import write_images
from indexer.lookup.locating import locate
from indexer.lookup.reading import read_each
from indexer.roots import source_folders

_EXAMPLES = """\b
Examples:
  python -m indexer get Pictures/2024/astronaut.jpg --output extracted
  python -m indexer get Pictures/2024/astronaut.jpg --output - > astronaut.jpg
"""


@click.command(epilog=_EXAMPLES)
@click.argument("file_ids", nargs=-1, required=True, metavar="FILE_ID...")
@click.option("--output", type=click.Path(path_type=Path), metavar="DIR",
              help="Folder for the images; - writes one image to standard output.")  # fmt: skip
@common_options
def command(options: CommonOptions, file_ids: tuple[str, ...], output: Path | None) -> None:
    """Extract images from their archives, unchanged.

    Files are named after their file_ids, with characters replaced that are not allowed everywhere. A last argument - is
    short for --output -.
    """
    if output is None and file_ids[-1] == "-":
        file_ids, output = file_ids[:-1], Path("-")
    if output is None or not file_ids:
        raise click.UsageError("name a FILE_ID, and a folder with --output, or - for standard output")
    if output == Path("-") and len(set(file_ids)) > 1:
        raise ConfigError("--output - takes one FILE_ID: name a folder for several images")
    with options.reading() as store:
        located = locate(store, source_folders(options.config), file_ids)
    images = read_each(located, OpenContainers(options.bounds.archives))
    if output != Path("-"):
        for path in write_images(images, output):
            print(printable(str(path)))
        return
    _, data = next(images)
    with open_output(None, binary=True) as out:
        out.write(data)
