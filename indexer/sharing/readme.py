"""The ``README.md`` of an export, made from its header alone."""

from collections.abc import Mapping

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


def readme(head: ExportHeader) -> str:
    """Return the text, with counts, digests and licences."""
    rows = [_split_row(split, roles) for split, roles in head.rows.items()]
    digests = [f"| {name} | `{digest}` |" for name, digest in head.contents.items()]
    sources = [_source_row(key, about) for key, about in head.sources.items()]
    parts = {"rows": "\n".join(rows), "digests": "\n".join(digests), "sources": "\n".join(sources)}
    return _TEXT.format(
        name=head.name, **parts, recipe_hash=head.recipe_hash, seed=head.seed, tool_version=head.tool_version
    )


def _split_row(split: str, roles: Mapping[str, int]) -> str:
    counts = dict(roles)
    spares = counts.pop("spare", 0)
    return f"| {split} | {sum(counts.values()):,} | {spares:,} |"


def _source_row(key: str, about: Mapping[str, object]) -> str:
    licence, homepage = _cell(about["licence"]), _cell(about["homepage"])
    return f"| {_cell(about['name'] or key)} | {about['rows']:,} | {licence} | {homepage} |"


def _cell(text: object) -> str:
    return str(text or "").replace("|", "\\|").replace("\n", " ")
