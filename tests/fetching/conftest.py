"""A server that fails on request, and downloads from it."""

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from indexer.fetching.lists import ListPart
from indexer.fetching.models import FetchLimits, FetchPolicy
from indexer.fetching.run import FetchLayout, FetchRequest, FetchSummary, fetch
from tests.cli.conftest import run  # noqa: F401 - a fixture
from tests.support.http_server import Server
from tests.support.webserver import serving

# The timeouts are long: a server that shares a busy machine with other tests may take seconds to answer.
PATIENT = FetchLimits(rate=0, attempts=3, backoff=0.01, size=1_000_000)
# For servers that never answer.
IMPATIENT = replace(PATIENT, idle_timeout=0.4, total_timeout=1.0)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


@dataclass
class Download:
    """A list of URLs and the target folder of its download."""

    list: Path
    to: Path

    def request(self, layout: str = "files", **changes: Any) -> FetchRequest:
        request = FetchRequest(
            self.list,
            self.to,
            (ListPart("url"),),
            FetchLayout(layout),
            limits=PATIENT,
            policy=FetchPolicy(allow_private=True),
        )
        return replace(request, **changes)

    def run(self, layout: str = "files", **changes: Any) -> FetchSummary:
        return fetch(self.request(layout, **changes))

    def log(self) -> list[dict[str, str]]:
        with (self.to / "fetch-log.csv").open(newline="") as file:
            return list(csv.DictReader(file))

    def errors(self) -> list[tuple[str, str]]:
        return [(row["status"], row["error"]) for row in self.log()]


@pytest.fixture
def download(tmp_path: Path) -> Callable[[Sequence[str]], Download]:
    def make(addresses: Sequence[str]) -> Download:
        path = tmp_path / "list.csv"
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["id", "url", "note"])
            writer.writerows([number, url, "a, b"] for number, url in enumerate(addresses))
        return Download(path, tmp_path / "out")

    return make
