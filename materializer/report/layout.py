"""A dataset's folder -> its files: builds of ours, and whatever else ``save_to_disk`` has written."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexer.base.errors import OutputError
from materializer.dataset.verify import shards_of
from materializer.models import Format
from materializer.shards import record
from materializer.shards.formats import FORMATS


@dataclass(frozen=True, slots=True)
class DatasetFile:
    """One shard: its split ('' where there are none), where it lies, and how it is written."""

    split: str
    path: Path
    format: Format


@dataclass(frozen=True, slots=True)
class DatasetLayout:
    """The files of a dataset in order; ``built`` is what build.json says, empty for a dataset of somebody else."""

    files: tuple[DatasetFile, ...]
    built: dict[str, Any]


def read(output: Path) -> DatasetLayout:
    """Find the files.

    Raises:
        OutputError: there is no dataset, or one of tars, whose rows only a pass over all of it would tell.
    """
    built = _json(output / record.BUILD) if (output / record.BUILD).is_file() else {}
    kind = Format(built["settings"]["format"]) if built else Format.ARROW
    if kind is Format.WEBDATASET:
        raise OutputError(f"{output} holds tars: a report is made of --format arrow or parquet")
    files = _built(output, built, kind) if built else _saved(output)
    return DatasetLayout(tuple(files), built)


def _built(output: Path, built: dict[str, Any], kind: Format) -> list[DatasetFile]:
    splits = shards_of(built)
    return [DatasetFile(split, output / FORMATS[kind].path(one), kind) for split in splits for one, _ in splits[split]]


def _saved(output: Path) -> list[DatasetFile]:
    """What ``Dataset.save_to_disk`` or ``DatasetDict.save_to_disk`` has written."""
    if (output / "state.json").is_file():
        return _of_split(output, "")
    return [file for split in _json(output / "dataset_dict.json")["splits"] for file in _of_split(output, split)]


def _of_split(output: Path, split: str) -> list[DatasetFile]:
    folder = output / split
    names = [Path(one["filename"]).name for one in _json(folder / "state.json")["_data_files"]]
    return [DatasetFile(split, folder / name, Format.ARROW) for name in names]


def _json(file: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise OutputError(f"{file} cannot be read: name a folder that a build or 'save_to_disk' has written") from error
    return found
