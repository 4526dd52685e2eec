"""Budgets against archives that ask for more than anybody means to give."""

from typing import Any

import numpy as np

from indexer.containers.shapes import Limits

_SMALL = 1 << 20  # bytes; whatever is smaller unpacked is no bomb, however well it was packed


def beyond_limits(size: Any, packed_size: Any, limits: Limits) -> Any:
    """Whether ``size`` bytes out of ``packed_size`` are more than a member may unpack to; numbers or arrays of them."""
    return (size > limits.member_size) | ((size > _SMALL) & (size > limits.ratio * np.maximum(packed_size, 1)))
