"""Detect archives among the members of an archive."""

import pyarrow as pa

from indexer.base.errors import BadData, message_of
from indexer.base.placeholders import placeholder_of
from indexer.containers.bytes.volumes import ByteRange
from indexer.containers.kinds import DOCUMENTS, HEAD_SIZE, ORDINARY, Kind, kind_of, promised_kind, suffix_of
from indexer.containers.members.entry import Entry
from indexer.containers.volume_names import UNNUMBERED, volume_name


def nested_kind(entry: Entry, name: str) -> Kind | None:
    """Return the kind of the archive that a member is, or None: by its first bytes if they are known, else by its name.

    Raises BadData for a volume of an archive, which cannot be read without the others, and for a placeholder.
    """
    suffix = suffix_of(name)
    if entry.row.problem or entry.row.size == 0 or suffix in DOCUMENTS:
        return None
    head = entry.head
    if head is None and suffix not in ORDINARY and isinstance(entry.content, ByteRange):
        head = entry.content.read(0, HEAD_SIZE)
    _refuse_volume(name)
    kind = kind_of(head or b"") or promised_kind(name)
    if kind is not None and (found := placeholder_of(head or b"")):
        raise BadData("placeholder", found)
    return kind


def _refuse_volume(name: str) -> None:
    volume = volume_name(name)
    if volume is None or not volume.typed or volume.may_be_story:
        return
    if volume.begins_a_set and volume.number not in UNNUMBERED:
        raise BadData("nested volumes", "volumes of an archive inside an archive are not joined")


def refuse_images(table: ByteRange, kind: Kind) -> None:
    """Raise BadData if an Arrow or Parquet file inside an archive has images: they are not read."""
    from indexer.containers.tabular.columns import image_columns  # noqa: PLC0415 - slow to load, and few archives need
    from indexer.containers.tabular.files import schema_in  # noqa: PLC0415 - as above

    try:
        found = image_columns(schema_in(table, kind))
    except (pa.ArrowException, OSError, BadData) as error:
        raise BadData("nested table", message_of(error)) from None
    if found:
        raise BadData("nested table", f"the images of its column {found[0]} are not read: unpack it")
