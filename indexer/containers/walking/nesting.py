"""Detect archives among the members of an archive."""

from indexer.base.errors import BadData
from indexer.containers.bytes.volumes import ByteRange
from indexer.containers.kinds import DOCUMENTS, HEAD_SIZE, ORDINARY, Kind, kind_of, nests, promised_kind, suffix_of
from indexer.containers.members.entry import Entry
from indexer.containers.volume_names import LAST, Cut, volume_name


def nested_kind(entry: Entry, name: str) -> Kind | None:
    """Return the kind of the archive that a member is, or None: by its first bytes if they are known, else by its name.

    Raises BadData for a volume of an archive: it cannot be read without the others.
    """
    suffix = suffix_of(name)
    if entry.row.problem or entry.row.size == 0 or suffix in DOCUMENTS:
        return None
    kind = None
    if entry.head is not None:
        kind = kind_of(entry.head)
    elif suffix not in ORDINARY and isinstance(entry.content, ByteRange):
        kind = kind_of(entry.content.read(0, HEAD_SIZE))
    kind = kind or promised_kind(name)
    if kind is None or not nests(kind):
        return None
    volume = volume_name(name)
    if volume is not None and volume.begins_a_set and (volume.cut is Cut.PLAIN or volume.number not in (LAST, -1)):
        raise BadData("nested volumes", "volumes of an archive inside an archive are not joined")
    return kind
