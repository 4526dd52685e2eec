"""What a build will take: bytes read and written, memory, disk and time, before it begins."""

from dataclasses import dataclass

from indexer.base.workers import Workers
from indexer.manifest.store import Store
from materializer.models import Check, Format, Settings
from materializer.planning.plan import BuildPlan
from materializer.shards.reading import WINDOW_SIZE

# Bytes a second: what one core did on two-core cloud machines; rows and times are told, not promised.
DECODE_RATE = 100e6  # JPEG at an eighth of its size
COPY_RATE = 250e6  # read, checksum, hash and write
PASS_RATE = 18e6  # through a solid 7z of JPEGs, packed bytes

# A worker with its libraries, and the process that plans.
_WORKER_BASE, _PLANNER_BASE = 150_000_000, 300_000_000
_ROW_GROUP_COPIES = 150_000_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """Sizes in bytes, time in seconds. ``known_bad`` rows will be refused unread."""

    images: int
    shards: int
    containers: int
    forward: int
    known_bad: int
    read: int
    write: int
    spill: int
    memory: int
    disk: int
    seconds: float


def estimate(store: Store, plan: BuildPlan, settings: Settings, workers: Workers) -> Estimate:
    """What the planned build will take with these workers."""
    images, stored, undecoded, known_bad = store.rows("plan/totals")[0]
    forward = [one for one in plan.containers.values() if one.forward]
    spill = sum(one.size for one in forward)
    decode = undecoded if settings.check is Check.DECODE else 0
    busy = stored / COPY_RATE + decode / DECODE_RATE + sum(one.read for one in forward) / PASS_RATE
    return Estimate(
        images=images,
        shards=len(plan.shards),
        containers=len(plan.containers),
        forward=len(forward),
        known_bad=known_bad,
        read=sum(one.read for one in plan.containers.values()) + spill,
        write=stored + spill,
        spill=spill,
        memory=_PLANNER_BASE + workers.jobs * _worker_memory(settings),
        disk=stored + spill,
        seconds=busy / workers.jobs,
    )


def _worker_memory(settings: Settings) -> int:
    """A window as it was read and as it is stored, and what the format gathers before it writes."""
    return _WORKER_BASE + 2 * WINDOW_SIZE + (_ROW_GROUP_COPIES if settings.format is Format.PARQUET else 0)
