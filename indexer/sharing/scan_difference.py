"""Compare two scans of the same sources: containers added, removed or changed upstream."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from indexer.manifest import store as stores

_FACTS = ("size", "members", "revision", "published hash")


def scan_difference(before: Path, after: Path) -> Iterator[tuple[str, str, str, str]]:
    """Yield (change, source, path, detail) per container that differs between two manifests, sorted by source and path.

    ``change`` is added, removed or changed. A container of which only the revision differs is unchanged if both have
    the same published hash.

    Raises:
        ManifestError: one of the files is not a manifest.
    """
    old, new = _containers(before), _containers(after)
    for source, path in sorted(old.keys() | new.keys()):
        was, now = old.get((source, path)), new.get((source, path))
        if was is None or now is None:
            yield ("added" if was is None else "removed"), source, path, _facts(was or now or ())
        elif was != now and not _is_same_file(was, now):
            pairs = zip(_FACTS, was, now, strict=True)
            yield "changed", source, path, ", ".join(f"{name} {a} -> {b}" for name, a, b in pairs if a != b)


def _containers(manifest: Path) -> dict[tuple[str, str], tuple[Any, ...]]:
    with stores.open_for_reading(manifest) as store:
        return {(row[0], row[1]): tuple(row[2:]) for row in store.rows("share/scanned_containers")}


def _is_same_file(was: tuple[Any, ...], now: tuple[Any, ...]) -> bool:
    return was[:2] == now[:2] and was[3] is not None and was[3] == now[3]


def _facts(values: tuple[Any, ...]) -> str:
    return ", ".join(f"{name} {value}" for name, value in zip(_FACTS, values, strict=True) if value is not None)
