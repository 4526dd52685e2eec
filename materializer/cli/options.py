"""What commands have in common: the selection and what decides the output's bytes; a manifest that may be absent."""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any

import click

from indexer.base.errors import ConfigError, ManifestError
from indexer.cli import sizes
from indexer.cli.options import Session
from indexer.manifest.store import Store
from indexer.roots import source_folders
from materializer.models import Check, Feature, Format, Pixels, Request, RowOrder, Settings


def size(text: str) -> int:
    """Bytes as people write them: ``500MB``, ``2GiB``, ``1000000``.

    Raises:
        click.BadParameter: it is no size.
    """
    try:
        return int(sizes.parse(text))
    except ValueError as error:
        raise click.BadParameter(f"{error}: write it as 500MB or 2GiB") from None


def _choice(kind: type[StrEnum]) -> click.Choice[str]:
    return click.Choice([value.value for value in kind])


_OPTIONS = (
    click.option("--selection", metavar="NAME", help="What to build."),
    click.option("--format", "format_", type=_choice(Format), default=Format.ARROW.value, show_default=True,
                 help="What to write."),
    click.option("--image-feature", "feature", type=_choice(Feature),
                 help="How images are stored; 'standard' opens without code of ours."
                 "  [default: large for arrow, standard for the others]"),
    click.option("--pixels", type=_choice(Pixels), default=Pixels.RGB.value, show_default=True,
                 help="rgb: RGB images keep their bytes, others become RGB on white, lossless PNG."
                 " verbatim: all keep their bytes. jpeg: all become RGB JPEGs."),
    click.option("--quality", type=click.IntRange(1, 100), default=95, show_default=True, help="Of --pixels jpeg."),
    click.option("--check", type=_choice(Check), default=Check.DECODE.value, show_default=True,
                 help="How far images are looked into; sizes and checksums always are."),
    click.option("--order", type=_choice(RowOrder), default=RowOrder.SHUFFLED.value, show_default=True,
                 help="Shuffled by a hash of seed and file_id, or as selected."),
    click.option("--shard-size", type=size, default="500MB", show_default=True, help="Bytes of images in a shard."),
)  # fmt: skip


def manifest_beside(session: Session) -> Store:
    """The manifest, for commands that have ``--no-manifest``: whoever was sent a dataset has none.

    Raises:
        ConfigError: there is no local.cfg.
        ManifestError: it cannot be opened. Both say how to do without.
    """
    try:
        return session.reading()
    except (ConfigError, ManifestError) as error:
        raise type(error)(f"{error}; --no-manifest does without") from error


def planned(function: Callable[..., None]) -> Callable[..., None]:
    """Decorate a command with the options that say what is built."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def request(session: Session, output: Path, given: dict[str, Any]) -> Request:
    """The options as a request.

    Raises:
        ConfigError: options that exclude each other, or local.cfg cannot be used.
    """
    kind = Format(given["format_"])
    feature = given["feature"] or (Feature.LARGE if kind is Format.ARROW else Feature.STANDARD)
    if kind is Format.WEBDATASET and feature == Feature.LARGE:
        raise ConfigError("--image-feature large is for --format arrow and parquet: a tar holds files as they are")
    settings = Settings(
        format=kind,
        feature=Feature(feature),
        pixels=Pixels(given["pixels"]),
        quality=given["quality"] if given["pixels"] == Pixels.JPEG else Settings().quality,
        check=Check(given["check"]),
        order=RowOrder(given["order"]),
        shard_size=given["shard_size"],
    )
    config, bounds = session.config, session.bounds
    roots = source_folders(config)
    return Request(given["selection"], output, roots, config.tmp_cache_dir, settings, bounds.archives, bounds.images)
