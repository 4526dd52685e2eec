"""Processes that start without pandas."""

import subprocess
import sys

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


def test_arrow_works_without_pandas_until_to_pandas():
    subprocess.run([sys.executable, "-c", _SCRIPT], check=True)
