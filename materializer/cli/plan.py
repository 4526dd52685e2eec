"""``materializer plan``: what a build will take, without doing it."""

from pathlib import Path
from typing import Any

import click

from indexer.cli.options import Session, common
from materializer.cli.options import planned, request
from materializer.planning import estimate as estimating
from materializer.planning import plan as planning
from materializer.planning.estimate import Estimate


@click.command(epilog="Example: python -m materializer plan --selection demo --jobs 8")
@planned
@common
def command(session: Session, **given: Any) -> None:
    """Say what a build of a selection will read, write and need, and about how long it will take."""
    if given["selection"] is None:
        raise click.UsageError("name a --selection")
    asked = request(session, Path(), given)
    with session.reading() as store:
        found = planning.make(store, asked)
        print(_told(estimating.estimate(store, found, asked.settings, session.workers), session.jobs))


def _told(found: Estimate, jobs: int) -> str:
    bad = f", {found.known_bad:,} of them known to be unusable" if found.known_bad else ""
    forward = f", {found.forward:,} of them in one forward pass each" if found.forward else ""
    return "\n".join(
        [
            f"images   {found.images:,} in {found.shards:,} shards{bad}",
            f"sources  {found.containers:,} containers{forward}",
            f"read     {_size(found.read)}",
            f"write    {_size(found.write)}, of which {_size(found.spill)} wait in tmp_cache_dir",
            f"memory   {_size(found.memory)} at most with {jobs} jobs",
            f"disk     {_size(found.disk)} at most",
            f"time     about {_time(found.seconds)} ({estimating.DECODE_RATE / 1e6:.0f} MB/s decoded,"
            f" {estimating.COPY_RATE / 1e6:.0f} MB/s copied, {estimating.PASS_RATE / 1e6:.0f} MB/s through solid"
            " archives, a core)",
        ]
    )


def _size(size: int) -> str:
    for unit, name in ((10**12, "TB"), (10**9, "GB"), (10**6, "MB")):
        if size >= unit:
            return f"{size / unit:,.1f} {name}"
    return f"{size / 1e3:,.1f} KB"


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{seconds / 60:,.0f} min" if seconds < 5400 else f"{seconds / 3600:,.1f} h"
