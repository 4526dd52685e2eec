"""Find the columns of side files and the folders that label images as real and fake, by their names and values."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from indexer.drafting.models import SurveyedFile, SurveyedFolder

UNKNOWN = "unknown"  # the generator of fake images whose generator is not known
CONFIRM = "Confirm:"  # begins a comment about labels that no name gives
BINARY_FAKE = "1"  # the folder beside "0" whose images are taken as fake

REAL = r"(?i:(?:\d_)?(?:reals?|nature|natural|authentic|photo(?:graph)?s?|humans?))"
_FAKE = re.compile(r"(?i:(?:\d_)?(?:fakes?|ai|ai[-_ ]generated|generated|synthetic))")
_LABEL = re.compile(rf"(?i:(?:\d_)?(?:reals?|authentic))|{_FAKE.pattern}")  # a column with such a value labels images

# Columns of 0 and 1, or of true and false: those whose name shows which images are fake, and those to be confirmed.
_NO, _YES = r"(?i:0|0\.0|false|no)", r"(?i:1|1\.0|true|yes)"
_BINARY = re.compile(f"{_NO}|{_YES}")
_IS_FAKE = re.compile(r"(?i)(?:is_?)?(?:(?:deep)?fakes?|ai|ai_?generated|generated|synthetic)(?:_?(?:label|image))?")
_IS_REAL = re.compile(r"(?i)(?:is_?)?(?:reals?|authentic|natural|humans?)(?:_?(?:label|image))?")
_IS_LABEL = re.compile(r"(?i)labels?|(?:class|label)_?(?:id|label)?|target|y|gt|ground_?truth")


@dataclass(frozen=True, slots=True)
class LabelColumn:
    """A column that labels images: what a rule looks up, and the generator of its values.

    ``real``: a pattern of the values of real images. ``generator``: that of all others; ``{}`` is the value itself.
    ``comment``: how its values are understood.
    """

    lookup: str
    real: str
    generator: str
    comment: str


def is_label_name(column: str) -> bool:
    """Return whether a column of numbers may label images, by its name."""
    return any(pattern.fullmatch(column) for pattern in (_IS_FAKE, _IS_REAL, _IS_LABEL))


def label_columns(tables: Sequence[tuple[str, SurveyedFile]]) -> dict[str, LabelColumn]:
    """Return the column of each table that labels images, by the name of a map for it.

    Names of labels precede columns of 0 and 1, and of these, those whose name shows which images are fake.
    """
    found = {}
    for name, file in tables:
        usable = {column: values for column, values in file.classes.items() if re.fullmatch(r"\w+", column)}
        best = next(chain(_named(usable), _binary(usable)), None)
        if file.key and best:
            column, label = best
            found[f"{name}_{column}"] = replace(label, lookup=f"{file.key.name}|{name}.{column}")
    return found


def _named(columns: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, LabelColumn]]:
    """Yield the columns whose values are names of labels. They are generators, unless one is a name of fake images."""
    for column, values in columns.items():
        if any(map(_LABEL.fullmatch, values)):
            other = UNKNOWN if any(map(_FAKE.fullmatch, values)) else "{}"
            comment = f"The generator of each label; images without one are real. Labels: {', '.join(values)}"
            yield column, LabelColumn("", REAL, other, comment)


def _binary(columns: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, LabelColumn]]:
    binary = [column for column, values in columns.items() if values and all(map(_BINARY.fullmatch, values))]
    for pattern, real, fake in ((_IS_FAKE, _NO, "1"), (_IS_REAL, _YES, "0")):
        for column in filter(pattern.fullmatch, binary):
            comment = f"By the name of the column {column}, images with {fake} are fake, and those without are real."
            yield column, LabelColumn("", real, UNKNOWN, comment)
    for column in filter(_IS_LABEL.fullmatch, binary):
        comment = f"{CONFIRM} images whose {column} is 1 are taken as fake, those with 0 or without one as real."
        yield column, LabelColumn("", _NO, UNKNOWN, comment)


def label_binary_folders(folders: Sequence[SurveyedFolder]) -> tuple[SurveyedFolder, ...]:
    """Take images below folders named 1 as fake if all folders of that depth are named 0 or 1, and none has a label.

    Arrow and Parquet files named 0 and 1 are parts.
    """
    labelled = any(re.fullmatch(REAL, name) for folder in folders for name in folder.names)
    if labelled or any(folder.fake_level is not None for folder in folders):
        return tuple(folders)
    names: dict[tuple[int, int], set[str]] = {}
    for folder in folders:
        for level, name in enumerate(folder.names if not folder.is_table else ()):
            names.setdefault((len(folder.names), level), set()).add(name)
    levels = {depth: level for (depth, level), found in sorted(names.items(), reverse=True) if found == {"0", "1"}}
    return tuple(_labelled(folder, levels.get(len(folder.names))) for folder in folders)


def _labelled(folder: SurveyedFolder, level: int | None) -> SurveyedFolder:
    if level is None or folder.is_table or folder.names[level] != BINARY_FAKE:
        return folder
    return replace(folder, fake_level=level, generator=UNKNOWN)
