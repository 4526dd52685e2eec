"""Read the size in the header of a JPEG XL file (ISO/IEC 18181-1, annex D; 18181-2 for boxes)."""

from indexer.base.errors import BadData

_BARE = b"\xff\x0a"
# Height by aspect ratio: numerator and denominator of width / height.
_RATIOS = {1: (1, 1), 2: (12, 10), 3: (4, 3), 4: (3, 2), 5: (16, 9), 6: (5, 4), 7: (2, 1)}


def size(data: bytes) -> tuple[int, int]:
    """Return width and height as coded.

    Raises:
        BadData: undecodable.
    """
    at = 0 if data.startswith(_BARE) else data.find(_BARE, 12, 1 << 20)
    if at < 0 or len(data) < at + 12:
        raise BadData("undecodable", "JXL: there is no codestream")
    bits = _Bits(int.from_bytes(data[at + 2 : at + 12], "little"))
    is_small = bits.read(1)
    height = _side(bits, is_small)
    ratio = bits.read(3)
    if ratio:
        over, under = _RATIOS[ratio]
        return height * over // under, height
    return _side(bits, is_small), height


def _side(bits: "_Bits", is_small: int) -> int:
    if is_small:
        return (bits.read(5) + 1) * 8
    return bits.read((9, 13, 18, 30)[bits.read(2)]) + 1


class _Bits:
    """Bits of a number, the lowest first."""

    def __init__(self, value: int) -> None:
        self.value = value

    def read(self, count: int) -> int:
        found = self.value & ((1 << count) - 1)
        self.value >>= count
        return found
