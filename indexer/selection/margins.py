"""Fit a table to given sums of its rows and columns."""

import numpy as np

from indexer.selection.rounding import Real

_ROUNDS = 2_000
_NEAR = 1e-9
_LEAST = 1e-3  # of an image: a cell of 0 could never grow


def fitted(wanted: Real, rows: Real, columns: Real) -> Real:
    """Return the table next to ``wanted`` whose rows and columns have these sums.

    The sums of ``rows`` and ``columns`` are equal. Source: Deming and Stephan, "On a Least Squares Adjustment of a
    Sampled Frequency Table", Annals of Mathematical Statistics 11 (1940): iterative proportional fitting.
    """
    table = np.maximum(wanted, _LEAST) * (rows[:, None] > 0) * (columns[None, :] > 0)
    for _ in range(_ROUNDS):
        table *= np.divide(columns, table.sum(axis=0), out=np.zeros(len(columns)), where=columns > 0)[None, :]
        factors = np.divide(rows, table.sum(axis=1), out=np.zeros(len(rows)), where=rows > 0)
        table *= factors[:, None]
        if np.abs(table.sum(axis=0) - columns).max(initial=0) < _NEAR:
            break
    return table
