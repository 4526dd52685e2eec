"""The parts of a 7z header: numbers of variable length, coders, folders, substreams (7zFormat.txt)."""

import struct
from dataclasses import dataclass, field

_LARGEST = (1 << 63) - 1  # of any number: the largest signed 64-bit integer


@dataclass(frozen=True, slots=True)
class Coder:
    """One step of unpacking."""

    id: bytes
    properties: bytes
    inputs: int
    outputs: int


@dataclass(slots=True)
class Folder:
    """A block of packed bytes. ``pairs`` bind an input to an output of coders; ``sizes`` are those of the outputs."""

    coders: list[Coder]
    pairs: list[tuple[int, int]]
    packed_inputs: list[int]
    sizes: list[int] = field(default_factory=list)
    crc32: int | None = None
    position: int = 0
    packed_size: int = 0

    @property
    def size(self) -> int:
        """Return the unpacked size: that of the output that no coder reads."""
        bound = {output for _, output in self.pairs}
        return next(size for output, size in enumerate(self.sizes) if output not in bound)

    def chain(self) -> list[Coder] | None:
        """Return the coders in the order of unpacking, or None if they are not a simple chain."""
        if len(self.packed_inputs) != 1 or any(coder.inputs != 1 or coder.outputs != 1 for coder in self.coders):
            return None
        following = {output: inputs for inputs, output in self.pairs}
        order = [self.packed_inputs[0]]
        while order[-1] in following and len(order) <= len(self.coders):
            order.append(following[order[-1]])
        return [self.coders[index] for index in order] if len(order) == len(self.coders) else None


@dataclass(frozen=True, slots=True)
class Substream:
    """The bytes of a member: their folder, and where they begin in it after unpacking."""

    folder: int
    offset: int
    size: int
    crc32: int | None


@dataclass(slots=True)
class Archive:
    """The contents of a header. Files without a substream are empty; ``directories`` marks the directories."""

    folders: list[Folder] = field(default_factory=list)
    substreams: list[Substream] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    empty: list[bool] = field(default_factory=list)
    directories: list[bool] = field(default_factory=list)
    attributes: list[int] = field(default_factory=list)


class HeaderReader:
    """A reader of numbers of variable length, bit vectors and other fields of a header."""

    def __init__(self, data: bytes) -> None:
        self.data, self.position = data, 0

    def take(self, size: int) -> bytes:
        """Return the next ``size`` bytes. Raises IndexError, as all methods do, if the header ends before."""
        if size < 0 or self.position + size > len(self.data):
            raise IndexError(size)
        self.position += size
        return self.data[self.position - size : self.position]

    def byte(self) -> int:
        """Return the next byte."""
        return self.take(1)[0]

    def number(self) -> int:
        """Read one to nine bytes. Leading ones of the first byte count the others, its rest are the highest bits."""
        first, mask, value = self.byte(), 0x80, 0
        for index in range(8):
            if not first & mask:
                return value + ((first & (mask - 1)) << 8 * index)
            value |= self.byte() << 8 * index
            mask >>= 1
        return self._at_most(value, _LARGEST)

    def count(self) -> int:
        """Read a number of items: each takes at least one byte of the header, so a larger number is damage."""
        return self._at_most(self.number(), len(self.data))

    def _at_most(self, number: int, most: int) -> int:
        if number > most:
            raise IndexError(number)
        return number

    def bits(self, count: int) -> list[bool]:
        """Read a bit vector of ``count`` items, the highest bit first."""
        data = self.take(-(-count // 8))
        return [bool(data[index >> 3] & 0x80 >> (index & 7)) for index in range(count)]

    def defined(self, count: int) -> list[bool]:
        """Read a bit vector that is omitted if all bits are set."""
        return [True] * count if self.byte() else self.bits(count)

    def digests(self, count: int) -> list[int | None]:
        """Read the CRC-32 of ``count`` items, None where it is not known."""
        return [struct.unpack("<L", self.take(4))[0] if known else None for known in self.defined(count)]
