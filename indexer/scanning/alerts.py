"""Alerts of a scan: images that are missing from the manifest or have a wrong label, with the likely cause."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
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
    named_real: int = 0

    @property
    def candidates(self) -> int:
        """Return the number of images with or without a row."""
        return self.images + self.unmatched

    @property
    def is_mostly_unmatched(self) -> bool:
        """Whether most images have no row."""
        return self.unmatched * 2 > self.candidates


@dataclass(frozen=True, slots=True)
class _Losses:
    """Losses of all sources: images per source and format that is not read, and per source why no rule matches."""

    unread: Mapping[str, Mapping[ImageFormat, int]]
    causes: Mapping[str, str]


def alerts(store: Store, sources: Sequence[Source], counts: Mapping[str, SourceCounts]) -> dict[str, tuple[str, ...]]:
    """Return one line per kind of loss or wrong label, or the problem of a wrong declaration, per source.

    A source without containers has none: its summary has a warning instead.
    """
    unmatched = [source for source in sources if counts[source.key].is_mostly_unmatched and not source.problems]
    losses = _Losses(_unread(store, sources), _causes(store, unmatched) if unmatched else {})
    return {source.key: tuple(_lines(source, counts[source.key], losses)) for source in sources}


def _lines(source: Source, counts: SourceCounts, losses: _Losses) -> Iterator[str]:
    if source.problems:
        kept = ", its rows are kept" if counts.containers else ""
        yield f"not scanned{kept}: {source.problems_line} ('python -m indexer sources {source.key}' lists all problems)"
        return
    if counts.containers and not counts.candidates and not counts.copies:
        cause = "none matches `include`" if source.include else "none has an image suffix, and `include` is not set"
        yield f"no image was found among {counts.members:,} files: {cause}. Is the path of the source correct?"
    if counts.is_mostly_unmatched:
        why = losses.causes.get(source.key) or counts.example
        yield f"{counts.unmatched:,} of {counts.candidates:,} images have no row: {why}"
    if counts.lost:
        yield f"{counts.lost:,} of {counts.images:,} images cannot be read; their rows have the status 'unreadable'"
    if counts.named_real:
        yield (
            f"{counts.named_real:,} of {counts.images:,} images are labelled fake, although their generator is a name"
            " of real images, such as 'real': give them no generator"
        )
    for image, number in losses.unread.get(source.key, {}).items():
        yield f"{number:,} of {counts.images:,} images are {image.name}, which is not read{plugins.hint(image)}"


def _unread(store: Store, sources: Sequence[Source]) -> dict[str, Counter[ImageFormat]]:
    """Return the number of images per source and format that is not read, by the suffixes of their names."""
    by_suffix = {suffix: image for image in FORMATS if not plugins.is_read(image) for suffix in image.suffixes}
    parameters = {"sources": [source.key for source in sources], "suffixes": list(by_suffix)}
    found: dict[str, Counter[ImageFormat]] = {}
    for source, suffix, number in store.rows("scan/unread_images", parameters):
        found.setdefault(source, Counter())[by_suffix[suffix]] += number
    return found


def _causes(store: Store, sources: Sequence[Source]) -> dict[str, str]:
    """Return the known cause why rules do not match, per source that has one."""
    rules = [(source.key, rule.number, rule.path) for source in sources for rule in source.rules]
    names = ("sources", "numbers", "patterns")
    found = store.rows("scan/patterns_with_suffix", dict(zip(names, map(list, zip(*rules, strict=True)), strict=True)))
    return {source: f"`path` is matched without the suffix: remove it from rule {number}" for source, number in found}
