"""Start Python processes of our own: with the same modules, and without those that cost time."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType


def module_command(module: str, environment: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """Return the command and the environment that run ``module``, which finds this process's modules and no others."""
    path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    return [sys.executable, "-P", "-m", module], {**environment, "PYTHONPATH": path}


def without_numpy() -> None:
    """Make NumPy and pandas unavailable in this process: they are half of the time that Arrow takes to load.

    Arrow works without them. For processes that only send and receive Arrow tables; call it before Arrow is loaded.
    """
    sys.modules["numpy"] = sys.modules["pandas"] = None  # type: ignore[assignment] # the import raises an error


def with_one_blas_thread() -> None:
    """Keep OpenBLAS from starting a thread per core when NumPy is loaded: they spin for 0.05 CPU seconds.

    We multiply no large matrices, and run a process per core.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


class _NoPandas:
    """Reports that pandas is not installed."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:  # noqa: ARG002
        """Leave every other name to the other finders."""
        if fullname == "pandas":
            raise ModuleNotFoundError("not needed here", name=fullname)


def without_pandas() -> None:
    """Keep Arrow from importing pandas in this process: it costs 0.2 s and 40 MB, and we use no data frames.

    Arrow tries the import once, at the first ``pa.array`` (its ``pandas-shim.pxi``). ``to_pandas`` still imports it.
    For workers and commands only: a program that imports this project as a library is left unchanged.
    """
    if "pandas" in sys.modules:
        return
    import pyarrow as pa  # noqa: PLC0415

    finder = _NoPandas()
    sys.meta_path.insert(0, finder)
    try:
        pa.array([0])  # tries the import twice: once in Cython, once in C++
    finally:
        sys.meta_path.remove(finder)
