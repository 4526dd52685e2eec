"""Code the values of a trait without regard to classes, so that a rule on few values can be learned.

A value that is frequent has a code of its own. Of numbers, the others are divided at quantiles; of texts, the others
have one code together. So a rule finds thresholds, and does not memorise images.
"""

import numpy as np
import pyarrow as pa

from indexer.selection.audit.prediction.models import UNKNOWN, Real, Trait

_FEW = 5  # images: a text of fewer has no code of its own
_MOST_BINS = 64
_OTHERS = "any other"


def coded(name: str, column: pa.ChunkedArray) -> Trait:
    """Return the trait of a column of numbers (float64) or texts."""
    if pa.types.is_floating(column.type):
        return _numbers(name, column.to_numpy())
    return _texts(name, column)


def bins_of(images: int) -> int:
    """Return the number of quantiles for ``images``: a power of 2 near the square root, 4 to 64."""
    return int(min(max(2 ** (images.bit_length() - 1 >> 1), 4), _MOST_BINS))


def _texts(name: str, column: pa.ChunkedArray) -> Trait:
    encoded = column.combine_chunks().dictionary_encode()
    values = encoded.dictionary.to_pylist()
    found = np.asarray(encoded.indices.fill_null(len(values)).to_numpy(zero_copy_only=False), np.int64)
    counts = np.bincount(found, minlength=len(values) + 1)[:-1]
    rare = np.flatnonzero(counts < _FEW)
    frequent = sorted(np.flatnonzero(counts >= _FEW).tolist(), key=values.__getitem__)
    if len(rare) == 1:
        frequent, rare = sorted(range(len(values)), key=values.__getitem__), rare[:0]
    code_of = np.full(len(values) + 1, UNKNOWN, np.int64)
    code_of[frequent] = np.arange(len(frequent))
    code_of[rare] = len(frequent)
    texts = [values[value] for value in frequent] + [_OTHERS] * bool(len(rare))
    return Trait(name, code_of[found], texts)


def _numbers(name: str, values: Real) -> Trait:
    """Code frequent numbers, quantiles of the others, and NaN. Codes rise with the numbers."""
    known, bins = values[~np.isnan(values)], bins_of(len(values))
    distinct, counts = np.unique(known, return_counts=True)
    frequent = distinct[counts >= max(_FEW, len(values) / (4 * bins))]
    others = known[~np.isin(known, frequent)]
    edges = _edges(others, max(round(bins * len(others) / max(len(values), 1)), 1))
    cells = np.searchsorted(edges, values, side="right") - 1
    is_frequent = np.isin(values, frequent)
    cells[is_frequent] = len(edges) + np.searchsorted(frequent, values[is_frequent])
    cells[np.isnan(values)] = len(edges) + len(frequent)
    ends = np.append(edges, np.inf)[1:]
    ranges = [_range(others[(others >= low) & (others < end)]) for low, end in zip(edges, ends, strict=True)]
    texts = [*ranges, *map(_number, frequent), "none"]
    order = np.argsort(np.concatenate([edges, frequent, [np.inf]]), kind="stable")
    return Trait(name, np.argsort(order)[cells], [texts[cell] for cell in order])


def _edges(values: Real, bins: int) -> Real:
    """Return where the quantiles of ``values`` begin; none without values."""
    if not len(values):
        return np.empty(0)
    ranks = np.arange(bins) * len(values) // bins
    edges: Real = np.unique(np.sort(values)[ranks])
    return edges


def _range(values: Real) -> str:
    low, high = _number(values.min()), _number(values.max())
    return low if low == high else f"{low} to {high}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) else f"{value:.3g}"
