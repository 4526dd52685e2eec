"""Find members that the walk leaves out: images without an image suffix, and formats that are not read."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from indexer.base import image_formats
from indexer.containers.bytes.volumes import ByteRange
from indexer.containers.first_bytes import UNREAD_SUFFIXES, begins_image, include_for, unread_format
from indexer.containers.kinds import DOCUMENTS, HEAD_SIZE, KIND_BY_SUFFIX, ORDINARY, suffix_of
from indexer.containers.members.entry import Entry
from indexer.containers.members.rows import Health

_KNOWN = ORDINARY | DOCUMENTS | set(KIND_BY_SUFFIX)
_KNOWN_END = rf"(?i)(?:\.(?:{'|'.join(sorted(_KNOWN))})|/)$"
_UNREAD_END = rf"(?i)\.(?:{'|'.join(sorted(UNREAD_SUFFIXES))})$"
_EXAMPLES = 1_000
_CLASSES, _READ = 32, 16  # suffixes in zips of which members are read, and how many of each


@dataclass(slots=True)
class Overlooked:
    """Members left out so far: the number of images without an image suffix, and names of some."""

    images: int = 0
    examples: list[str] = field(default_factory=list)
    _read: Counter[str] = field(default_factory=Counter)
    _with_images: set[str] = field(default_factory=set)

    def add_member(self, name: str, entry: Entry, health: Health, ordinal: int) -> None:
        """Add one member. Images are recognised if the walk has its first bytes, or reaches them without unpacking."""
        if suffix_of(name) in _KNOWN or entry.row.problem:
            return
        head = entry.head
        if head is None and isinstance(entry.content, ByteRange):
            head = entry.content.read(0, HEAD_SIZE)
        if (found := unread_format(name, head or b"\0")) is not None:
            _add_unread(name, found, health, ordinal)
        elif head is not None and begins_image(head):
            self._add_image(name)

    def add_batch(self, batch: pa.RecordBatch, head_of: Callable[[int], bytes], health: Health) -> None:
        """Add a batch of a zip; ``head_of`` returns first bytes by index.

        Of members with one suffix some are read; if there are images among them, all others count as images.
        """
        unknown = pc.and_(pc.invert(pc.match_substring_regex(batch["name"], _KNOWN_END)), batch["problem"].is_null())
        if not pc.any(unknown).as_py():
            return
        unread = pc.and_(unknown, pc.match_substring_regex(batch["name"], _UNREAD_END))
        for index in pc.indices_nonzero(unread).to_pylist():
            name = batch["name"][index].as_py()
            if found := unread_format(name, head_of(index)):
                _add_unread(name, found, health, batch["ordinal"][index].as_py())
        for index in pc.indices_nonzero(unknown).to_pylist():
            name = batch["name"][index].as_py()
            kind = _class_of(name)
            if self._read[kind] < _READ and len(self._read) <= _CLASSES:
                self._read[kind] += 1
                if begins_image(head_of(index)):
                    self._with_images.add(kind)
                    self._add_image(name)
            elif kind in self._with_images:
                self._add_image(name)

    def report(self, health: Health) -> None:
        """Add a finding about the images."""
        if self.images:
            health.add("image-suffix", include_for(self.examples, self.images))

    def _add_image(self, name: str) -> None:
        self.images += 1
        if len(self.examples) < _EXAMPLES:
            self.examples.append(name)


def _class_of(name: str) -> str:
    """Return what members of one class share: the suffix, or what follows an image's suffix begins with."""
    suffix = suffix_of(name)
    image = next((each for each in image_formats.SUFFIXES if suffix.startswith(each)), None)
    return f"{image}{suffix[len(image) : len(image) + 1]}" if image else suffix


def _add_unread(name: str, found: str, health: Health, ordinal: int) -> None:
    health.add("unread-format", f"{name} is packed as {found}, which is not read", ordinal)
