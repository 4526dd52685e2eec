"""Release dates of generators, and the protocol that trains on the past and tests on the next generators."""

from datetime import date

import pytest

from indexer.base import resources
from indexer.declarations import load
from indexer.declarations.checking import generator_rows
from indexer.declarations.derive import derive
from tests.support.raw_rows import RawRows

PROTOCOL = (resources.sources_folder().parents[1] / "manifests" / "temporal" / "past_next.sql").read_text()
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


def test_next_generators_are_newer_than_those_of_the_past(dated):
    query = PROTOCOL.replace("4 as per_window", "2 as per_window").replace("8 as position", "3 as position")
    rows = dated.execute(f"select split, generator, count(*) from ({query}) join manifest using (file_id) group by all")
    split = {generator: name for name, generator, _ in rows if generator}
    assert {name for name, where in split.items() if where == "past"} == set(DATED[:6])
    assert {name for name, where in split.items() if where == "next"} == set(DATED[6:])
    fakes, reals = (sum(count for _, generator, count in rows if bool(generator) is fake) for fake in (True, False))
    assert (fakes, reals) == (160, 80)
    assert {name for name, generator, _ in rows if not generator} == {"past", "next"}


def test_every_generator_has_a_source_and_nearly_every_one_a_date():
    rows = generator_rows()
    assert [row["name"] for row in rows if not row["source"] and row["name"] != "unknown"] == []
    assert [row["name"] for row in rows if not row["released"]] == ["unknown"]
