"""What the header of a 7z is made of: numbers of its own kind, coders, folders, substreams (7zFormat.txt)."""

import struct
from dataclasses import dataclass, field

_LARGEST = (1 << 63) - 1  # of any number: what 64 bits with a sign can count


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
        """Bytes unpacked: those of the output that goes nowhere."""
        bound = {output for _, output in self.pairs}
        return next(size for output, size in enumerate(self.sizes) if output not in bound)

    def chain(self) -> list[Coder] | None:
        """The coders in the order of unpacking, or None where they are no simple chain."""
        if len(self.packed_inputs) != 1 or any(coder.inputs != 1 or coder.outputs != 1 for coder in self.coders):
            return None
        following = {output: inputs for inputs, output in self.pairs}
        order = [self.packed_inputs[0]]
        while order[-1] in following and len(order) <= len(self.coders):
            order.append(following[order[-1]])
        return [self.coders[index] for index in order] if len(order) == len(self.coders) else None


@dataclass(frozen=True, slots=True)
class Substream:
    """The bytes of a member: where they begin in which unpacked folder."""

    folder: int
    offset: int
    size: int
    crc32: int | None


@dataclass(slots=True)
class Archive:
    """Everything the header tells. A file without substream is empty; folders of the tree are among ``directories``."""

    folders: list[Folder] = field(default_factory=list)
    substreams: list[Substream] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    empty: list[bool] = field(default_factory=list)
    directories: list[bool] = field(default_factory=list)
    attributes: list[int] = field(default_factory=list)


class HeaderReader:
    """Numbers of variable length, bit vectors and the like from a header."""

    def __init__(self, data: bytes) -> None:
        self.data, self.position = data, 0

    def take(self, size: int) -> bytes:
        """The next ``size`` bytes. Raises IndexError, as all of these do, where the header ends before."""
        if size < 0 or self.position + size > len(self.data):
            raise IndexError(size)
        self.position += size
        return self.data[self.position - size : self.position]

    def byte(self) -> int:
        """The next byte."""
        return self.take(1)[0]

    def number(self) -> int:
        """One to nine bytes: the first one's leading ones count the further ones, its rest are the highest bits."""
        first, mask, value = self.byte(), 0x80, 0
        for index in range(8):
            if not first & mask:
                return value + ((first & (mask - 1)) << 8 * index)
            value |= self.byte() << 8 * index
            mask >>= 1
        return self._at_most(value, _LARGEST)

    def count(self) -> int:
        """A number of items: each takes a byte of the header at least, so a header that says more is damaged."""
        return self._at_most(self.number(), len(self.data))

    def _at_most(self, number: int, most: int) -> int:
        if number > most:
            raise IndexError(number)
        return number

    def bits(self, count: int) -> list[bool]:
        """A bit vector of ``count`` items, the highest bit first."""
        data = self.take(-(-count // 8))
        return [bool(data[index >> 3] & 0x80 >> (index & 7)) for index in range(count)]

    def defined(self, count: int) -> list[bool]:
        """A bit vector that may be left out where all are set."""
        return [True] * count if self.byte() else self.bits(count)

    def digests(self, count: int) -> list[int | None]:
        """CRC-32 of ``count`` items, None where it is not known."""
        return [struct.unpack("<L", self.take(4))[0] if known else None for known in self.defined(count)]
