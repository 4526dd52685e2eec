"""Check before a build that the sources are present and unchanged, and that the disks have enough free space."""

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from indexer.base.errors import OutputError, SourceError
from indexer.base.quantities import readable_size
from indexer.base.remote import Root, is_there
from indexer.containers.file_stamp import size_and_time
from indexer.containers.kinds import Kind
from indexer.containers.models import Container
from materializer.models import Request
from materializer.planning.plan import BuildPlan
from materializer.running.finished import is_finished
from materializer.shards.variants import encodes_all

_SHOWN = 3
_ADVICE = (
    "restore the files, correct their path in local.cfg or their permissions, or run 'python -m indexer scan' again"
)


def check_sources(containers: Iterable[Container]) -> None:
    """Check every archive that will be read. Loose files are checked when they are read.

    Raises:
        SourceError: some are missing or have changed; the message names the first few and counts the rest.
    """
    problems = list(dict.fromkeys(problem for container in containers for problem in _problems(container)))
    if problems:
        more = f" and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise SourceError(f"{'; '.join(problems[:_SHOWN])}{more}: {_ADVICE}")


def unavailable(containers: Mapping[int, Container]) -> list[int]:
    """Return the numbers of the containers that are missing or have changed, in order."""
    return sorted(number for number, container in containers.items() if any(_problems(container)))


def check_free_space(request: Request, plan: BuildPlan) -> None:
    """Compare the bytes that are still to be written with the free space. Images that are encoded anew are not counted.

    Raises:
        OutputError: there is too little space.
    """
    remaining = [planned for planned in plan.shards if not is_finished(request.output, planned)]
    if remaining:
        _require_space(request.output, sum(one.size for one in remaining if not encodes_all(one.settings)))
        sequential = (planned for planned in plan.planned_containers.values() if planned.is_sequential)
        _require_space(request.scratch, sum(planned.size for planned in sequential))


def _require_space(folder: Path, size: int) -> None:
    existing = next(parent for parent in (folder, *folder.resolve().parents) if parent.exists())
    free = shutil.disk_usage(existing).free
    if size > free:
        raise OutputError(
            f"{folder} needs about {readable_size(size)} and has {readable_size(free)} free:"
            " make room, or name another folder"
        )


def _problems(container: Container) -> Iterator[str]:
    if not is_there(container.root):
        yield f"{container.root} is missing or empty"
        return
    for volume in container.volumes if container.kind is not Kind.FOLDER else ():
        path = container.root / volume.path
        now = _size_and_time(path)
        if now is None:
            yield f"{path} is missing"
        elif now != (volume.size, volume.mtime_ns):
            yield f"{path} has changed since it was scanned"
        elif isinstance(path, Path) and not os.access(path, os.R_OK):
            yield f"{path} may not be read by this user"


def _size_and_time(path: Root) -> tuple[int, int] | None:
    try:
        return size_and_time(path.stat())
    except OSError:
        return None
