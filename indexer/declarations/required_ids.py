"""Group a list of file_ids by the source that has them, and find those that the manifest lacks."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from indexer.declarations.models import Placeholder, Source, Template
from indexer.manifest.store import Store


@dataclass(frozen=True, slots=True)
class RequiredIds:
    """The ids of a list that belong to one source.

    ``source`` is '' for ids that match no source. ``total`` counts the ids. ``missing`` has those that the manifest
    lacks, sorted.
    """

    source: str
    total: int
    missing: tuple[str, ...]


def required_ids(ids: Iterable[str], sources: Sequence[Source], manifest: Store | None) -> tuple[RequiredIds, ...]:
    """Group ``ids`` by source; sources without ids are included. Without a manifest, all ids are missing."""
    required = sorted(set(ids))
    known = _known(required, manifest) if manifest else set()
    prefixes = sorted(
        ((prefix, source.key) for source in sources for prefix in prefixes_of(source)),
        key=lambda entry: (-len(entry[0]), entry[1]),
    )
    by_source: dict[str, list[str]] = {source.key: [] for source in sources}
    for file_id in required:
        by_source.setdefault(_source(file_id, prefixes), []).append(file_id)
    return tuple(
        RequiredIds(source, len(group), tuple(file_id for file_id in group if file_id not in known))
        for source, group in by_source.items()
    )


def prefixes_of(source: Source) -> set[str]:
    """Return the texts that the file_ids of a source can start with."""
    templates = (rule.values["file_id"][0] for rule in source.rules if not rule.ignore)
    return {prefix for template in templates for prefix in _starts(source, template) if prefix}


def _starts(source: Source, template: Template) -> Iterator[str]:
    first = template[0] if template else ""
    if isinstance(first, Placeholder):
        steps = [pipeline.steps[-1] for pipeline in first.pipelines if pipeline.steps]
        yield from (entry for step in steps for entry in source.maps.get(step, {}).values())
    else:
        yield first


def _source(file_id: str, prefixes: Sequence[tuple[str, str]]) -> str:
    """Return the source with the longest matching prefix; several (the two LAION sources) are joined by '|'."""
    longest = next((prefix for prefix, _ in prefixes if file_id.startswith(prefix)), None)
    return "|".join(dict.fromkeys(key for prefix, key in prefixes if prefix == longest))


def _known(ids: list[str], manifest: Store) -> set[str]:
    with manifest.registered("required", pa.table({"file_id": pa.array(ids, pa.string())})):
        return {file_id for (file_id,) in manifest.rows("sources/known_ids")}
