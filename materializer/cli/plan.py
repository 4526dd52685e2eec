"""``materializer plan``: estimate a build."""

from pathlib import Path
from typing import Any

import click

from indexer.base.quantities import readable_size
from indexer.cli.options.common import CommonOptions, common_options
from materializer.cli.export_options import export_options, import_export, take_export
from materializer.cli.options import build_options, request
from materializer.planning import estimate as estimating
from materializer.planning import plan as planning
from materializer.planning.alignment import aligned
from materializer.planning.estimate import Estimate


@click.command(epilog="Example: python -m materializer plan --selection demo --jobs 8")
@export_options
@build_options
@common_options
def command(options: CommonOptions, **given: Any) -> None:
    """Estimate bytes, memory, disk and time of a build.

    An export is imported first, as by a build; nothing else is written.
    """
    if export := take_export(given):
        given["selection"] = import_export(options, export).name
    requested = request(options, Path(), given)
    with options.reading() as store:
        requested = aligned(store, requested)
        found = planning.make(store, requested)
        print(_text(estimating.estimate(store, found, requested.settings, options.workers), options.jobs))


def _text(found: Estimate, jobs: int) -> str:
    bad = f", {found.known_bad:,} of them known to be unusable" if found.known_bad else ""
    sequential = f", {found.sequential:,} of them read sequentially" if found.sequential else ""
    return "\n".join(
        [
            f"images   {found.images:,} in {found.shards:,} shards{bad}",
            f"sources  {found.containers:,} containers{sequential}",
            f"read     {readable_size(found.read)}",
            f"write    {readable_size(found.write)},"
            f" of which {readable_size(found.spill)} are spilled to tmp_cache_dir",
            f"memory   {readable_size(found.memory)} at most with {jobs} jobs",
            f"disk     {readable_size(found.disk)} at most",
            f"time     about {_time(found.seconds)} ({estimating.DECODE_RATE / 1e6:.0f} MB/s decoded,"
            f" {estimating.COPY_RATE / 1e6:.0f} MB/s copied, {estimating.SEQUENTIAL_RATE / 1e6:.0f} MB/s of solid"
            " archives, per core)",
        ]
    )


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{seconds / 60:,.0f} min" if seconds < 5400 else f"{seconds / 3600:,.1f} h"
