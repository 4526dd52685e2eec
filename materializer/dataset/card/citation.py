"""``CITATION.cff``: how to cite the dataset and its sources.

Source: Citation File Format 1.2.0, https://github.com/citation-file-format/citation-file-format/blob/1.2.0/schema-guide.md.
"""

import json

from materializer.dataset.card.facts import CardFacts, CardOrigin


def citation(facts: CardFacts) -> str:
    """Return the file. Each value is written as JSON, a subset of YAML in which names are quoted.

    The format requires authors, which the program does not know: the publisher of the dataset replaces them.
    """
    fields: dict[str, object] = {
        "cff-version": "1.2.0",
        "message": "Cite the sources whose images are used, and this dataset.",
        "type": "dataset",
        "title": facts.name,
        "version": facts.digests["all"][:12],
        "authors": [{"name": f"The authors of {facts.name}"}],
        "abstract": f"{facts.images:,} images from {len(facts.origins):,} sources.",
        "references": [_reference(origin) for origin in facts.origins],
    }
    return "".join(f"{name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in fields.items())


def _reference(origin: CardOrigin) -> dict[str, object]:
    known = {"url": origin.homepage, "notes": origin.citation}
    return {
        "type": "data",
        "title": origin.name,
        "authors": [{"name": f"The authors of {origin.name}"}],
        **{name: value for name, value in known.items() if value},
    }
