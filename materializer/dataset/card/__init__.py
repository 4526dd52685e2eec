"""The card of a build: sources, licences, counts and digests, for people and for programs.

::

    README.md          dataset card with the hub's YAML head, citations and licences; the folder can be uploaded
    DATASET_STATS.md   counts per split, generator and origin
    CITATION.cff       citation of the dataset and its sources
    croissant.json     Croissant 1.1 (https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html)
    record/facts.json  the counts and sources from which these are made; `finalize` reads them
"""

from pathlib import Path

from indexer.base.durable import write_bytes, write_json
from materializer.dataset.card.citation import citation
from materializer.dataset.card.croissant import croissant
from materializer.dataset.card.facts import CardFacts, described
from materializer.dataset.card.pages import dataset_card, statistics

FACTS = "record/facts.json"
FILES = (FACTS, "README.md", "DATASET_STATS.md", "CITATION.cff", "croissant.json")


def write(output: Path, facts: CardFacts) -> dict[str, str]:
    """Write the files, and return the sha256 (hex) of each by its path. Equal facts give equal bytes."""
    return {
        FACTS: write_json(output / FACTS, described(facts)),
        "README.md": write_bytes(output / "README.md", dataset_card(facts).encode()),
        "DATASET_STATS.md": write_bytes(output / "DATASET_STATS.md", statistics(facts).encode()),
        "CITATION.cff": write_bytes(output / "CITATION.cff", citation(facts).encode()),
        "croissant.json": write_json(output / "croissant.json", croissant(facts)),
    }
