"""The dataset card and the statistics, as Markdown. Names are escaped: they cannot break a table or the YAML."""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from indexer.base.dataset_cards import size_category
from materializer.dataset.card.facts import CardCount, CardFacts, CardOrigin
from materializer.models import Feature, Pixels
from materializer.shards.formats import output_format

# Stock readers of every output; tests/materializer/test_stock_versions.py opens a build with each.
DATASETS_VERSIONS = ("3.6.0", "4.4.1", "5.2.0")


def dataset_card(facts: CardFacts) -> str:
    """Return ``README.md``: the hub's YAML head, then a description of the dataset."""
    parts = [_head(facts), f"# {_plain(facts.name)}", _about(facts), _opening(facts), _licences(facts), _digests(facts)]
    if facts.balance:
        parts.insert(4, _balance(facts))
    return "\n\n".join(parts) + "\n"


def statistics(facts: CardFacts) -> str:
    """Return ``DATASET_STATS.md``: counts per generator, per origin, and per both, for each split."""
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
    """Return the YAML head. Each value is written as JSON, a subset of YAML in which names are quoted."""
    pattern = output_format(facts.settings.format).pattern
    # `datasets` refuses hyphens in names of splits.
    files = [{"split": split.replace("-", "_"), "path": pattern(split)} for split in facts.splits]
    columns = output_format(facts.settings.format).declared_columns(facts.suffixes, facts.settings)
    fields: dict[str, Any] = {
        "license": "other",
        "task_categories": ["image-classification"],
        "tags": ["ai-generated-images", "image-forensics", "croissant"],
        "size_categories": [size_category(facts.images)],
        "configs": [{"config_name": "default", "data_files": files}],
    }
    if columns:
        fields["dataset_info"] = {"config_name": "default", "features": columns}
    lines = [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in fields.items()]
    return "\n".join(["---", *lines, "---"])


def _about(facts: CardFacts) -> str:
    generators = {count.generator for count in facts.counts if count.generator}
    converted = sum(count.converted for count in facts.counts)
    kept = {
        Pixels.RGB: f"RGB images are copied unchanged; {converted:,} others were converted to RGB on white, lossless"
        " PNG.",
        Pixels.VERBATIM: "All images are copied unchanged.",
        Pixels.JPEG: f"All images were converted to JPEG of quality {facts.settings.quality}.",
    }[facts.settings.pixels]
    if facts.settings.align:
        kept = f"All images were converted to RGB and encoded anew ({facts.settings.align})."
        if facts.settings.align.as_real:
            kept = f"Fake images were encoded as the real images that belong to them ({facts.settings.align})."
    elif facts.settings.strip_metadata:
        kept = kept.replace("copied unchanged", "copied without metadata, with unchanged pixels")
    if facts.settings.variants:
        kept += (
            f" Each image is stored in {len(facts.settings.variants)} variants: {', '.join(facts.settings.variants)}."
        )
    return (
        f"{facts.fakes:,} fake images of {len(generators):,} generators and {facts.images - facts.fakes:,} real images."
        f" {kept} `DATASET_STATS.md` has the counts, `record/refused.parquet` the refused images and the reasons."
    )


def _opening(facts: CardFacts) -> str:
    large = facts.settings.feature is Feature.LARGE
    needed = "import materializer.large_image  # registers LargeImage\n" if large else ""
    loader = output_format(facts.settings.format).loader
    code = f"```python\n{needed}from datasets import {loader}\n\ndataset = {loader}(FOLDER)\n```"
    package = " with the package image-manifest" if large else ""
    # datasets before version 5 requires the names of files as `string`; pandas 3 reads them as `large_string`.
    pandas = "; versions before 5 need pandas 2" if facts.settings.format == "imagefolder" else ""
    return f"{code}\n\nOpened by `datasets` {', '.join(DATASETS_VERSIONS)}{package}; not by 2.x{pandas}."


def _licences(facts: CardFacts) -> str:
    rows = [
        (_cell(origin.name), f"{origin.images:,}", _cell(origin.licence) or "not stated", _cell(origin.homepage))
        for origin in facts.origins
    ]
    table = _table(("source", "images", "licence", "home"), rows)
    return f"## Sources and licences\n\nEach image keeps the licence of its source.\n\n{table}\n\n{_cite(facts)}"


def _cite(facts: CardFacts) -> str:
    cited: Iterable[CardOrigin] = (origin for origin in facts.origins if origin.citation)
    lines = [f"* {_plain(origin.name)}: {_plain(origin.citation)}" for origin in cited]
    return "\n".join(["If you use this dataset, cite:", "", *lines]) if lines else ""


def _balance(facts: CardFacts) -> str:
    rows = [(_cell(row.trait), _cell(row.measure), _cell(row.before), _cell(row.after)) for row in facts.balance]
    words = (
        "Real images were chosen so that these traits are distributed as those of the fakes. An imbalance or difference"
        " of 0 means equal; a balanced accuracy of 0.5 is chance."
    )
    return f"## Matching\n\n{words}\n\n{_table(('trait', 'measure', 'before', 'after'), rows)}"


def _digests(facts: CardFacts) -> str:
    rows = [(name, f"`{digest}`") for name, digest in facts.digests.items()]
    words = "Equal digests mean that the same source images, byte for byte, are in the same splits."
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
    """Return the text as one line without control characters or markup of Markdown and HTML."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return re.sub(r"([\\`*_<>\[\]])", r"\\\1", printable).strip()


def _cell(text: str) -> str:
    return _plain(text).replace("|", "\\|")
