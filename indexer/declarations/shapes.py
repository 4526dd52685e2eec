"""What a declaration is, once loaded: typed, frozen, checked."""

from dataclasses import dataclass


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
