"""Before hours of work: is everything there that will be read, as it was scanned, and room for what will be written?"""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from indexer.base.errors import OutputError, SourceError
from indexer.base.remote import Root, is_there
from indexer.containers.file_stamp import size_and_time
from indexer.containers.models import Container, Kind
from materializer.models import Request
from materializer.planning.plan import BuildPlan, PlannedContainer
from materializer.shards import record
from materializer.shards.formats import FORMATS

_SHOWN = 3


def check_sources(containers: Iterable[PlannedContainer]) -> None:
    """Look at every file that will be read, all but loose ones: those are looked at as they are read.

    Raises:
        SourceError: some are gone or have changed; names the first few and counts the rest.
    """
    problems = [problem for planned in containers for problem in _problems(planned.container)]
    if problems:
        more = f" and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise SourceError(
            f"{'; '.join(problems[:_SHOWN])}{more}: bring them back, or run 'python -m indexer scan' again"
        )


def absent(containers: Mapping[int, PlannedContainer]) -> list[int]:
    """The numbers of containers that are gone or have changed, in order."""
    return sorted(number for number, planned in containers.items() if any(_problems(planned.container)))


def check_room(request: Request, plan: BuildPlan) -> None:
    """Compare what is still to be written with what is free; images that will be converted are counted as they are.

    Raises:
        OutputError: there is too little room.
    """
    kind, output = FORMATS[request.settings.format], request.output
    left = [one for one in plan.shards if not record.seems_settled(output, one.shard, kind.path(one.shard), one.key)]
    if left:
        _require(output, sum(one.size for one in left))
        _require(request.scratch, sum(one.size for one in plan.containers.values() if one.forward))


def _require(folder: Path, size: int) -> None:
    there = next(parent for parent in (folder, *folder.resolve().parents) if parent.exists())
    free = shutil.disk_usage(there).free
    if size > free:
        raise OutputError(f"{folder} needs about {_told(size)} and has {_told(free)} free: make room, or name another")


def _told(size: int) -> str:
    return f"{size / 1e9:,.1f} GB" if size >= 1e9 else f"{size / 1e6:,.1f} MB"


def _problems(container: Container) -> Iterator[str]:
    if not is_there(container.root):
        yield f"{container.root} is not there, or empty"
        return
    for volume in container.volumes if container.kind is not Kind.FOLDER else ():
        path = container.root / volume.path
        now = _size_and_time(path)
        if now is None:
            yield f"{path} is not there"
        elif now != (volume.size, volume.mtime_ns):
            yield f"{path} has changed since it was scanned"


def _size_and_time(path: Root) -> tuple[int, int] | None:
    try:
        return size_and_time(path.stat())
    except OSError:
        return None
