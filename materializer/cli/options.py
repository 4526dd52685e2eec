"""Options that several commands share: the selection, the settings of the output, a manifest that may be absent."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from indexer.base.errors import ConfigError, ManifestError
from indexer.base.quantities import parse_quantity
from indexer.cli.options import completion
from indexer.cli.options.common import CommonOptions, choice_of, with_options
from indexer.manifest.store import Store
from indexer.roots import source_folders
from materializer.further_columns import image_columns, output_name
from materializer.models import Check, Feature, Link, Pixels, Request, RowOrder, Settings
from materializer.shards import variants
from materializer.shards.formats import FORMATS, output_format
from materializer.shards.formats.imagefolder import DEFAULT_LAYOUT, ImageFolderFormat, check_layout
from materializer.shards.formats.output_format import OutputFormat
from materializer.shards.schema import VARIANT_TEXTS, parse_columns


def size(text: str) -> int:
    """Return the bytes of a size such as ``500MB``, ``2GiB`` or ``1000000``.

    Raises:
        click.BadParameter: the text is not a size.
    """
    try:
        return int(parse_quantity(text))
    except ValueError as error:
        raise click.BadParameter(f"{error}: write it as 500MB or 2GiB") from None


_DEFAULT_FEATURES = ", ".join(f"{format_.features[0]} for {name}" for name, format_ in FORMATS.items())

build_options = with_options((
    click.option("--selection", metavar="NAME", shell_complete=completion.selections, help="The selection to build."),
    click.option("--format", "format_", type=click.Choice(list(FORMATS)), default=Settings().format, show_default=True,
                 help="Format of the shards."),
    click.option("--image-feature", "feature", type=choice_of(Feature),
                 help="Feature of the image column; 'standard' needs only 'datasets' to open."
                 f"  [default: {_DEFAULT_FEATURES}]"),
    click.option("--pixels", type=choice_of(Pixels), default=Pixels.RGB.value, show_default=True,
                 help="rgb: RGB images are copied unchanged, others become RGB on white, lossless PNG."
                 " verbatim: all are copied unchanged. jpeg: all become RGB JPEGs."),
    click.option("--quality", type=click.IntRange(1, 100), default=Settings().quality, show_default=True,
                 help="Of --pixels jpeg."),
    click.option("--strip-metadata", is_flag=True,
                 help="Remove the metadata of copied images: EXIF, XMP, texts, C2PA, profile. Pixels are not changed."),
    click.option("--variants", metavar="NAME,...", default="",
                 help="Write each image in each variant, as split test-jpeg75 and so on: native, jpeg75, webp80,"
                 " long512, crop224, stripped, or steps as long512-jpeg75."),
    click.option("--check", type=choice_of(Check), default=Check.DECODE.value, show_default=True,
                 help="How images are checked; sizes and checksums always are."),
    click.option("--order", type=choice_of(RowOrder), default=RowOrder.SHUFFLED.value, show_default=True,
                 help="Order of the rows: shuffled by a hash of seed and file_id, or as selected."),
    click.option("--layout", metavar="TEMPLATE", default="",
                 help=f"Where --format imagefolder writes an image; also {{origin}}.  [default: {DEFAULT_LAYOUT}]"),
    click.option("--link", type=choice_of(Link),
                 help="With --format imagefolder: share the bytes of loose sources on the same file system. reflink:"
                 " copy on write. hard: hard links, too; a change of one is then a change of both."),
    click.option("--columns", metavar="NAME,...", default="",
                 help="Further columns: kind, group_id, generator_released, source, extra.NAME, companions.ROLE (an"
                 " image, such as companions.mask)."),
    click.option("--shard-size", type=size, default="500MB", show_default=True, help="Bytes of images per shard."),
))  # fmt: skip
"""Decorate a command with the options of a build."""


def optional_manifest(options: CommonOptions) -> Store:
    """Open the manifest, for commands with ``--no-manifest``.

    Raises:
        ConfigError: there is no local.cfg.
        ManifestError: the manifest cannot be opened. Both messages name the option.
    """
    try:
        return options.reading()
    except (ConfigError, ManifestError) as error:
        raise type(error)(f"{error}; or use --no-manifest") from error


def request(options: CommonOptions, output: Path, given: dict[str, Any]) -> Request:
    """Return the options as a request.

    Raises:
        ConfigError: two options exclude each other, or local.cfg cannot be used.
    """
    format_ = output_format(given["format_"])
    feature = Feature(given["feature"] or format_.features[0])
    if feature not in format_.features:
        raise ConfigError(
            f"--format {format_.name} cannot store --image-feature {feature}: use {' or '.join(format_.features)}"
        )
    columns = _columns(format_, given["columns"])
    settings = Settings(
        format=format_.name,
        feature=feature,
        pixels=Pixels(given["pixels"]),
        quality=given["quality"] if given["pixels"] == Pixels.JPEG else Settings().quality,
        check=Check(given["check"]),
        order=RowOrder(given["order"]),
        shard_size=given["shard_size"],
        strip_metadata=given["strip_metadata"],
        layout=_layout(format_, given["layout"]),
        columns=columns,
        link=_link(format_, given["link"]),
        variants=_variants(given["variants"], columns),
    )
    config, bounds = options.config, options.bounds
    roots = source_folders(config)
    return Request(given["selection"], output, roots, config.tmp_cache_dir, settings, bounds.archives, bounds.images)


def _variants(given: str | Sequence[str], columns: Sequence[str]) -> tuple[str, ...]:
    """Return the checked value of --variants; ``columns`` are the further columns."""
    if not given:
        return ()
    names = variants.parse(given.split(",") if isinstance(given, str) else given)
    if taken := [column for column in columns if output_name(column) in VARIANT_TEXTS]:
        raise ConfigError(f"--columns {taken[0]}: --variants writes a column of this name: omit one of them")
    moved = [name for name in names if variants.moves_pixels(name)]
    if moved and image_columns(columns):
        raise ConfigError(f"--variants {moved[0]}: companions in --columns would no longer fit their images: omit one")
    return names


def _layout(format_: OutputFormat, layout: str) -> str:
    if not layout:
        return ""
    if not isinstance(format_, ImageFolderFormat):
        raise ConfigError(f"--layout is an option of --format {ImageFolderFormat.name}")
    check_layout(layout)
    return "" if layout == DEFAULT_LAYOUT else layout


def _link(format_: OutputFormat, link: str | None) -> Link | None:
    if link and not isinstance(format_, ImageFolderFormat):
        raise ConfigError(f"--link is an option of --format {ImageFolderFormat.name}")
    return Link(link) if link else None


def _columns(format_: OutputFormat, given: str | Sequence[str]) -> tuple[str, ...]:
    """Return the further columns of a text "a,b" (an option) or of a sequence (Python)."""
    columns = parse_columns(given.split(",") if isinstance(given, str) else given)
    if image_columns(columns) and not format_.stores_companions:
        able = " or ".join(name for name, other in FORMATS.items() if other.stores_companions)
        raise ConfigError(f"--format {format_.name} cannot store companion images: use --format {able}")
    return columns


def opening(folder: Path, settings: Settings) -> str:
    """Return a line of Python that opens a dataset."""
    imports = "datasets, materializer.large_image" if settings.feature is Feature.LARGE else "datasets"
    return f"import {imports}; dataset = datasets.{output_format(settings.format).loader}({str(folder)!r})"
