"""Loaded declarations: typed and frozen. indexer/sources/README.md documents the language."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

# The columns that a rule gives an image, in the order of the table `attributes`.
COLUMNS = (
    "file_id", "origin", "generator", "label", "description",
    "positive_prompt", "negative_prompt", "conditioning", "paired_real_images", "kind", "group_id",
)  # fmt: skip

# Tables of a rule whose names become keys of a map: [rule.extra], [rule.companions].
MAP_COLUMNS = ("extra", "companions")

KINDS = ("real", "synthetic", "tampered")

# Uses of a dataset, as `sources` groups them. The first is that of a declaration without one.
USES = ("other", "training", "test", "in the wild", "edited", "real images")

# The columns without which an image has no identity, or no label. A value that is missing in one of the others is left
# empty and reported; it never costs the row.
REQUIRED_COLUMNS = ("file_id", "origin", "generator", "label", "kind")

# In `rows` of a table: every name of a JSON object. The column with these names.
ANY_ENTRY = "*"
ENTRY_NAME = "@name"

# Names that every rule can use besides the groups of its own pattern, as SQL over the view raw_file.
BUILTINS = {
    "path": "logical_stem",
    "stem": "split_part(logical_stem, '/', -1)",
    "parent": "split_part(logical_stem, '/', -2)",
    "grandparent": "split_part(logical_stem, '/', -3)",
    "suffix": "suffix",
    "record": "record_path || ':' || line",  # the row of an Arrow or Parquet file that a cell belongs to
    "row": "first_row + line",  # its number, counted over all files that `row_orders` puts in order
}


@dataclass(frozen=True, slots=True)
class SideTable:
    """One or more side files whose rows rules look values up in.

    Attributes:
        name: the NAME of ``[tables.NAME]``.
        source: key of the source that holds the files. COCO's captions, for example, serve three sources.
        file: regular expression over the logical path of the files.
        format: csv, json, jsonl, txt, or ``rows`` for the scalar columns of Arrow and Parquet containers.
        rows: dotted name of the list inside a JSON file, in which ``*`` stands for every name of an object. None: the
            file is a list, or one object is one record.
        columns: the columns to keep. None keeps all.
        header: whether the first line of a CSV file names its columns.
    """

    name: str
    source: str
    file: str
    format: str
    rows: str | None = None
    columns: tuple[str, ...] | None = None
    header: bool = True


@dataclass(frozen=True, slots=True)
class Pipeline:
    """``name|step|step``: a group, a built-in name or a ``let``, and the steps that are applied to its value."""

    name: str
    steps: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "|".join((self.name, *self.steps))


@dataclass(frozen=True, slots=True)
class Placeholder:
    """``{pipeline ?? pipeline ?? 'text'}``: the first value that exists. Without any, the image has no row."""

    pipelines: tuple[Pipeline, ...]
    fallback: str | None = None

    def __str__(self) -> str:
        text = " ?? ".join(str(pipeline) for pipeline in self.pipelines)
        return "{" + (text if self.fallback is None else f"{text} ?? '{self.fallback}'") + "}"


Template = tuple[str | Placeholder, ...]


@dataclass(frozen=True, slots=True)
class LookupTable:
    """Rows that rules look values up in by key.

    Attributes:
        name: the NAME of ``[tables.NAME]``.
        key: template over the columns of a row.
        pick: which row is used if several have the same key: only, first, last or join.
        order: the column that ``pick`` sorts by. None: the order in the file.
        separator: text between joined values.
        rows_of: (source, name) of the side table that holds the rows.
        csv_file: the CSV file next to the declaration that holds the rows, where ``rows_of`` is None.
    """

    name: str
    key: Template
    pick: str = "only"
    order: str | None = None
    separator: str = " "
    rows_of: tuple[str, str] | None = None
    csv_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """Compare a value with a text. Images of a source for which ``keep`` is false are dropped without a report."""

    value: Template
    equal: bool
    to: str


@dataclass(frozen=True, slots=True)
class Rule:
    """The columns of the images whose logical path matches ``path``.

    Attributes:
        number: position among the rules of its source, from 1.
        path: regular expression over the logical path.
        values: templates per column.
        let: templates per name that the others can use.
        ignore: the reason to leave these images out.
        companion: the role of images that accompany others and have no row of their own.
        maps: templates per key of ``extra`` and ``companions``.
    """

    number: int
    path: str
    values: Mapping[str, tuple[Template, ...]]
    let: Mapping[str, Template]
    ignore: str | None = None
    companion: str | None = None
    maps: Mapping[str, Mapping[str, Template]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Download:
    """One file or a set of files to download.

    Attributes:
        file: its name, or a description of the set.
        url: where to get it.
        size: bytes, None where unknown.
        note: a hint for the person who downloads it.
        files: globs of the expected names. None: the name is ``file``.
        hash: the published digest, ``sha256:...`` or ``md5:...``.
        hub: the dataset repository on the Hugging Face hub that has ``files``.
        revision: the commit or tag of ``hub`` that the declaration describes.
    """

    file: str
    url: str = ""
    size: int | None = None
    note: str = ""
    files: tuple[str, ...] | None = None
    hash: str = ""
    hub: str = ""
    revision: str = ""

    @property
    def place(self) -> str:
        """Return the address of the page or file."""
        return self.url or (f"https://huggingface.co/datasets/{self.hub}" if self.hub else "")


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """Name, terms and downloads of a dataset.

    ``published`` is the number of images per generator as published upstream. The key ``photographs`` counts real
    images and ``all`` counts everything. ``use`` is one of USES.
    """

    name: str
    homepage: str = ""
    licence: str = ""
    citation: str = ""
    downloads: tuple[Download, ...] = ()
    published: Mapping[str, int] = field(default_factory=dict)
    use: str = USES[0]


@dataclass(frozen=True, slots=True)
class Source:
    """One upstream dataset: ``sources/<key>.toml``.

    Attributes:
        key: its key in ``local.cfg``.
        default_folder: folder below ``input_datasets_path``, used if ``local.cfg`` has no such key.
        file: the declaration.
        tables: the side tables to read, tables of other sources included.
        lookups: the tables that its rules use, by name.
        maps: the ``[maps.NAME]``, by name.
        include: pattern over the logical path of its images. None: files with an image suffix.
        keep: condition that an image has to meet.
        row_orders: per Arrow or Parquet dataset, patterns of its files in the order in which their rows are numbered.
        generators: names that ``_generators.csv`` lacks.
        encoding: the encoding of names in archives that are not UTF-8, as Python calls it.
        known_damage: pattern over the logical path -> description, for files that are damaged as published.
        problems: the message of a declaration that is wrong; only ``key``, ``default_folder`` and ``file`` of it can be
            used. Empty for a valid one.
    """

    key: str
    default_folder: str
    file: Path
    info: SourceInfo
    rules: tuple[Rule, ...]
    tables: tuple[SideTable, ...] = ()
    lookups: Mapping[str, LookupTable] = field(default_factory=dict)
    maps: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    include: str | None = None
    keep: Condition | None = None
    row_orders: tuple[tuple[str, ...], ...] = ()
    generators: tuple[str, ...] = ()
    encoding: str | None = None
    known_damage: Mapping[str, str] = field(default_factory=dict)
    problems: str = ""

    @property
    def problems_line(self) -> str:
        """``problems`` as one line: the file, the number of problems and the first one."""
        first, *others = self.problems.split("\n  - ")
        return f"{first}{', the first: ' if others[1:] else ': ' if others else ''}{''.join(others[:1])}"
