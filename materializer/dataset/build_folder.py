"""Read the JSON files of a dataset's folder: those of a build, and those of ``save_to_disk``. All are untrusted."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from operator import index
from pathlib import Path
from typing import Any

from indexer.base.errors import ConfigError, OutputError, SourceError
from materializer.models import Check, Feature, Pixels, RowOrder, Settings, Shard, ShardFile
from materializer.shards import record
from materializer.shards.formats import output_format
from materializer.shards.formats.output_format import OutputFormat, ShardFiles

# Exceptions of JSON files that are missing, damaged or have other contents than expected.
UNREADABLE = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, ConfigError)


@dataclass(frozen=True, slots=True)
class FinishedBuild:
    """A finished build, as its ``build.json`` describes it. ``shards`` are in order, by split."""

    folder: Path
    description: Mapping[str, Any]
    settings: Settings
    shards: ShardFiles

    @property
    def format(self) -> OutputFormat:
        """The format of its shards."""
        return output_format(self.settings.format)

    @property
    def all_shards(self) -> list[tuple[Shard, ShardFile]]:
        """The shards of all splits, in order."""
        return [shard for shards in self.shards.values() for shard in shards]

    def path(self, shard: Shard) -> Path:
        """Return the path of a shard."""
        return self.folder / self.format.path(shard)


@dataclass(frozen=True, slots=True)
class SavedSplit:
    """A split that ``save_to_disk`` has written: its ``state.json``, and the names of its Arrow files.

    ``name`` is '' if the dataset has no splits.
    """

    name: str
    files: tuple[str, ...]
    state: Mapping[str, Any]


def is_build(folder: Path) -> bool:
    """Return whether the folder holds a finished build of this program."""
    return (folder / record.BUILD).is_file()


def read_build(folder: Path) -> FinishedBuild:
    """Read ``build.json``.

    Raises:
        OutputError: it is missing or cannot be read.
        SourceError: a split's name leads out of the folder.
    """
    try:
        described = read_json(folder / record.BUILD)
        for name, kind in (("selection", str), ("digests", dict), ("versions", dict)):
            if not isinstance(described[name], kind):
                raise ValueError(f"{name} is {described[name]!r}")  # noqa: TRY004 - a wrong file, not a wrong call
        shards = {
            _base_name(split): tuple(
                (Shard(split, number, len(files)), ShardFile(file["rows"], file["size"], file["sha256"]))
                for number, file in enumerate(files)
            )
            for split, files in described["splits"].items()
        }
        return FinishedBuild(folder, described, _settings(described["settings"]), shards)
    except FileNotFoundError:
        raise OutputError(
            f"{folder} holds no finished build ({record.BUILD} is missing): run the build again"
        ) from None
    except UNREADABLE as error:
        raise OutputError(f"{folder / record.BUILD} cannot be read ({error}): run the build again") from error


def described_shards(format_: OutputFormat, shards: ShardFiles) -> dict[str, list[dict[str, Any]]]:
    """Return the shards as ``build.json`` lists them."""
    return {
        split: [{"file": format_.path(shard), **asdict(file)} for shard, file in files]
        for split, files in shards.items()
    }


def read_plan(folder: Path) -> dict[str, Any] | None:
    """Return the plan of the build in the folder, finished or not; None if there is none that can be read."""
    try:
        plan = read_json(folder / record.PLAN)
    except (OSError, ValueError, RecursionError):
        return None
    return plan if isinstance(plan, dict) and isinstance(plan.get("shards"), dict) else None


def read_saved(folder: Path) -> list[SavedSplit]:
    """Read a dataset of ``Dataset.save_to_disk`` or ``DatasetDict.save_to_disk``; no name in it leaves the folder.

    Raises:
        SourceError: the folder holds no such dataset.
    """
    file = folder / "dataset_dict.json"
    try:
        if (folder / "state.json").is_file():
            file = folder / "state.json"
            return [_saved_split(folder, "")]
        return [_saved_split(folder, _base_name(split)) for split in read_json(file)["splits"]]
    except (OSError, ValueError, RecursionError) as error:
        raise SourceError(f"{file} cannot be read: name a folder that a build or 'save_to_disk' has written") from error
    except (KeyError, TypeError) as error:
        raise SourceError(f"{folder} holds no dataset that 'save_to_disk' has written: it lacks {error}") from error


def read_json(path: Path) -> Any:
    """Read a JSON file. Raises OSError, ValueError or RecursionError."""
    return json.loads(path.read_text(encoding="utf-8"))


def _settings(stored: Mapping[str, Any]) -> Settings:
    return Settings(
        output_format(stored["format"]).name,
        Feature(stored["feature"]),
        Pixels(stored["pixels"]),
        index(stored["quality"]),
        Check(stored["check"]),
        RowOrder(stored["order"]),
        index(stored["shard_size"]),
    )


def _saved_split(folder: Path, name: str) -> SavedSplit:
    state = read_json(folder / name / "state.json")
    return SavedSplit(name, tuple(_base_name(file["filename"]) for file in state["_data_files"]), state)


def _base_name(name: str) -> str:
    if name != Path(name).name or name == "..":
        raise SourceError(f"{name!r} is not the name of a file or split: this dataset leads out of its folder")
    return name
