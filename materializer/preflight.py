"""Before hours of work: is everything there that will be read, as it was scanned?"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from indexer.containers.shapes import Container, Kind
from indexer.errors import SourceError
from materializer.plan import PlannedContainer

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


def _problems(container: Container) -> Iterator[str]:
    if not container.root.exists():
        yield f"{container.root} is not there"
        return
    for volume in container.volumes if container.kind is not Kind.FOLDER else ():
        path = container.root / volume.path
        now = _size_and_time(path)
        if now is None:
            yield f"{path} is not there"
        elif now != (volume.size, volume.mtime_ns):
            yield f"{path} has changed since it was scanned"


def _size_and_time(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns
