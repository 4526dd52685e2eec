"""Find out within seconds which sources are present, for ``indexer sources`` and before long-running commands.

No file is opened. The state of a scanned source comes from the manifest, that of any other from file names.
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
from indexer.containers.kinds import ARCHIVE_SUFFIX, KIND_BY_SUFFIX, suffix_of
from indexer.declarations.models import SideTable, Source
from indexer.manifest.store import Store

# File names to read of a source that was never scanned: the limit keeps the answer within seconds.
NAMES = 20_000

_ARCHIVE = re.compile(rf"(?:{ARCHIVE_SUFFIX}|\.\d{{3}})$")


# Codes of derivation_error about images that have a row, or whose copy has one.
KEPT_CODES = ("missing_text", "duplicate_id", "superseded")


@dataclass(frozen=True, slots=True)
class SourceState:
    """One source on this machine.

    Attributes:
        source: its declaration.
        root: where it is looked for.
        found: whether something is there.
        scanned: whether the manifest has rows of it.
        packed: containers per kind (after a scan), or file names per suffix (before one).
        more: whether ``packed`` counts only the first ``NAMES`` file names.
        images: images per generator in the last scan ('' for real images); empty if there was none.
        unusable: images with a status other than ok.
        derivation_errors: derivation errors per code.
        container_problems: path, status and problem of each container that has one.
        side_missing: side tables without rows; before a scan, those for which no file name matches.
        revisions: the upstream revisions of the files on disk, as far as a downloader recorded them.
    """

    source: Source
    root: Root
    found: bool
    scanned: bool = False
    packed: Mapping[str, int] = field(default_factory=dict)
    more: bool = False
    images: Mapping[str, int] = field(default_factory=dict)
    unusable: int = 0
    derivation_errors: Mapping[str, int] = field(default_factory=dict)
    container_problems: tuple[tuple[str, str, str], ...] = ()
    side_missing: tuple[str, ...] = ()
    revisions: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """Return the number of images of the source."""
        return sum(self.images.values())

    @property
    def unmatched(self) -> int:
        """Return the number of images without a row: no rule matches them, or their identity is missing."""
        return sum(count for code, count in self.derivation_errors.items() if code not in KEPT_CODES)

    @property
    def published(self) -> int | None:
        """Return the number of images published upstream; None if the declaration has none."""
        counts = self.source.info.published
        return counts.get("all") or sum(counts.values()) or None

    @property
    def generator_counts(self) -> dict[str, tuple[int, int | None]]:
        """Return the images found and published per generator; 'photographs' are the images without one."""
        found = {generator or "photographs": count for generator, count in self.images.items()}
        published = {name: count for name, count in self.source.info.published.items() if name != "all"}
        return {name: (found.get(name, 0), published.get(name)) for name in sorted({*found, *published})}


def source_states(
    sources: Sequence[Source], roots: Mapping[str, Root], manifest: Store | None = None
) -> tuple[SourceState, ...]:
    """Return the state of every source; ``roots`` has the location of each."""
    scanned = _ScannedSources(manifest, sources) if manifest else None
    names = cache(_first_names)  # a root that holds tables of several sources is walked once
    return tuple(
        scanned.state(source, roots[source.key])
        if scanned and source.key in scanned.packed
        else _unscanned(source, roots, names)
        for source in sources
    )


def disk_space(states: Sequence[SourceState], folder: Path) -> tuple[int, int]:
    """Return the known download size of the missing sources and the free space in ``folder``, both in bytes."""
    missing = [download.size or 0 for state in states if not state.found for download in state.source.info.downloads]
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    return sum(missing), shutil.disk_usage(existing).free


class _ScannedSources:
    """The rows of the manifest about its sources, each query run once."""

    def __init__(self, manifest: Store, sources: Sequence[Source]) -> None:
        self.packed: dict[str, Counter[str]] = {}
        for source, kind, _, containers, _ in manifest.rows("sources/containers"):
            self.packed.setdefault(source, Counter())[kind] += containers
        self.images = manifest.rows("sources/images")
        self.derivation_errors = manifest.rows("sources/derivation_errors")
        self.revisions = manifest.rows("sources/revisions")
        self.container_problems = manifest.rows("sources/container_problems")
        tables = sorted({(table.source, table.name) for source in sources for table in source.tables})
        parameters = {"sources": [source for source, _ in tables], "tables": [name for _, name in tables]}
        self.tables = set(manifest.rows("sources/side_tables", parameters)) if tables else set()

    def state(self, source: Source, root: Root) -> SourceState:
        return SourceState(
            source,
            root,
            found=is_there(root),
            scanned=True,
            packed=self.packed[source.key],
            images={generator: count for key, generator, count, _ in self.images if key == source.key},
            unusable=sum(unusable for key, _, _, unusable in self.images if key == source.key),
            derivation_errors={code: count for key, code, count in self.derivation_errors if key == source.key},
            container_problems=tuple(
                (path, status, _explained(source, path, what))
                for key, path, status, what in self.container_problems
                if key == source.key
            ),
            side_missing=_missing_tables(source, lambda table: (table.source, table.name) in self.tables),
            revisions=tuple(revision for key, revision in self.revisions if key == source.key),
        )


def _explained(source: Source, path: str, what: str) -> str:
    """Return a problem of a container, with its known damage: then every copy has it."""
    known = (text for pattern, text in source.known_damage.items() if re.search(pattern, path))
    return next((f"{what} (as published: {text})" for text in known), what)


def _unscanned(source: Source, roots: Mapping[str, Root], names_of: Callable[[Root], list[str]]) -> SourceState:
    names = names_of(roots[source.key])
    table_names = {table.source: names_of(roots[table.source])[:NAMES] for table in source.tables}
    return SourceState(
        source,
        roots[source.key],
        found=bool(names),
        packed=Counter(_packing(name) for name in names[:NAMES]),
        more=len(names) > NAMES,
        side_missing=_missing_tables(source, lambda table: _may_exist(table, table_names[table.source])),
    )


def _first_names(root: Root) -> list[str]:
    """Return up to ``NAMES`` + 1 file names: one more shows that there are others."""
    return list(islice(_names(root), NAMES + 1))


def _names(root: Root) -> Iterator[str]:
    """Yield the paths of the files below ``root``, sorted by folder; the name of ``root`` if it is an archive.

    For an address, only its top level is listed: to descend could take minutes.
    """
    if root.is_file():
        yield root.name
    if isinstance(root, Url):
        yield from sorted(entry.name for entry in root.iterdir())
        return
    for folder, folders, names in os.walk(root):
        folders.sort()
        yield from (Path(folder, name).relative_to(root).as_posix() for name in sorted(names))


def _packing(name: str) -> str:
    if not _ARCHIVE.search(name):
        return "folder"
    suffix = suffix_of(name)
    return suffix if suffix in KIND_BY_SUFFIX else "volumes"


def _may_exist(table: SideTable, names: Sequence[str]) -> bool:
    """Return whether a name matches the side file, or is an archive that may contain it."""
    return any(re.search(table.file, name) or _ARCHIVE.search(name) for name in names)


def _missing_tables(source: Source, exists: Callable[[SideTable], bool]) -> tuple[str, ...]:
    return tuple(
        table.name if table.source == source.key else f"{table.source}.{table.name}"
        for table in source.tables
        if not exists(table)
    )
