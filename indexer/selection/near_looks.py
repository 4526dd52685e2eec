"""Compare perceptual hashes: pairs of near ones, on request also those of mirrored and turned images."""

from itertools import combinations, product

import numpy as np

from indexer.manifest.store import Store
from indexer.selection.working_tables import put

RADIUS, MAX_RADIUS = 4, 8  # bits of 64 in which hashes of near duplicates may differ: the default, and the most
_COARSE, _FINER = 8, 16  # rows and columns of coefficients, of which each gives a bit
_DIGITS = _COARSE**2 // 4
_VALUES_AT_ONCE = 100_000  # of more, one pair of bands is compared at a time: all buckets would not fit in memory


def add_near(store: Store, radius: int, *, is_turned: bool = False) -> None:
    """Append the pairs of ``work.phash`` of which one is new and that are near to ``work.near``.

    With ``is_turned``, also pairs that are near if one is mirrored, or turned by 90, 180 or 270 degrees.
    """
    _compare(store, radius)
    store.append("work.near", "select/duplicates/near", {"radius": radius})
    if not is_turned:
        return
    store.save_query("work.straight", "from work.phash")
    new = [look for (look,) in store.execute("select phash from work.phash where is_new")]
    put(store, "turned", [(turned, look) for look in new for turned in turned_hashes(look)])
    store.save("work.phash", "select/duplicates/turned_phashes")
    _compare(store, radius)
    store.save("work.near_turned", "select/duplicates/near", {"radius": radius})
    store.append("work.near", "select/duplicates/turned_pairs")
    store.save_query("work.phash", "from work.straight")


def _compare(store: Store, radius: int) -> None:
    """Save the near values among those of ``work.phash`` in ``work.near_value``; one may be there several times."""
    values = store.save("work.near_bits", "select/duplicates/near_bits")
    put(store, "near_value", [])
    pairs = [64 * first + second for first, second in combinations(range(radius + 2), 2)]
    for lot in [pairs] if values <= _VALUES_AT_ONCE else [[bands] for bands in pairs]:
        store.append("work.near_value", "select/duplicates/near_values", {"radius": radius, "bands": lot})


def turned_hashes(look: str) -> set[str]:
    """Return the hashes of an image mirrored and turned in seven ways. ``look`` has those of the image: macro look().

    They are those of its pixels but for few bits: a mirrored image has the coefficients of odd frequencies negated, and
    a bit is set if one is greater than a number near zero.
    """
    parts = [_bits(look[:_DIGITS], _COARSE)] + ([_bits(look[_DIGITS:], _FINER)] if look[_DIGITS:] else [])
    ways = list(product((False, True), repeat=3))[1:]
    return {"".join(_turned(bits, *way) for bits in parts) for way in ways}


def _bits(digits: str, side: int) -> np.ndarray:
    return np.unpackbits(np.frombuffer(bytes.fromhex(digits), np.uint8)).reshape(side, side)


def _turned(bits: np.ndarray, is_transposed: bool, is_mirrored: bool, is_flipped: bool) -> str:
    is_odd = np.arange(1, len(bits) + 1, dtype=np.uint8) % 2
    found = bits.T if is_transposed else bits
    found = found ^ (is_odd[None, :] * is_mirrored) ^ (is_odd[:, None] * is_flipped)
    return np.packbits(found.ravel()).tobytes().hex()
