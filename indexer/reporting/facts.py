"""The temporary table ``report_row`` -> everything the page counts and shows.

Whoever calls has saved the temporary table ``report_row`` with the columns of sql/report/rows_of_selection.sql.
"""

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from indexer.base import resources
from indexer.manifest.store import Store
from indexer.reporting import clusters
from indexer.reporting.models import Cluster, Columns, ReportOptions, ShownImages


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """What was counted and chosen: tables as columns; ``clusters`` counts all, ``choice`` holds what is shown."""

    overview: Mapping[str, Any]
    groups: Columns
    traits: Columns
    shortcuts: Columns
    timeline: Columns
    clusters: Columns
    leaks: Columns
    shown: ShownImages
    details: Columns
    rows: pa.Table


def columns(store: Store, step: str, parameters: Mapping[str, Any] | None = None) -> Columns:
    """A step's rows as columns."""
    table: Columns = store.arrow(f"report/{step}", parameters).to_pydict()
    return table


def gather(store: Store, options: ReportOptions) -> ReportFacts:
    """Count and choose; leaves the temporary table ``report_shown`` (row_id) for the thumbnails."""
    _prepare(store)
    found = _all_clusters(store)
    choice = _choose(store, options, found)
    store.insert("report_shown", pa.table({"row_id": pa.array(choice.rows, pa.int64())}))
    return ReportFacts(
        overview={name: values[0] for name, values in columns(store, "overview").items()},
        groups=columns(store, "groups"),
        traits=columns(store, "traits"),
        shortcuts=columns(store, "shortcuts"),
        timeline=columns(store, "timeline"),
        clusters=_tally(found),
        leaks=columns(store, "leaks"),
        shown=choice,
        details=columns(store, "shown_details"),
        rows=store.arrow("report/table", asdict(options)),
    )


def _prepare(store: Store) -> None:
    for table in ("group", "ladder", "trait", "band", "alike"):
        store.save_temporary(f"report_{table}", f"report/{table}s")
    store.execute("create or replace temp table report_release (generator varchar, released date)")
    store.execute("create or replace temp table report_shown (row_id bigint)")
    releases = _releases(resources.sources_folder() / "_generators.csv")
    if releases:
        store.insert("report_release", pa.Table.from_pylist(releases))


def _releases(file: Path) -> list[dict[str, str]]:
    """Generators' release dates that come with the project; a month alone stands for its first day."""
    if not file.exists():
        return []
    with file.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row.get("released")]
    return [{"generator": row["name"], "released": f"{row['released']}-01-01"[:10]} for row in rows]


def _all_clusters(store: Store) -> list[Cluster]:
    places = {row: clusters.ClusterMember(split, label) for row, split, label in store.rows("report/places")}
    pairs = "select first, second from report_alike where kind = $kind"
    same, near = (
        clusters.grouped(kind, store.execute(pairs, {"kind": kind}), places) for kind in ("same bytes", "look alike")
    )
    exact = {cluster.rows for cluster in same}
    return same + [cluster for cluster in near if cluster.rows not in exact]


def _choose(store: Store, options: ReportOptions, found: Sequence[Cluster]) -> ShownImages:
    wanted = asdict(options)
    sheets = tuple(row for (row,) in store.rows("report/contact_sheets", wanted))
    pairs = tuple((fake, real) for fake, real in store.rows("report/pairs", wanted))
    worst = sorted(found, key=lambda one: ("label" not in one.crosses, not one.crosses))[: options.clusters]
    return ShownImages(sheets, pairs, tuple(Cluster(one.kind, one.rows[:8], one.crosses) for one in worst))


def _tally(found: Sequence[Cluster]) -> Columns:
    """How many clusters and images there are of each kind, and how many cross splits or labels."""
    kinds = sorted({cluster.kind for cluster in found}, reverse=True)
    images = Counter[str]()
    crossing = Counter[tuple[str, str]]()
    for cluster in found:
        images[cluster.kind] += len(cluster.rows)
        crossing.update((cluster.kind, what) for what in cluster.crosses)
    return {
        "kind": kinds,
        "clusters": [sum(cluster.kind == kind for cluster in found) for kind in kinds],
        "images": [images[kind] for kind in kinds],
        "across_splits": [crossing[kind, "split"] for kind in kinds],
        "across_labels": [crossing[kind, "label"] for kind in kinds],
    }
