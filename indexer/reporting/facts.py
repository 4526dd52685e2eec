"""All numbers and rows of a report page, from the temporary table ``report_row``.

The caller makes ``report_row`` first, with the columns of sql/report/rows_of_selection.sql. Duplicates, leaks and
shortcuts are those of the audit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from indexer.declarations.checking import generator_rows
from indexer.manifest.store import Store
from indexer.reporting import clusters
from indexer.reporting.models import Cluster, Columns, ReportOptions, ShownImages
from indexer.selection.audit.measures import measure
from indexer.selection.near_looks import RADIUS
from indexer.selection.working_tables import working_tables


@dataclass(frozen=True, slots=True)
class Step:
    """A step of ``sql/`` with its parameters."""

    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """Tables as columns. ``duplicates``, ``leaks`` and ``shortcuts`` (to the label) are those of the audit.

    ``overview["audited"]`` counts the images that these three measure. ``shown`` holds the rows with thumbnails.
    """

    overview: Mapping[str, Any]
    groups: Columns
    traits: Columns
    shortcuts: Columns
    timeline: Columns
    duplicates: Columns
    leaks: Columns
    shown: ShownImages
    details: Columns
    rows: pa.Table


def columns(store: Store, step: str, parameters: Mapping[str, Any] | None = None) -> Columns:
    """Return the rows of a step as columns."""
    table: Columns = store.arrow(f"report/{step}", parameters).to_pydict()
    return table


def gather(store: Store, options: ReportOptions, audited: Step) -> ReportFacts:
    """Gather the facts, and store the rows that are shown in the temporary table ``report_shown`` (row_id).

    ``audited`` is the step that returns the images to measure, with the columns of sql/audit/audited.sql.
    """
    _prepare(store)
    with working_tables(store):
        images = store.save("work.audited", audited.name, audited.parameters)
        measures = measure(store, RADIUS, None)
        store.save_temporary("report_duplicate", "report/duplicates")
    found = _clusters(store)
    shown = _choose(store, options, found)
    store.insert("report_shown", pa.table({"row_id": pa.array(shown.rows, pa.int64())}))
    return ReportFacts(
        overview={name: values[0] for name, values in columns(store, "overview").items()} | {"audited": images},
        groups=columns(store, "groups"),
        traits=columns(store, "traits"),
        shortcuts=measures.shortcuts.filter(pc.field("target") == "label").to_pydict(),
        timeline=columns(store, "timeline"),
        duplicates=measures.duplicates.to_pydict(),
        leaks=measures.leaks.to_pydict(),
        shown=shown,
        details=columns(store, "shown_details"),
        rows=store.arrow("report/table", asdict(options)),
    )


def _prepare(store: Store) -> None:
    store.save_temporary("report_group", "report/groups")
    store.save_temporary("report_trait_bin", "report/trait_bins")
    store.execute("create or replace temp table report_release (generator varchar, released date)")
    store.execute("create or replace temp table report_shown (row_id bigint)")
    # A year or month without a day is dated to its first day.
    releases = [
        {"generator": row["name"], "released": f"{row['released']}-01-01"[:10]}
        for row in generator_rows()
        if row["released"]
    ]
    store.insert("report_release", pa.Table.from_pylist(releases))


def _clusters(store: Store) -> list[Cluster]:
    members = {row: clusters.ClusterMember(split, label) for row, split, label in store.rows("report/cluster_members")}
    pairs = "select first, second from report_duplicate where kind = $kind"
    equal, near = (
        clusters.grouped(kind, store.execute(pairs, {"kind": kind}), members)
        for kind in ("equal bytes", "near duplicates")
    )
    exact = {cluster.rows for cluster in equal}
    return equal + [cluster for cluster in near if cluster.rows not in exact]


def _choose(store: Store, options: ReportOptions, found: Sequence[Cluster]) -> ShownImages:
    wanted = asdict(options)
    sheets = tuple(row for (row,) in store.rows("report/contact_sheets", wanted))
    pairs = tuple((fake, real) for fake, real in store.rows("report/pairs", wanted))
    worst = sorted(found, key=clusters.by_severity)[: options.clusters]
    return ShownImages(sheets, pairs, tuple(Cluster(one.kind, one.rows[:8], one.crosses) for one in worst))
