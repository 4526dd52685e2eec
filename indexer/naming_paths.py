"""Name the sources of ``scan PATH``: one key and one name per path, which never change once they are recorded."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

from indexer.base import image_formats
from indexer.base.config import Config, expanded
from indexer.base.errors import ConfigError, SourceError
from indexer.base.path_sources import PathSource
from indexer.base.remote import Root, Url, as_root
from indexer.base.workers import Workers
from indexer.containers.kinds import suffix_of
from indexer.containers.logical_path import archive_name
from indexer.roots import declared
from indexer.scanning.root_listing import list_root

_FILE = re.compile(r"(?i)file:(//(localhost)?)?(?=/)")  # RFC 8089


def with_paths(config: Config, paths: Sequence[str]) -> tuple[Config, list[str]]:
    """Return ``config`` with one source per path, and their keys; no file is written. Raises as :func:`named`."""
    taken = {*config.sources, *(source.key for source in declared(replace(config, path_sources=())))}
    found = named(paths, config.path_sources, taken)
    merged = {source.key: source for source in (*config.path_sources, *found)}
    return replace(config, path_sources=tuple(merged.values())), [source.key for source in found]


def named(paths: Sequence[str], recorded: Sequence[PathSource], taken: Collection[str]) -> list[PathSource]:
    """Return one source per path, each once: the recorded one, or a new one whose key is not in ``taken``.

    A new source is named after its last component. If several sources would have one name, more components are used.

    Raises:
        ConfigError: a path does not exist or is not a name of a source, or one path contains another one.
    """
    roots = list(dict.fromkeys(map(_existing, paths)))
    known = {source.root: source for source in recorded}
    new = [root for root in roots if root not in known]
    used = {*taken, *(source.key for source in recorded)}
    for root in new:
        source = _named(root, new, used)
        used.add(source.key)
        known[root] = source
    found = [known[root] for root in roots]
    _refuse_overlaps([*recorded, *(source for source in found if source not in recorded)])
    return found


def _existing(text: str) -> Root:
    """Return the absolute root for a path that the user named."""
    address = as_root(text)
    url = _FILE.match(text)
    root: Root = address or expanded(unquote(text[url.end() :]) if url else text).resolve()
    if not text or not root.exists():
        answers = ", or its server does not answer" if address else ""
        raise ConfigError(f"{text or 'an empty PATH'} does not exist{answers}: name a folder, an archive or an address")
    if "\udc80" <= max(str(root)) <= "\udcff":
        raise ConfigError(f"{str(root)!r} is not UTF-8: rename it, or name its parent folder")
    if isinstance(root, Path) and not root.is_dir():
        _check_archive(root, text)
    return root


def _check_archive(file: Path, text: str) -> None:
    if suffix_of(file.name) in image_formats.SUFFIXES:
        raise ConfigError(f"{text} is one image: name its folder")
    try:
        list_root(file, Workers(1))
    except SourceError:
        raise ConfigError(f"{text} is neither a folder nor an archive: name a folder, or a zip") from None


def _named(root: Root, others: Sequence[Root], used: Collection[str]) -> PathSource:
    """Return a source for ``root`` with the shortest name that no other source has."""
    names = list(_names(root))
    counts = Counter(_key(name) for other in others for name in _names(other))
    for name in names:
        if _key(name) not in used and (counts[_key(name)] == 1 or name == names[-1]):
            return PathSource(_key(name), name, root)
    number = next(number for number in range(2, len(used) + 3) if f"{_key(names[0])}_{number}" not in used)
    return PathSource(f"{_key(names[0])}_{number}", f"{names[0]}_{number}", root)


def _names(root: Root) -> Iterator[str]:
    """Yield the last component without the ending of an archive, then more and more components."""
    parts = [part for part in re.split(r"/+", str(root).partition("://")[2] or str(root)) if part]
    last = parts[-1] if parts else "root"
    components = [*parts[:-1], archive_name(last) if root.is_file() else last]
    for start in reversed(range(len(components))):
        yield re.sub(r"[{}\x00-\x1f\x7f]", "_", "_".join(components[start:]))


def _key(name: str) -> str:
    return re.sub(r"[^\w.-]+", "_", name.lower())


def _refuse_overlaps(sources: Sequence[PathSource]) -> None:
    """Refuse a root inside another one: each image would be indexed twice."""
    for inner in sources:
        for outer in sources:
            if inner is not outer and _is_inside(inner.root, outer.root):
                raise ConfigError(
                    f"{inner.root} is inside {outer.root}, and its images would be indexed twice: name one of them"
                    " (scan with another --manifest-db, or remove a source that was scanned before from the"
                    " .sources.toml next to the manifest)"
                )


def _is_inside(inner: Root, outer: Root) -> bool:
    if isinstance(inner, Url) or isinstance(outer, Url):
        return str(inner).startswith(f"{outer}/")
    return outer in inner.parents
