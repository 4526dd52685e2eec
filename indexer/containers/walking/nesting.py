"""Whether a member is itself an archive."""

from indexer.base.errors import BadData
from indexer.containers.bytes.volumes import ByteRange
from indexer.containers.grouping import LAST, Cut, place_of
from indexer.containers.kinds import DOCUMENTS, HEAD_SIZE, ORDINARY, Kind, kind_of, nests, promised_kind, suffix_of
from indexer.containers.members.entry import Entry


def nested_kind(entry: Entry, name: str) -> Kind | None:
    """The kind of archive that a member is, or None. By its first bytes where they are at hand, else by its name.

    Raises BadData for a volume of an archive: it cannot be read without the others.
    """
    suffix = suffix_of(name)
    if entry.row.problem or entry.row.size == 0 or suffix in DOCUMENTS:
        return None
    kind = _kind_by_bytes(entry, looks=suffix not in ORDINARY) or promised_kind(name)
    if kind is None or not nests(kind):
        return None
    if _is_volume(name):
        raise BadData("nested volumes", "volumes of an archive inside an archive are not put together")
    return kind


def _kind_by_bytes(entry: Entry, looks: bool) -> Kind | None:
    if entry.head is not None:
        return kind_of(entry.head)
    return kind_of(entry.content.read(0, HEAD_SIZE)) if looks and isinstance(entry.content, ByteRange) else None


def _is_volume(name: str) -> bool:
    place = place_of(name)
    return place is not None and place.typed and not (place.cut is not Cut.PLAIN and place.number in (LAST, -1))
