"""Find members whose names hide what they are: images and archives without suffix, and formats that are not read."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from indexer.base import image_formats
from indexer.base.placeholders import POINTER_SIZES, placeholder_of
from indexer.containers.bytes.volumes import ByteRange
from indexer.containers.first_bytes import UNREAD_SUFFIXES, begins_image, include_for, unread_format
from indexer.containers.kinds import (
    DOCUMENTS,
    HEAD_SIZE,
    KIND_BY_SUFFIX,
    ORDINARY,
    kind_of,
    nests,
    suffix_of,
)
from indexer.containers.members.entry import Entry
from indexer.containers.members.rows import Health

_KNOWN = ORDINARY | DOCUMENTS | set(KIND_BY_SUFFIX)
_KNOWN_END = rf"(?i)(?:[^/]\.(?:{'|'.join(sorted(_KNOWN))})|/)$"
_UNREAD_END = rf"(?i)\.(?:{'|'.join(sorted(UNREAD_SUFFIXES))})$"
_EXAMPLES = 1_000
_MOST_SMALL = 1_000  # members per batch of a zip that are read
_CLASSES, _READ = 32, 16  # suffixes in zips of which members are read, and how many of each


@dataclass(slots=True)
class Overlooked:
    """Members left out so far: the number of images without an image suffix, and names of some."""

    images: int = 0
    examples: list[str] = field(default_factory=list)
    _read: Counter[str] = field(default_factory=Counter)
    _with_images: set[str] = field(default_factory=set)
    _with_archives: set[str] = field(default_factory=set)

    def add_member(self, name: str, entry: Entry, health: Health, ordinal: int) -> None:
        """Add one member. Images are recognised if the walk has its first bytes, or reaches them without unpacking."""
        if entry.row.problem:
            return
        head = entry.head
        if suffix_of(name) in image_formats.SUFFIXES:
            if head is None and isinstance(entry.content, ByteRange) and _may_be_pointer(entry.row.size):
                head = entry.content.read(0, HEAD_SIZE)
            _check_image(name, head or b"", health, ordinal)
        if suffix_of(name) in _KNOWN:
            return
        if head is None and isinstance(entry.content, ByteRange):
            head = entry.content.read(0, HEAD_SIZE)
        if (found := unread_format(name, head or b"\0")) is not None:
            _add_unread(name, found, health, ordinal)
        elif head is not None and begins_image(head):
            self._add_image(name)

    def add_batch(self, batch: pa.RecordBatch, head_of: Callable[[int], bytes], health: Health) -> list[int]:
        """Add a batch of a zip; ``head_of`` returns first bytes by index. Return the indexes of possible archives.

        Of members with one suffix some are read; if there are images among them, all others count as images, and if
        there are archives among them, all others may be archives.
        """
        unknown = pc.and_(pc.invert(pc.match_substring_regex(batch["name"], _KNOWN_END)), batch["problem"].is_null())
        if not pc.any(unknown).as_py():
            return []
        unread = pc.and_(unknown, pc.match_substring_regex(batch["name"], _UNREAD_END))
        for index in pc.indices_nonzero(unread).to_pylist():
            name = batch["name"][index].as_py()
            if found := unread_format(name, head_of(index)):
                _add_unread(name, found, health, batch["ordinal"][index].as_py())
        named = ((index, batch["name"][index].as_py()) for index in pc.indices_nonzero(unknown).to_pylist())
        return [index for index, name in named if self._may_be_archive(name, partial(head_of, index))]

    def _may_be_archive(self, name: str, read_head: Callable[[], bytes]) -> bool:
        """Add one member of a zip if it is an image, or may be one; return whether it may be an archive."""
        kind = _class_of(name)
        is_read = self._read[kind] < _READ and len(self._read) <= _CLASSES
        head = read_head() if is_read else b""
        archive = kind_of(head)
        if is_read:
            self._read[kind] += 1
        if archive is not None and nests(archive):
            self._with_archives.add(kind)
        if begins_image(head):
            self._with_images.add(kind)
            self._add_image(name)
        elif not is_read and kind in self._with_images:
            self._add_image(name)
        return kind in self._with_archives

    def add_small(self, batch: pa.RecordBatch, head_of: Callable[[int], bytes], health: Health) -> None:
        """Add findings about the images of a zip that are pointers of Git LFS; only members of their size are read."""
        smallest, largest = POINTER_SIZES
        sizes = batch["size"]
        is_small = pc.and_(pc.greater_equal(sizes, smallest), pc.less_equal(sizes, largest))
        for index in pc.indices_nonzero(pc.and_(is_small, batch["problem"].is_null())).to_pylist()[:_MOST_SMALL]:
            name = batch["name"][index].as_py()
            if suffix_of(name) in image_formats.SUFFIXES:
                _check_image(name, head_of(index), health, batch["ordinal"][index].as_py())

    def report(self, health: Health) -> None:
        """Add a finding about the images."""
        if self.images:
            health.add("image-suffix", include_for(self.examples, self.images))

    def _add_image(self, name: str) -> None:
        self.images += 1
        if len(self.examples) < _EXAMPLES:
            self.examples.append(name)


def _may_be_pointer(size: int | None) -> bool:
    return size is not None and POINTER_SIZES[0] <= size <= POINTER_SIZES[1]


def _check_image(name: str, head: bytes, health: Health, ordinal: int) -> None:
    """Add a finding if the first bytes of an image are those of something else."""
    if found := placeholder_of(head):
        health.add("placeholder", f"{name} is {found}", ordinal)


def _class_of(name: str) -> str:
    """Return what members of one class share: the suffix, or what follows an image's suffix begins with."""
    suffix = suffix_of(name)
    image = next((each for each in image_formats.SUFFIXES if suffix.startswith(each)), None)
    return f"{image}{suffix[len(image) : len(image) + 1]}" if image else suffix


def _add_unread(name: str, found: str, health: Health, ordinal: int) -> None:
    health.add("unread-format", f"{name} is packed as {found}, which is not read", ordinal)
