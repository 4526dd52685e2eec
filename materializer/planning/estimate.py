"""Estimate a build: bytes read and written, memory, disk and time."""

from dataclasses import dataclass

from indexer.base.workers import Workers
from indexer.manifest.store import Store
from materializer.models import Check, Settings
from materializer.planning.plan import BuildPlan
from materializer.shards.formats import output_format
from materializer.shards.windows import WINDOW_SIZE

# Bytes per second and core, measured on two-core cloud machines.
DECODE_RATE = 100e6  # JPEG at an eighth of its size
COPY_RATE = 250e6  # read, checksum, hash and write
SEQUENTIAL_RATE = 18e6  # a solid 7z of JPEGs, packed bytes

# Bytes of memory of a worker with its libraries, and of the planning process.
_WORKER_BASE, _PLANNER_BASE = 150_000_000, 300_000_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """Sizes in bytes, time in seconds. ``known_bad`` rows are refused without reading them."""

    images: int
    shards: int
    containers: int
    sequential: int
    known_bad: int
    read: int
    write: int
    spill: int
    memory: int
    disk: int
    seconds: float


def estimate(store: Store, plan: BuildPlan, settings: Settings, workers: Workers) -> Estimate:
    """Estimate the build that was just planned."""
    images, stored, undecoded, known_bad = store.rows("plan/totals")[0]
    copies = len(settings.of_each_variant())
    images, stored, undecoded, known_bad = (copies * number for number in (images, stored, undecoded, known_bad))
    containers = plan.planned_containers.values()
    sequential = [planned for planned in containers if planned.is_sequential]
    spill = sum(planned.size for planned in sequential)
    if settings.variants:  # decoded to be encoded anew
        undecoded = stored
    decode = undecoded if settings.check in (Check.DECODE, Check.LENIENT) else 0
    # A window as it was read and as it is stored, and the buffer of the format.
    worker_memory = _WORKER_BASE + 2 * WINDOW_SIZE + output_format(settings.format).buffer_size
    busy = stored / COPY_RATE + decode / DECODE_RATE + sum(planned.read for planned in sequential) / SEQUENTIAL_RATE
    return Estimate(
        images=images,
        shards=len(plan.shards),
        containers=len(containers),
        sequential=len(sequential),
        known_bad=known_bad,
        read=copies * sum(planned.read for planned in containers) + spill,
        write=stored + spill,
        spill=spill,
        memory=_PLANNER_BASE + workers.jobs * worker_memory,
        disk=stored + spill,
        seconds=busy / workers.jobs,
    )
