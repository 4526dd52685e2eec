"""Read the JSON files of a dataset's folder: those of a build, and those of ``save_to_disk``. All are untrusted."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from indexer.base.errors import ConfigError, OutputError, SourceError, reason_of
from indexer.base.untrusted_folder import refuse_special_files
from indexer.base.untrusted_json import InvalidJson, JsonObject, read_json, text
from indexer.images.rendition import AS_REAL, Rendition
from materializer.models import Check, Feature, Pixels, RowOrder, Settings, Shard, ShardFile
from materializer.shards import record
from materializer.shards.formats import output_format
from materializer.shards.formats.output_format import OutputFormat, ShardFiles
from materializer.shards.schema import parse_columns
from materializer.shards.variants import NATIVE, parse, split_of, suffix_pattern

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

    @property
    def native_shards(self) -> list[tuple[Shard, ShardFile]]:
        """The shards of all splits without those of variants; of the first variant if ``native`` was not built."""
        first = next(iter(self.settings.variants), NATIVE)
        ends = re.compile(suffix_pattern(self.settings.variants))
        return [one for one in self.all_shards if split_of(ends.sub("", one[0].split), first) == one[0].split]

    @property
    def card(self) -> Mapping[str, str]:
        """The sha256 (hex) of each file of the card, by path; empty for a build of an earlier version."""
        return dict(self.description.get("card", {}))

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
        SourceError: a split's name leads out of the folder, or the folder holds pipes or devices.
    """
    refuse_special_files(folder)
    try:
        described = JsonObject(read_json(folder / record.BUILD))
        for name in ("selection", "recipe_hash", "seed", "plan"):
            described.text(name)
        described.object("digests").each(text)
        described.object("versions").each(_text_or_null)
        if "card" in described.content:
            described.object("card").each(text)
        splits = described.object("splits")
        shards = {_base_name(split): _shards(split, splits) for split in splits.content}
        if not any(shards.values()):
            raise InvalidJson("it lists no shards")
        return FinishedBuild(folder, described.content, _settings(described.object("settings")), shards)
    except (FileNotFoundError, NotADirectoryError):
        raise OutputError(
            f"{folder} holds no finished build ({record.BUILD} is missing): name the folder of a build, or run it again"
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
        return checked_plan(folder).content
    except (OSError, ValueError):
        return None


def checked_plan(folder: Path) -> JsonObject:
    """Read the plan of the build in the folder. Raises OSError or InvalidJson."""
    plan = JsonObject(read_json(folder / record.PLAN))
    for name in ("selection", "recipe_hash", "seed"):
        plan.text(name)
    plan.object("settings")
    plan.object("shards").each(text)
    return plan


def read_saved(folder: Path) -> list[SavedSplit]:
    """Read a dataset of ``Dataset.save_to_disk`` or ``DatasetDict.save_to_disk``; no name in it leaves the folder.

    Raises:
        SourceError: the folder holds no such dataset, or pipes or devices.
    """
    refuse_special_files(folder)
    file = folder / "dataset_dict.json"
    try:
        if (folder / "state.json").is_file():
            file = folder / "state.json"
            return [_saved_split(folder, "")]
        splits = JsonObject(read_json(file)).list("splits", _base_name)
        if not splits or len(set(splits)) < len(splits):
            raise InvalidJson("it names no split, or one twice")
        return [_saved_split(folder, split) for split in splits]
    except (OSError, ValueError) as error:
        raise _no_dataset(file, error) from error


def read_features(path: Path) -> dict[str, Any]:
    """Read a ``dataset_info.json``: an object with ``features``, which are objects or lists by column name.

    Raises:
        SourceError: it cannot be read.
    """
    try:
        info = JsonObject(read_json(path))
        info.object("features").each(_feature)
    except (OSError, ValueError) as error:
        raise _no_dataset(path, error) from error
    return info.content


def _no_dataset(file: Path, error: Exception) -> SourceError:
    return SourceError(
        f"{file} cannot be read ({reason_of(error)}): name a folder that a build or 'save_to_disk' has written"
    )


def _feature(value: object) -> object:
    return value if isinstance(value, list) else JsonObject(value, "a feature").content


def _text_or_null(value: object) -> str | None:
    return None if value is None else text(value)


def _shards(split: str, splits: JsonObject) -> tuple[tuple[Shard, ShardFile], ...]:
    files = [JsonObject(file, "a shard") for file in splits.list(split, lambda file: file)]
    return tuple((Shard(split, number, len(files)), record.file_of(file)) for number, file in enumerate(files))


def _settings(stored: JsonObject) -> Settings:
    return Settings(
        output_format(stored.text("format")).name,
        Feature(stored.text("feature")),
        Pixels(stored.text("pixels")),
        stored.count("quality"),
        Check(stored.text("check")),
        RowOrder(stored.text("order")),
        stored.count("shard_size"),
        stored.flag("strip_metadata"),
        stored.text("layout") if "layout" in stored.content else "",
        _rendition(stored.object("align")) if "align" in stored.content else None,
        parse_columns(stored.list("columns", text)) if "columns" in stored.content else (),
        parse(stored.list("variants", text)) if "variants" in stored.content else (),
    )


def _rendition(stored: JsonObject) -> Rendition:
    as_real = stored.content.get("jpeg") == AS_REAL
    named = [name for name in ("long_side", "crop", "jpeg", "webp") if stored.content.get(name) is not None]
    steps = {name: stored.count(name) for name in named if not (as_real and name == "jpeg")}
    numbers = (steps.get("long_side"), steps.get("crop"), steps.get("jpeg"), steps.get("webp"))
    return Rendition(*numbers, as_real=as_real, pairs=stored.text("pairs") if as_real else "")


def _saved_split(folder: Path, name: str) -> SavedSplit:
    state = JsonObject(read_json(folder / name / "state.json"))
    files = state.list("_data_files", lambda file: _base_name(JsonObject(file, "a data file").text("filename")))
    if not files or len(set(files)) < len(files):
        raise InvalidJson("state.json names no data file, or one twice")
    return SavedSplit(name, tuple(files), state.content)


def _base_name(value: object) -> str:
    name = text(value)
    if not name or "\0" in name or name != Path(name).name or name == "..":
        raise SourceError(f"{name!r} is not the name of a file or split: this dataset leads out of its folder")
    return name
