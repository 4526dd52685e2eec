"""What our own processes can do without when they start."""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType


class _NoPandas(MetaPathFinder):
    """Says that there is no pandas."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:  # noqa: ARG002
        """Leave every other name to the other finders."""
        if fullname == "pandas":
            raise ModuleNotFoundError("not needed here", name=fullname)


def without_pandas() -> None:
    """Keep Arrow from importing pandas here: 0.2 s and 40 MB in every process, for us who hand it no data frames.

    Arrow imports it at the first ``pa.array`` to ask whether the values are pandas' own (its ``pandas-shim.pxi``), and
    asks only then: it is told that there is none. ``to_pandas`` imports it all the same. For workers and commands:
    whoever calls us from a program of theirs keeps what they have.
    """
    if "pandas" in sys.modules:
        return
    import pyarrow as pa  # noqa: PLC0415

    finder = _NoPandas()
    sys.meta_path.insert(0, finder)
    try:
        pa.array([0])  # asks twice: once in Cython, once in C++
    finally:
        sys.meta_path.remove(finder)
