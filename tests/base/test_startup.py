"""Processes that start without pandas, and without threads that do nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_SCRIPT = """
import sys
from indexer.base.startup import without_pandas
without_pandas()
import numpy, pyarrow
table = pyarrow.table({"a": [1, 2], "b": ["x", None], "c": numpy.arange(2)})
assert pyarrow.scalar(1).as_py() == 1
assert "pandas" not in sys.modules, "Arrow has found another way to import pandas"
assert len(table.to_pandas()) == 2
"""


_THREADS = """
import os
from indexer.base.startup import with_one_blas_thread
with_one_blas_thread()
import numpy
assert numpy.ones((300, 300)).dot(numpy.ones((300, 300)))[0, 0] == 300
assert len(os.listdir("/proc/self/task")) == 1, "NumPy has started threads"
"""


def test_arrow_works_without_pandas_until_to_pandas():
    subprocess.run([sys.executable, "-c", _SCRIPT], check=True)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs procfs")
def test_numpy_starts_no_threads():
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    subprocess.run([sys.executable, "-c", _THREADS], env=environment, check=True)
