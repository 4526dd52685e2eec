"""Copy members that only a sequential read reaches to files with random access, once."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from indexer.base import durable
from indexer.base.errors import BadData
from indexer.containers.file_stamp import size_and_time
from indexer.containers.kinds import Kind
from indexer.containers.models import Access, ArchiveLimits, Container, MemberRef, Volume
from indexer.containers.reading import read_members


@dataclass(frozen=True, slots=True)
class SpilledMembers:
    """Members in a spill file. ``bad`` has the reason of each member that could not be read, by its ordinal."""

    container: Container
    members: tuple[MemberRef, ...]
    bad: dict[int, str]


def spill(container: Container, members: Sequence[MemberRef], limits: ArchiveLimits, folder: Path) -> SpilledMembers:
    """Return ``members``, located in a file in ``folder``. A file of an earlier call is used again.

    Raises:
        SourceError: the container is missing or has changed since it was scanned.
        OutputError: the folder cannot be written to.
    """
    volumes = [(volume.path, volume.size, volume.mtime_ns) for volume in container.volumes]
    key = json.dumps([str(container.root), volumes, sorted(member.ordinal for member in members)])
    file = folder / f"{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}.spill"
    index = file.with_suffix(".json")
    if not (file.exists() and index.exists()):
        _write(file, index, container, members, limits)
    found = json.loads(index.read_text(encoding="utf-8"))
    places = {int(ordinal): place for ordinal, place in found["places"].items()}
    located = [
        member._replace(access=Access.SLICE, offset=places[member.ordinal][0], packed_size=places[member.ordinal][1],
                        size=places[member.ordinal][1], method="stored", crc32=None, path=file.name, name=None)
        if member.ordinal in places
        else member
        for member in members
    ]  # fmt: skip
    spilled = Container(folder, file.name, Kind.STREAM, (Volume(file.name, *size_and_time(file.stat())),))
    return SpilledMembers(spilled, tuple(located), {int(number): why for number, why in found["bad"].items()})


def _write(file: Path, index: Path, container: Container, members: Sequence[MemberRef], limits: ArchiveLimits) -> None:
    numbered = [member._replace(key=key) for key, member in enumerate(members)]
    by_key = {member.key: member.ordinal for member in numbered}
    places: dict[int, tuple[int, int]] = {}
    bad: dict[int, str] = {}
    with durable.writing(file) as out:
        for key, data in read_members(container, numbered, limits):
            if isinstance(data, BadData):
                bad[by_key[key]] = str(data)
            else:
                places[by_key[key]] = out.size, len(data)
                out.write(data)
    durable.write_json(index, {"places": places, "bad": bad})
