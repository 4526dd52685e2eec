"""Damage bytes as disks, networks and attackers do."""

from random import Random

_ODD = (0, 1, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x7FFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF)


def damaged(data: bytes, chance: Random) -> bytes:
    """Return ``data`` with one to three damages, most of them small."""
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        data = chance.choice(_DAMAGES)(data, chance)
    return data


def _place(data: bytes, chance: Random) -> int:
    """Return any position, in two of three cases near an end, where directories and headers are."""
    near = min(len(data), 400)
    return chance.choice(
        (chance.randrange(len(data) + 1), chance.randrange(near + 1), len(data) - chance.randrange(near + 1))
    )


def _flipped(data: bytes, chance: Random) -> bytes:
    place = min(_place(data, chance), len(data) - 1)
    return data[:place] + bytes([data[place] ^ 1 << chance.randrange(8)]) + data[place + 1 :] if data else data


def _odd_number(data: bytes, chance: Random) -> bytes:
    width, place = chance.choice((1, 2, 4, 8)), _place(data, chance)
    number = chance.choice(_ODD) & (1 << 8 * width) - 1
    return data[:place] + number.to_bytes(width, "little") + data[place + width :]


def _cut(data: bytes, chance: Random) -> bytes:
    return data[: _place(data, chance)]


def _without(data: bytes, chance: Random) -> bytes:
    place = _place(data, chance)
    return data[:place] + data[place + chance.choice((1, 2, 30, 512, 4_096)) :]


def _twice(data: bytes, chance: Random) -> bytes:
    place = _place(data, chance)
    return data[:place] + data[max(0, place - chance.choice((1, 46, 512, 4_096))) :]


def _zeroed(data: bytes, chance: Random) -> bytes:
    place, size = _place(data, chance), chance.choice((1, 4, 512))
    return data[:place] + bytes(min(size, len(data) - place)) + data[place + size :]


_DAMAGES = (_flipped, _flipped, _odd_number, _odd_number, _cut, _without, _twice, _zeroed)
