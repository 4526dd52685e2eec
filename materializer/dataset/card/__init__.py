"""The bill of materials of a build: what it is made of, whose that is, and how it is described to other programs.

::

    README.md          dataset card with the hub's YAML head, citations and licences: the folder uploads as it is
    DATASET_STATS.md   counts by split, generator and origin
    croissant.json     Croissant 1.1 (https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html)
    record/facts.json  counts and sources that these are made from, for whoever makes them again
"""

from pathlib import Path

from indexer.base.durable import write_bytes, write_json
from materializer.dataset.card.croissant import croissant
from materializer.dataset.card.facts import CardFacts, described
from materializer.dataset.card.pages import dataset_card, statistics

FACTS = "record/facts.json"


def write(output: Path, facts: CardFacts) -> None:
    """Write the four files. Equal facts give equal bytes."""
    write_json(output / FACTS, described(facts))
    write_bytes(output / "README.md", dataset_card(facts).encode())
    write_bytes(output / "DATASET_STATS.md", statistics(facts).encode())
    write_json(output / "croissant.json", croissant(facts))
