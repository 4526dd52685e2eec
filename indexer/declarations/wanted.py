"""Which of a list of file_ids the manifest has, and which source the others would come from."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from indexer.declarations import templates
from indexer.declarations.models import Placeholder, Source, Template
from indexer.manifest.store import Store


@dataclass(frozen=True, slots=True)
class Needed:
    """What a list needs of one source; ids that no source gives have the source ''. ``missing`` is sorted."""

    source: str
    wanted: int
    missing: tuple[str, ...]


def needed(ids: Iterable[str], sources: Sequence[Source], manifest: Store | None) -> tuple[Needed, ...]:
    """What ``ids`` need of every source, those that need nothing among them; without a manifest all are missing."""
    wanted = sorted(set(ids))
    known = _known(wanted, manifest) if manifest else set()
    prefixes = sorted(((prefix, source.key) for source in sources for prefix in prefixes_of(source)), key=_longest)
    by_source: dict[str, list[str]] = {source.key: [] for source in sources}
    for file_id in wanted:
        by_source.setdefault(_source(file_id, prefixes), []).append(file_id)
    return tuple(
        Needed(source, len(theirs), tuple(file_id for file_id in theirs if file_id not in known))
        for source, theirs in by_source.items()
    )


def prefixes_of(source: Source) -> set[str]:
    """What the file_ids of a source can start with."""
    return {
        prefix
        for rule in source.rules
        if not rule.ignore
        for prefix in _starts(source, rule.values["file_id"][0])
        if prefix
    }


def _starts(source: Source, template: Template) -> Iterator[str]:
    first = template[0] if template else ""
    if isinstance(first, Placeholder):
        steps = [chain.steps[-1] for chain in first.chains if chain.steps]
        yield from (entry for step in steps for entry in (source.maps or {}).get(step, {}).values())
    else:
        yield templates.prefix(template)


def _longest(entry: tuple[str, str]) -> tuple[int, str]:
    return -len(entry[0]), entry[1]


def _source(file_id: str, prefixes: Sequence[tuple[str, str]]) -> str:
    """The source of an id; of several that give such ids (LAION's two parts) both, joined by '|'."""
    longest = next((prefix for prefix, _ in prefixes if file_id.startswith(prefix)), None)
    return "|".join(dict.fromkeys(key for prefix, key in prefixes if prefix == longest))


def _known(wanted: list[str], manifest: Store) -> set[str]:
    with manifest.registered("wanted", pa.table({"file_id": pa.array(wanted, pa.string())})):
        return {file_id for (file_id,) in manifest.rows("sources/known_ids")}
