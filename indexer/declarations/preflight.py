"""What of each source is there, told in seconds: for ``indexer sources`` and for the start of long work.

Nothing is opened. What a scan found is taken from the manifest; of a source that was never scanned, names tell.
"""

import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from pathlib import Path

from indexer.base.remote import Root, Url, is_there
from indexer.declarations.models import SideTable, Source
from indexer.manifest.store import Store

# So many names are looked at of a source that was never scanned: more would take longer than a person waits.
NAMES = 20_000

_ARCHIVE = re.compile(r"\.(zip|z\d\d+|7z|tar|tgz|rar|arrow|parquet|gz|bz2|xz|zst|\d{3})$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class SourceState:
    """One source on this machine.

    ``packed`` counts containers by kind (after a scan) or names by suffix (before one; ``more`` if there are others).
    ``images``, ``derivation_error`` and ``ailing`` are of the last scan, empty if there was none; ``ailing`` are path,
    status and trouble of the containers that have some. ``side_missing`` names side tables without rows, or, before a
    scan, without a file of that name among those that were looked at.
    """

    source: Source
    root: Root
    found: bool
    scanned: bool = False
    packed: Mapping[str, int] = field(default_factory=dict)
    more: bool = False
    images: Mapping[str, int] = field(default_factory=dict)
    unusable: int = 0
    derivation_error: Mapping[str, int] = field(default_factory=dict)
    ailing: tuple[tuple[str, str, str], ...] = ()
    side_missing: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """All images of the source."""
        return sum(self.images.values())

    @property
    def published(self) -> int | None:
        """How many images upstream publishes, where the declaration knows."""
        counts = self.source.head.published or {}
        return counts.get("all") or sum(counts.values()) or None

    @property
    def expected(self) -> dict[str, tuple[int, int | None]]:
        """Of each generator ('photographs' for none): images that are there, and that upstream publishes."""
        there = {generator or "photographs": count for generator, count in self.images.items()}
        known = {name: count for name, count in (self.source.head.published or {}).items() if name != "all"}
        return {name: (there.get(name, 0), known.get(name)) for name in sorted({*there, *known})}


def look(
    sources: Sequence[Source], roots: Mapping[str, Root], manifest: Store | None = None
) -> tuple[SourceState, ...]:
    """How every source stands; ``roots`` says where each is looked for."""
    known = _Scanned(manifest, sources) if manifest else None
    names = cache(_first_names)  # a source whose tables serve others is walked once, which a slow disk notices
    states = []
    for source in sources:
        root = roots[source.key]
        if known and source.key in known.packed:
            states.append(known.state(source, root))
        else:
            states.append(_unscanned(source, root, roots, names))
    return tuple(states)


def space(states: Sequence[SourceState], folder: Path) -> tuple[int, int]:
    """Bytes that are known to be missing, of sources that are not there; bytes free below ``folder``."""
    missing = [download.size or 0 for state in states if not state.found for download in state.source.head.downloads]
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    return sum(missing), shutil.disk_usage(existing).free


class _Scanned:
    """The manifest's word on every source, asked once."""

    def __init__(self, manifest: Store, sources: Sequence[Source]) -> None:
        self.packed: dict[str, Counter[str]] = {}
        for source, kind, _, containers, _ in manifest.rows("sources/containers"):
            self.packed.setdefault(source, Counter())[kind] += containers
        self.images = manifest.rows("sources/images")
        self.derivation_error = manifest.rows("sources/derivation_errors")
        self.health = manifest.rows("sources/health")
        tables = sorted({(table.source, table.name) for source in sources for table in source.tables})
        asked = {"sources": [source for source, _ in tables], "tables": [name for _, name in tables]}
        self.tables = set(manifest.rows("sources/side_tables", asked)) if tables else set()

    def state(self, source: Source, root: Root) -> SourceState:
        images = {generator: count for key, generator, count, _ in self.images if key == source.key}
        return SourceState(
            source,
            root,
            found=is_there(root),
            scanned=True,
            packed=self.packed[source.key],
            images=images,
            unusable=sum(unusable for key, _, _, unusable in self.images if key == source.key),
            derivation_error={code: count for key, code, count in self.derivation_error if key == source.key},
            ailing=tuple((path, status, what) for key, path, status, what in self.health if key == source.key),
            side_missing=_without(source, lambda table: (table.source, table.name) in self.tables),
        )


def _unscanned(
    source: Source, root: Root, roots: Mapping[str, Root], names_of: Callable[[Root], list[str]]
) -> SourceState:
    names = names_of(root)
    elsewhere = {table.source: names_of(roots[table.source])[:NAMES] for table in source.tables}
    return SourceState(
        source,
        root,
        found=bool(names),
        packed=Counter(_kind(name) for name in names[:NAMES]),
        more=len(names) > NAMES,
        side_missing=_without(source, lambda table: _may_be_there(table, elsewhere[table.source])),
    )


def _first_names(root: Root) -> list[str]:
    """One name more than are looked at, where there are as many: so it is known that there are others."""
    return list(islice(_names(root), NAMES + 1))


def _names(root: Root) -> Iterator[str]:
    """Files below ``root``, in an order that no file system decides; one archive is called as it is.

    Of an address those that lie right there: going deeper could take minutes.
    """
    if root.is_file():
        yield root.name
    if isinstance(root, Url):
        yield from sorted(place.name for place in root.iterdir())
        return
    for folder, folders, names in os.walk(root):
        folders.sort()
        yield from (Path(folder, name).relative_to(root).as_posix() for name in sorted(names))


def _kind(name: str) -> str:
    found = _ARCHIVE.search(name)
    if not found:
        return "folder"
    suffix = found.group(1).lower()
    return "volumes" if suffix.isdigit() or re.fullmatch(r"z\d+", suffix) else suffix


def _may_be_there(table: SideTable, names: Sequence[str]) -> bool:
    """A file of its name is there, or an archive that may hold it."""
    return any(re.search(table.file, name) or _ARCHIVE.search(name) for name in names)


def _without(source: Source, is_there: Callable[[SideTable], bool]) -> tuple[str, ...]:
    return tuple(
        table.name if table.source == source.key else f"{table.source}.{table.name}"
        for table in source.tables
        if not is_there(table)
    )
