"""Run the program on damaged files and check its promises."""

import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random

from fuzz import targets
from fuzz.damage import damaged
from indexer import images
from indexer.base.errors import BadData
from indexer.base.workers import time_limit
from indexer.containers.detect import find_containers
from indexer.containers.file_stamp import size_and_time
from indexer.containers.from_manifest import stored_member
from indexer.containers.kinds import Kind
from indexer.containers.listing import list_members
from indexer.containers.models import (
    MEMBER_SCHEMA,
    ArchiveLimits,
    Container,
    ContainerStatus,
    ListingReport,
    Volume,
)
from indexer.containers.reading import read_members
from indexer.images import ImageLimits
from materializer.models import Settings
from materializer.shards.transform import prepare

SECONDS = 10.0
# Each member has a checksum: after any damage, bytes that are read are those of a member.
_CHECKED = (Kind.ZIP, Kind.SEVEN_ZIP)
_LIMITS = ArchiveLimits(member_size=64 << 20, seconds=SECONDS)


@dataclass(frozen=True, slots=True)
class Case:
    """One damage of one target, reproducible by its seed."""

    target: str
    seed: int

    def files(self) -> targets.Files:
        """Return the damaged files by name."""
        chance = Random(f"{self.target} {self.seed}")
        if self.target in targets.ARCHIVES:
            return targets.ARCHIVES[self.target](chance)
        return {f"picture.{self.target.lower()}": damaged(targets.picture(self.target), chance)}


def judge(cases: tuple[Case, ...]) -> list[tuple[Case, str]]:
    """Return the cases that broke a promise, each with the reason. Runs in workers, which a case may crash."""
    found = []
    for case in cases:
        with time_limit(SECONDS):
            wrong = _wrong(case)
        if wrong:
            found.append((case, wrong))
    return found


def _wrong(case: Case) -> str | None:
    try:
        return _archive(case) if case.target in targets.ARCHIVES else _image(case)
    except Exception as error:  # any exception that the interfaces do not document is a find
        return f"{type(error).__name__}: {error}"


def _image(case: Case) -> str | None:
    [data] = case.files().values()
    status = images.inspect(data).status
    try:
        prepare(data, None, None, Settings(), ImageLimits())
    except BadData:
        return None
    return None if status == "ok" else f"inspected as {status}, but stored"


def _archive(case: Case) -> str | None:
    folder = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    try:
        for name, data in case.files().items():
            (folder / name).write_bytes(data)
        containers, _ = find_containers(folder, [_volume(path) for path in sorted(folder.iterdir())])
        found = [_container(container) for container in containers]
        wrong = next((each for each in found if isinstance(each, str)), None)
        return wrong or _lost(case, [each for each in found if isinstance(each, _Listed)])
    finally:
        shutil.rmtree(folder)


def _volume(path: Path) -> Volume:
    return Volume(path.name, *size_and_time(path.stat()))


@dataclass(frozen=True, slots=True)
class _Listed:
    """The bytes of a container's readable members, and whether it is called complete."""

    readable: list[bytes]
    is_complete: bool


def _container(container: Container) -> "str | _Listed":
    *batches, report = list_members(container, _LIMITS)
    rows = [row for batch in batches for row in batch.to_pylist()]
    if not isinstance(report, ListingReport) or any(batch.schema != MEMBER_SCHEMA for batch in batches):
        return "no report, or rows of another schema"
    answers = dict(read_members(container, [stored_member(row, row["ordinal"]) for row in rows], _LIMITS))
    if answers.keys() != {row["ordinal"] for row in rows}:
        return "a member without an answer"
    readable = [data for data in answers.values() if isinstance(data, bytes)]
    if container.kind in _CHECKED and not set(readable) <= {b"", *targets.members().values()}:
        return "a member has other bytes than were packed"
    is_complete = report.status is ContainerStatus.COMPLETE and len(readable) == len(answers)
    return _Listed(readable, is_complete)


def _lost(case: Case, containers: list[_Listed]) -> str | None:
    """Compare contents with the packed ones if all is complete and has checksums. Names have none: they may differ."""
    if case.target in targets.UNVERIFIED or not containers or not all(each.is_complete for each in containers):
        return None
    found = Counter(data for each in containers for data in each.readable)
    if found == Counter(targets.members().values()):
        return None
    return f"complete, but other contents ({found.total()} members)"
