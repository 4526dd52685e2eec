"""The ``README.md`` of an export, made from its header alone."""

from collections.abc import Mapping
from typing import Any

from indexer.sharing.models import ExportHeader

_TEXT = """# {name}

A dataset of images as a list: which images, from which published collections, in which split. It holds no pixels.
Anyone with copies of the collections can rebuild the same dataset, however the copies are packed.

    python -m indexer scan
    python -m materializer build --manifest THIS_FOLDER --output DIR

| split | images | spares |
|---|---:|---:|
{rows}

| contents | sha256 |
|---|---|
{digests}

A build that holds the same images, byte for byte, in the same splits has the same digests. `files.parquet` holds one
row per image with its sha256. `file_ids/` holds the ids alone, as AI-GenBench publishes them. `manifest.json` holds the
recipe and digests over all columns.

## Sources

| source | images | licence | home |
|---|---:|---|---|
{sources}

Recipe sha256 `{recipe_hash}`, seed `{seed}`, made by version {tool_version}.
"""

_MATCHING = """
## Matching

Real images were chosen so that these columns are distributed as those of the fakes. An imbalance of 0 means equal; a
balanced accuracy of 0.5 is chance. `balance.json` has all bins.

| column | bins | imbalance before | after |
|---|---|---:|---:|
{columns}

| predicts the label | balanced accuracy before | after |
|---|---:|---:|
{measured}
"""


def readme(head: ExportHeader, *, balance: Mapping[str, Any]) -> str:
    """Return the text, with counts, digests and licences; ``balance`` is the content of ``balance.json``, if any."""
    rows = [_split_row(split, roles) for split, roles in head.rows.items()]
    digests = [f"| {name} | `{digest}` |" for name, digest in head.contents.items()]
    sources = [_source_row(key, about) for key, about in head.sources.items()]
    parts = {"rows": "\n".join(rows), "digests": "\n".join(digests), "sources": "\n".join(sources)}
    text = _TEXT.format(
        name=head.name, **parts, recipe_hash=head.recipe_hash, seed=head.seed, tool_version=head.tool_version
    )
    return text + _matching(balance) if balance else text


def _matching(balance: Mapping[str, Any]) -> str:
    columns = [
        f"| {_cell(row['trait'])} | {_cell(row['bins'])} | {_number(row['imbalance_before'])} |"
        f" {_number(row['imbalance_after'])} |"
        for row in balance["columns"]
    ]
    measured = [
        f"| {_cell(row['trait'])} | {_number(row['before'])} | {_number(row['after'])} |"
        for row in balance["balanced_accuracies"]
    ]
    return _MATCHING.format(columns="\n".join(columns), measured="\n".join(measured))


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _split_row(split: str, roles: Mapping[str, int]) -> str:
    counts = dict(roles)
    spares = counts.pop("spare", 0)
    return f"| {split} | {sum(counts.values()):,} | {spares:,} |"


def _source_row(key: str, about: Mapping[str, object]) -> str:
    licence, homepage = _cell(about["licence"]), _cell(about["homepage"])
    return f"| {_cell(about['name'] or key)} | {about['rows']:,} | {licence} | {homepage} |"


def _cell(text: object) -> str:
    return str(text or "").replace("|", "\\|").replace("\n", " ")
