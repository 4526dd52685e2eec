"""Release dates of generators."""

import csv
from datetime import date

import pytest

from indexer.base import resources
from indexer.declarations import load
from indexer.declarations.checking import generator_rows
from indexer.declarations.derive import derive
from tests.support.raw_rows import RawRows

DATED = ["ProGAN", "BigGAN", "ADM", "Glide", "Midjourney 5", "DALL-E 3", "Stable Diffusion 3", "GPT-4o"]


@pytest.fixture
def dated(manifest, tmp_path):
    (tmp_path / "mine.toml").write_text(
        "[[rule]]\npath = '(?P<folder>[^/]+)/[^/]+'\ngenerator = \"{folder|names}\"\n"
        "[rule.extra]\nrelease_date = \"{folder|dates ?? ''}\"\n"
        '[maps.names]\nreal = ""\n"*" = "{}"\n[maps.dates]\n"my model" = "2026-01"\n"other" = "soon"\nreal = "2019"\n'
    )
    raw = RawRows()
    folders = [*DATED, "my model", "other", "unknown", *["real"] * 4]
    raw.add("mine", [f"{folder}/{at}-{number}.png" for at, folder in enumerate(folders) for number in range(20)])
    raw.write(manifest)
    derive(manifest, load([tmp_path]))
    return manifest


def test_dates_are_those_of_the_vocabulary_or_of_the_source(dated):
    found = dict(dated.execute("select distinct generator, generator_released from manifest"))
    assert found["ProGAN"] == date(2017, 10, 1)
    assert found["my model"] == date(2026, 1, 1)
    assert [found[name] for name in ("other", "unknown", "")] == [None, None, None]
    before = dated.execute("select distinct generator from manifest where generator_released < date '2021-01-01'")
    assert sorted(before) == [("BigGAN",), ("ProGAN",)]


def test_every_generator_has_a_source_and_nearly_every_one_a_date():
    rows = generator_rows()
    assert [row["name"] for row in rows if not row["source"] and row["name"] != "unknown"] == []
    assert [row["name"] for row in rows if not row["released"]] == ["unknown"]


def test_aliases_lead_to_generators_of_the_vocabulary():
    with (resources.sources_folder() / "_generator_aliases.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    aliases = [row["alias"] for row in rows]
    names = {row["name"] for row in generator_rows()}
    assert {row["name"] for row in rows} <= names
    assert aliases == sorted({alias.lower() for alias in aliases})
    own = {name.lower(): name for name in names}
    assert [row for row in rows if own.get(row["alias"], row["name"]) != row["name"]] == []
