"""The card of a build: sources, licences, counts and digests, for people and for programs.

::

    README.md          dataset card with the hub's YAML head, citations and licences; the folder can be uploaded
    DATASET_STATS.md   counts per split, generator and origin
    croissant.json     Croissant 1.1 (https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html)
    record/facts.json  the counts and sources from which these are made; `finalize` reads them
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
