"""Alerts of a scan: images that are missing from the manifest, with the likely cause."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from indexer.base.image_formats import FORMATS, ImageFormat
from indexer.declarations.models import Source
from indexer.images import plugins
from indexer.manifest.store import Store


@dataclass(frozen=True, slots=True)
class SourceCounts:
    """Rows of one source after a scan, as sql/scan/counts.sql returns them."""

    source: str
    containers: int = 0
    members: int = 0
    images: int = 0
    lost: int = 0
    unmatched: int = 0
    example: str | None = None
    copies: int = 0


def alerts(store: Store, source: Source, counts: SourceCounts) -> Iterator[str]:
    """Yield one line per kind of loss, or the problem of a wrong declaration.

    A source without containers has none: its summary has a warning instead.
    """
    if source.problems:
        kept = ", its rows are kept" if counts.containers else ""
        yield f"not scanned{kept}: {source.problems_line} ('python -m indexer sources {source.key}' lists all problems)"
        return
    candidates = counts.images + counts.unmatched
    if counts.containers and not candidates and not counts.copies:
        cause = "none matches `include`" if source.include else "none has an image suffix, and `include` is not set"
        yield f"no image was found among {counts.members:,} files: {cause}. Is the path of the source correct?"
    if counts.unmatched * 2 > candidates:
        yield f"{counts.unmatched:,} of {candidates:,} images have no row: {_cause(store, source) or counts.example}"
    if counts.lost:
        yield f"{counts.lost:,} of {counts.images:,} images cannot be read; their rows have the status 'unreadable'"
    for image, number in _unread(store, source).items():
        yield f"{number:,} of {counts.images:,} images are {image.name}, which is not read{plugins.hint(image)}"


def _unread(store: Store, source: Source) -> dict[ImageFormat, int]:
    """Return the number of images per format that is not read, by the suffixes of their names."""
    by_suffix = {suffix: image for image in FORMATS if not plugins.is_read(image) for suffix in image.suffixes}
    found: Counter[ImageFormat] = Counter()
    for suffix, number in store.rows("scan/unread_images", {"source": source.key, "suffixes": list(by_suffix)}):
        found[by_suffix[suffix]] += number
    return found


def _cause(store: Store, source: Source) -> str | None:
    """Return the known cause why rules do not match, or None."""
    patterns = [rule.path for rule in source.rules]
    found = store.rows("scan/patterns_with_suffix", {"source": source.key, "patterns": patterns})
    if found:
        return f"`path` is matched without the suffix: remove it from rule {source.rules[found[0][0]].number}"
    return None
