"""Facts about a folder or an archive, from which a declaration is drafted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from indexer.base.path_sources import PathSource


@dataclass(frozen=True, slots=True)
class SurveyedFolder:
    """A folder directly above images: its components from outermost to innermost, and the number of its images.

    ``column``: if the last component is an Arrow or Parquet file, the column whose cells are the images; else empty. A
    file with several such columns is several folders of the same names.
    ``fake_level``: the component by whose name the default rules take the images as fake; None for real images.
    ``generator``: the name of the generator by these rules.
    """

    names: tuple[str, ...]
    images: int
    column: str
    fake_level: int | None
    generator: str

    @property
    def is_table(self) -> bool:
        """Whether the images are cells of an Arrow or Parquet file."""
        return bool(self.column)


@dataclass(frozen=True, slots=True)
class TableKey:
    """How the rows of a side file name images.

    Attributes:
        template: the key of ``[tables.NAME]``; empty for the rows of Arrow and Parquet files.
        name: what a rule looks up: ``path``, ``stem`` or ``record``.
        column: the column with the names; empty if each file is about the image of its own name.
    """

    template: str
    name: str
    column: str


@dataclass(frozen=True, slots=True)
class SurveyedFile:
    """A side file: logical path, format, names of its columns (none if they cannot be read), and its key if found.

    ``pattern`` is a regular expression that matches the names of such files. ``classes`` are the texts of columns
    with few of them, such as the names of a ClassLabel. ``rows`` is where a JSON file has its rows. ``problem`` is why
    the columns cannot be read.
    """

    path: str
    pattern: str
    format: str
    columns: tuple[str, ...]
    key: TableKey | None
    classes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    rows: str | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Survey:
    """What a folder or an archive contains.

    ``repeated_stems``: images whose paths differ in their suffixes alone. ``repeated_paths``: images with the
    path of another one, such as those of ``x.zip`` and of ``x.tar``.
    """

    source: PathSource
    folders: tuple[SurveyedFolder, ...]
    repeated_stems: int
    repeated_paths: int
    side_files: tuple[SurveyedFile, ...]

    @property
    def images(self) -> int:
        """The number of images."""
        return sum(folder.images for folder in self.folders)
