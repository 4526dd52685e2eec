"""The split: groups of images that hang together, dealt to the sides."""

from collections.abc import Mapping

import numpy as np

from indexer.manifest.store import Store
from indexer.selection.balance import Kinds, Whole, deal, targets
from indexer.selection.models import Uneven, put

_CHOSEN = "image "


def split(store: Store, parts: Mapping[str, float]) -> tuple[Uneven, ...]:
    """Leave the split of every component in ``work.side``; returns what could not be divided as asked."""
    for table, step in (("edge", "edges"), ("node", "nodes"), ("component", "components"), ("signature", "signatures")):
        store.save(f"work.{table}", f"select/{step}")
    signatures = store.rows("select/signature_counts")
    names = sorted({name for _, generators, _, _ in signatures for name in generators})
    kinds = _kinds(signatures, names)
    shares = np.array(list(parts.values()))
    dealt = deal(kinds, shares)
    put(store, "placement", _placement(signatures, list(parts), dealt))
    store.save("work.side", "select/sides")
    return _uneven(kinds, dealt, names, parts)


def _kinds(signatures: list[tuple[int, list[str], list[int], int]], names: list[str]) -> Kinds:
    column = {name: index for index, name in enumerate(names)}
    images = np.zeros((len(signatures), len(names)), np.int64)
    for row, (_, generators, counts, _) in enumerate(signatures):
        images[row, [column[name] for name in generators]] = counts
    return Kinds(images, np.array([groups for *_, groups in signatures], np.int64))


def _placement(
    signatures: list[tuple[int, list[str], list[int], int]], splits: list[str], dealt: Whole
) -> list[tuple[object, ...]]:
    """Each kind's queue cut in as many stretches as there are splits."""
    upto = np.cumsum(dealt, axis=1)
    return [
        (signature, name, int(upto[row, place] - dealt[row, place]), int(upto[row, place]))
        for row, (signature, *_) in enumerate(signatures)
        for place, name in enumerate(splits)
    ]


def _uneven(kinds: Kinds, dealt: Whole, names: list[str], parts: Mapping[str, float]) -> tuple[Uneven, ...]:
    found = dealt.T @ kinds.images
    wanted = targets(found.sum(axis=0), np.array(list(parts.values())))
    return tuple(
        Uneven(name.removeprefix(_CHOSEN), side, int(found[row, column]), int(wanted[row, column]))
        for column, name in enumerate(names)
        for row, side in enumerate(parts)
        if name.startswith(_CHOSEN) and abs(found[row, column] - wanted[row, column]) > 1
    )
