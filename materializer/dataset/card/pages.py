"""The dataset card and the statistics, as Markdown. Names are data: nothing in them can break a table or the YAML."""

import json
import re
from collections.abc import Callable, Iterable

from materializer.dataset.card.facts import CardCount, CardFacts, CardOrigin
from materializer.models import Feature, Format, Pixels

# https://huggingface.co/docs/hub/datasets-cards: the sizes that the hub knows.
_SIZES = (
    (1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"), (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
)  # fmt: skip
_PATTERNS = {Format.ARROW: "{}/data-*.arrow", Format.PARQUET: "data/{}-*.parquet", Format.WEBDATASET: "data/{}-*.tar"}


def dataset_card(facts: CardFacts) -> str:
    """``README.md``: the hub's YAML head, then what a reader has to know."""
    parts = [_head(facts), f"# {_plain(facts.name)}", _about(facts), _opening(facts), _licences(facts), _proof(facts)]
    return "\n\n".join(parts) + "\n"


def statistics(facts: CardFacts) -> str:
    """``DATASET_STATS.md``: counts by generator, by origin, and by both, for each split."""
    parts = [f"# Statistics of {_plain(facts.name)}"]
    for split in facts.splits:
        counts = [count for count in facts.counts if count.split == split]
        parts.append(f"## {split}: {sum(count.images for count in counts):,} images")
        parts.append(_counted(counts, ("generator",), lambda count: (count.generator or "(real)",)))
        parts.append(_counted(counts, ("origin",), lambda count: (count.origin,)))
        parts.append(
            _counted(counts, ("generator", "origin"), lambda count: (count.generator or "(real)", count.origin))
        )
    return "\n\n".join(parts) + "\n"


def _head(facts: CardFacts) -> str:
    """YAML is a superset of JSON: each value is written as JSON, which nothing in a name can leave."""
    size = next((word for most, word in _SIZES if facts.images < most), "100M<n<1B")
    pattern = _PATTERNS[facts.settings.format]
    files = [{"split": split, "path": pattern.format(split)} for split in facts.splits]
    fields = {
        "license": "other",
        "task_categories": ["image-classification"],
        "tags": ["ai-generated-images", "image-forensics", "croissant"],
        "size_categories": [size],
        "configs": [{"config_name": "default", "data_files": files}],
    }
    lines = [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in fields.items()]
    return "\n".join(["---", *lines, "---"])


def _about(facts: CardFacts) -> str:
    generators = {count.generator for count in facts.counts if count.generator}
    converted = sum(count.converted for count in facts.counts)
    kept = {
        Pixels.RGB: f"RGB images keep the very bytes that their origin shipped; {converted:,} others became RGB on"
        " white as lossless PNG.",
        Pixels.VERBATIM: "Every image keeps the very bytes that its origin shipped.",
        Pixels.JPEG: f"Every image was stored as JPEG of quality {facts.settings.quality}.",
    }[facts.settings.pixels]
    photographs = facts.images - facts.fakes
    return (
        f"{facts.fakes:,} generated images of {len(generators):,} generators and {photographs:,} photographs."
        f" {kept} Counts stand in `DATASET_STATS.md`, what was refused and why in `record/refused.parquet`."
    )


def _opening(facts: CardFacts) -> str:
    large = facts.settings.feature is Feature.LARGE
    needed = "import materializer.large_image  # registers LargeImage\n" if large else ""
    call = "load_from_disk" if facts.settings.format is Format.ARROW else "load_dataset"
    return f"```python\n{needed}from datasets import {call}\n\ndataset = {call}(FOLDER)\n```"


def _licences(facts: CardFacts) -> str:
    rows = [
        (_cell(origin.name), f"{origin.images:,}", _cell(origin.licence) or "not stated", _cell(origin.homepage))
        for origin in facts.origins
    ]
    table = _table(("source", "images", "licence", "home"), rows)
    return f"## Sources and licences\n\nEach image stays under the licence of its source.\n\n{table}\n\n{_cite(facts)}"


def _cite(facts: CardFacts) -> str:
    cited: Iterable[CardOrigin] = (origin for origin in facts.origins if origin.citation)
    lines = [f"* {_plain(origin.name)}: {_plain(origin.citation)}" for origin in cited]
    return "\n".join(["Whoever uses it should cite:", "", *lines]) if lines else ""


def _proof(facts: CardFacts) -> str:
    rows = [(name, f"`{digest}`") for name, digest in facts.digests.items()]
    words = "Equal digests mean the same images, byte for byte as their origins ship them, in the same splits."
    return f"## Digests\n\n{words}\n\n{_table(('split', 'sha256'), rows)}"


def _counted(counts: Iterable[CardCount], names: tuple[str, ...], key: Callable[[CardCount], tuple[str, ...]]) -> str:
    sums: dict[tuple[str, ...], list[int]] = {}
    for count in counts:
        found = sums.setdefault(key(count), [0, 0])
        found[0] += count.images
        found[1] += count.bytes
    rows = [(*map(_cell, group), f"{images:,}", f"{size / 1e6:,.1f}") for group, (images, size) in sorted(sums.items())]
    return _table((*names, "images", "MB"), rows)


def _table(names: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    numbers = {"images", "MB"}
    rule = ["---:" if name in numbers else "---" for name in names]
    return "\n".join(f"| {' | '.join(row)} |" for row in (names, rule, *rows))


def _plain(text: str) -> str:
    """One line without control characters, and without what Markdown or HTML would take for markup."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return re.sub(r"([\\`*_<>\[\]])", r"\\\1", printable).strip()


def _cell(text: str) -> str:
    return _plain(text).replace("|", "\\|")
