"""``build``, ``verify`` and ``load``."""

import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from indexer.api.manifest import Manifest
from indexer.api.selected import SelectionView, selection_name
from indexer.base.config import expanded
from indexer.base.errors import ConfigError, OutputError
from indexer.base.quantities import parse_quantity
from indexer.base.suggestions import nearest
from indexer.base.workers import Workers
from indexer.cli.options.inspector import reading_sized
from indexer.roots import refuse_inside
from materializer.cli.options import request
from materializer.dataset.build_folder import is_build, read_build
from materializer.dataset.publish import BuildSummary
from materializer.dataset.verify import Verification
from materializer.dataset.verify import verify as verify_build
from materializer.models import Check, Feature, Link, Pixels, RowOrder, Settings
from materializer.running.build import build as run_build
from materializer.shards.formats import FORMATS

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict

PathLike = str | os.PathLike[str]

_CHOICES: Mapping[str, Sequence[str]] = {
    "format": tuple(FORMATS),
    "image_feature": tuple(Feature),
    "pixels": tuple(Pixels),
    "check": tuple(Check),
    "order": tuple(RowOrder),
    "link": tuple(Link),
}


def build(
    manifest: Manifest | PathLike,
    selection: str | SelectionView,
    output: PathLike,
    *,
    allow_missing: bool = False,
    **settings: Any,
) -> BuildSummary:
    """Write a selection as a sharded dataset; an interrupted build continues. Return counts.

    Args:
        manifest: the open manifest, or its file.
        selection: the selection, or its name.
        output: the new folder.
        allow_missing: build although archives are missing or have changed; spares replace their images.
        settings: as the options of the command: ``format``, ``image_feature``, ``pixels``, ``quality``, ``check``,
            ``order``, ``shard_size`` (bytes, or a text such as "500MB"), ``strip_metadata``, ``columns``, ``link``,
            ``variants`` (a text such as "native,jpeg75", or a list).

    Raises:
        ConfigError: a setting is unknown or excludes another one.
        RecipeError: there is no such selection.
        OutputError: the folder is another one's, is inside a source, or cannot be written.
        SourceError: an archive is missing or has changed.
    """
    options = (manifest if isinstance(manifest, Manifest) else Manifest.open(manifest)).options
    folder, name = expanded(os.fspath(output)), selection_name(selection)
    refuse_inside(folder, options.config)
    requested = replace(request(options, folder, _given(name, settings)), allow_missing=allow_missing)
    with options.reading() if allow_missing else reading_sized(options, name) as store:
        summary = run_build(store, requested, options.workers, options.progress)
    if summary.missing:
        rows = f"{folder}/record/refused.parquet"
        text = f"{summary.missing:,} rows are missing: no spare was left; see {rows}{summary.loss}"
        warnings.warn(text, stacklevel=2)
    return summary


def _given(selection: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings as the options of the command, with its defaults.

    Raises:
        ConfigError: a setting or its value is unknown.
    """
    defaults = Settings()
    known = {"image_feature": None, **asdict(defaults)}
    del known["feature"], known["align"]
    for name, value in settings.items():
        if name not in known:
            raise ConfigError(f"unknown setting '{name}': {nearest(name, known)}")
        if name in _CHOICES and value not in _CHOICES[name]:
            raise ConfigError(f"{name}='{value}': {nearest(str(value), _CHOICES[name])}")
    given = {**known, **settings, "shard_size": _size(settings.get("shard_size", defaults.shard_size))}
    return {"selection": selection, "format_": given.pop("format"), "feature": given.pop("image_feature"), **given}


def _size(value: str | int) -> int:
    try:
        return int(parse_quantity(str(value)))
    except ValueError as error:
        raise ConfigError(f"shard_size={error}: write it as 500MB or 2GiB") from None


def verify(
    folder: PathLike, manifest: Manifest | None = None, *, decode: bool = False, jobs: int | None = None
) -> Verification:
    """Read every byte of a build and compare it with its record, and with the manifest if one is given.

    Return the differences; there are none if everything is as it was built.

    Raises:
        OutputError: the folder holds no finished build.
    """
    path = expanded(os.fspath(folder))
    if manifest is None:
        return verify_build(path, None, Workers(jobs or os.cpu_count() or 1), decodes=decode)
    with manifest.options.reading() as store:
        return verify_build(path, store, manifest.options.workers, decodes=decode)


def load(folder: PathLike) -> "DatasetDict | Dataset":
    """Open a built dataset with the library ``datasets``; the feature LargeImage is registered.

    Raises:
        OutputError: the folder holds no dataset.
    """
    import datasets  # noqa: PLC0415 - takes a second

    import materializer.large_image  # noqa: F401, PLC0415 - registers the feature

    path = expanded(os.fspath(folder))
    loader = read_build(path).format.loader if is_build(path) else "load_from_disk"
    try:
        return getattr(datasets, loader)(str(path))
    except FileNotFoundError as error:
        raise OutputError(
            f"{path} holds no dataset: name a folder that a build or 'save_to_disk' has written"
        ) from error
