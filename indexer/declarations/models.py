"""What a declaration is, once loaded: typed, frozen, checked. The language is told in indexer/sources/README.md."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# What a rule says of an image, in the order of the table `attributes`.
COLUMNS = (
    "file_id", "origin", "generator", "label", "description",
    "positive_prompt", "negative_prompt", "conditioning", "paired_real_images",
)  # fmt: skip

# The name of a file as every rule knows it, beside the groups of its own pattern: SQL over the view raw_file.
BUILTINS = {
    "path": "path",  # the logical path without its suffix
    "stem": "split_part(path, '/', -1)",
    "parent": "split_part(path, '/', -2)",
    "grandparent": "split_part(path, '/', -3)",
    "suffix": "suffix",
    "record": "record_path || ':' || line",  # the row of an Arrow or Parquet file that a cell belongs to
    "row": "first_row + line",  # its place among all files that `row_orders` puts in order
}


@dataclass(frozen=True, slots=True)
class SideTable:
    """A side file (or many) whose rows a declaration looks things up in.

    ``source`` is the key below whose root it lies (its own, or another's: COCO's captions serve three sources).
    ``file`` is a regular expression over the logical path of the side file. ``format`` is csv, json, jsonl, txt, or
    ``rows`` for the scalar columns of Arrow and Parquet containers. ``rows`` names the list inside a JSON file, dotted;
    None takes the file's list, or the whole object as one record (a sidecar). ``columns`` None keeps all.
    """

    name: str
    source: str
    file: str
    format: str
    rows: str | None = None
    columns: tuple[str, ...] | None = None
    header: bool = True


@dataclass(frozen=True, slots=True)
class Chain:
    """``name|step|step``: where a value starts (a group, a built-in name, a ``let``) and what it goes through."""

    name: str
    steps: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "|".join((self.name, *self.steps))


@dataclass(frozen=True, slots=True)
class Placeholder:
    """``{chain ?? chain ?? 'text'}``: the first that has a value; None of them is a row that cannot be derived."""

    chains: tuple[Chain, ...]
    fallback: str | None = None

    def __str__(self) -> str:
        text = " ?? ".join(str(chain) for chain in self.chains)
        return "{" + (text if self.fallback is None else f"{text} ?? '{self.fallback}'") + "}"


Template = tuple[str | Placeholder, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """How rows are looked up: a key for each row, and which row counts where several have the same key.

    Its rows are those of the side table ``rows_of`` (source, name), or of the CSV file ``beside`` the declaration.
    """

    name: str
    key: Template
    pick: str = "only"
    order: str | None = None
    separator: str = " "
    rows_of: tuple[str, str] | None = None
    beside: Path | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """Which images are kept, by a value that depends on no rule; the others are dropped silently."""

    value: Template
    equal: bool
    to: str


@dataclass(frozen=True, slots=True)
class Rule:
    """What images whose path matches are. ``ignore`` (a reason) means: nothing that belongs in a manifest."""

    number: int
    path: str
    values: Mapping[str, tuple[Template, ...]]
    let: Mapping[str, Template]
    ignore: str | None = None


@dataclass(frozen=True, slots=True)
class Download:
    """A file to fetch, or several, and what to know about it. ``size`` is in bytes, where it is known.

    ``files`` are the names of what has to be there, as globs; None takes ``file``. ``hash`` is the published one,
    ``sha256:...`` or ``md5:...``. ``hub`` is the dataset repository on the Hugging Face hub that has ``files``.
    """

    file: str
    url: str = ""
    size: int | None = None
    note: str = ""
    files: tuple[str, ...] | None = None
    hash: str = ""
    hub: str = ""

    @property
    def place(self) -> str:
        """The address at which a person finds it."""
        return self.url or (f"https://huggingface.co/datasets/{self.hub}" if self.hub else "")


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What a person has to know about a dataset before using it."""

    name: str
    homepage: str = ""
    licence: str = ""
    citation: str = ""
    downloads: tuple[Download, ...] = ()
    published: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """One upstream dataset: ``sources/<key>.toml``.

    ``tables`` are the side tables to be read for it, other sources' among them; ``lookups`` how its rules use them.
    ``include`` is a pattern over the logical path of whatever counts as an image here; None takes the usual suffixes.
    Each of ``row_orders`` puts the files of one Arrow or Parquet dataset in the order in which their rows count on.
    """

    key: str
    default_folder: str
    file: Path
    head: SourceInfo
    rules: tuple[Rule, ...]
    tables: tuple[SideTable, ...] = ()
    lookups: Mapping[str, Table] | None = None
    maps: Mapping[str, Mapping[str, str]] | None = None
    include: str | None = None
    keep: Condition | None = None
    row_orders: tuple[tuple[str, ...], ...] = ()
    generators: tuple[str, ...] = ()
