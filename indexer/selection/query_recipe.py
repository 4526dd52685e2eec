"""A selection by SQL: the query of a user, with sample, split and groups, and its text for the manifest's record."""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from indexer.base.errors import RecipeError
from indexer.base.selection_terms import SPLIT_NAME_HINT, is_split_name
from indexer.base.toml_text import toml_string
from indexer.images.rendition import Rendition
from indexer.manifest.sandbox import QueryLimits

DEFAULT_SEED = "0"
ONE_SPLIT: Mapping[str, float] = MappingProxyType({"train": 1.0})
_TOLERANCE = 1e-9  # of a sum of fractions


@dataclass(frozen=True, slots=True)
class QueryRecipe:
    """A query that returns the column ``file_id``, and optionally ``split`` and ``role``.

    ``sample``: number of images, None for all. ``splits``: fractions; empty if the query returns splits, or for one
    split ``train``. ``groups``: columns of the query, or SQL expressions over the manifest; images that share a value
    share a split. ``tables``: further tables for the query, name -> a Parquet, CSV or Arrow file. ``align``: how a
    build encodes the images anew. ``extend``: the selection whose images keep their splits.
    """

    sql: str
    seed: str = DEFAULT_SEED
    sample: int | None = None
    splits: Mapping[str, float] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    tables: Mapping[str, Path] = field(default_factory=dict)
    limits: QueryLimits = field(default_factory=QueryLimits)
    align: Rendition | None = None
    extend: str | None = None

    def __post_init__(self) -> None:
        """Check the values. Raises RecipeError."""
        if not self.sql.strip():
            raise RecipeError("the query is empty: give a SELECT that returns a column file_id")
        if self.sample is not None and self.sample < 1:
            raise RecipeError(f"a sample of {self.sample} images is empty: give a number from 1 on")
        if not all(map(str.strip, self.groups)):
            raise RecipeError("a group is empty: give a column of the query, or an SQL expression over the manifest")
        for name, fraction in self.splits.items():
            check_split_name(name)
            if not (math.isfinite(fraction) and 0 <= fraction <= 1):
                raise RecipeError(f"split '{name}': {fraction:g} is no fraction: give a number from 0 to 1")
        total = sum(self.splits.values())
        if self.splits and abs(total - 1) > _TOLERANCE:
            raise RecipeError(f"the fractions of the splits sum to {total:g}, not 1: {_written(self.splits)}")

    @property
    def text(self) -> str:
        """The record as TOML. Tables are named by their file and its content, not by its folder."""
        return "".join(f"{line}\n" for line in self._lines())

    @property
    def hash(self) -> str:
        """The sha256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def _lines(self) -> Iterator[str]:
        yield f"sql = {_toml(self.sql)}"
        yield f"seed = {_toml(self.seed)}"
        if self.sample is not None:
            yield f"sample = {self.sample}"
        if self.groups:
            yield f"groups = [{', '.join(map(_toml, self.groups))}]"
        if self.splits:
            yield f"split = {{ {_written(self.splits)} }}"
        if self.align:
            steps = ", ".join(f"{name} = {json.dumps(step)}" for name, step in self.align.described().items() if step)
            yield f"align = {{ {steps} }}"
        for name, file in sorted(self.tables.items()):
            yield f"tables.{_toml(name)} = {{ file = {_toml(file.name)}, sha256 = {_toml(sha256_of_table(file))} }}"


def check_split_name(name: object) -> None:
    """Raise RecipeError if ``name`` cannot be the name of a split."""
    if not isinstance(name, str) or not is_split_name(name):
        shown = "NULL" if name is None else repr(name)
        raise RecipeError(f"{shown} is no name of a split: {SPLIT_NAME_HINT}")


def _written(splits: Mapping[str, float]) -> str:
    return ", ".join(f"{_toml(name)} = {float(fraction)!r}" for name, fraction in splits.items())


def _toml(text: str) -> str:
    """Return a TOML string: as it is in three quotes if it has several lines and allows it, else on one line."""
    is_plain = "'''" not in text and not text.endswith("'") and all(one >= " " or one in "\n\t" for one in text)
    if "\n" in text and is_plain and "\x7f" not in text:
        return f"'''\n{text}'''"
    return toml_string(text)


def sha256_of_table(file: Path) -> str:
    """Return the sha256 (hex) of a file. Raises RecipeError if it cannot be read."""
    try:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise RecipeError(f"{file} cannot be read as a table: {error.strerror or error}") from error
