"""The table of all rows, packed for the page: JSON in gzip in base64, unpacked by the browser when it is wanted.

Rows go in slices, columns inside a slice: neighbouring file_ids, paths and members repeat each other, and gzip finds
that only within 32 kB. 360,000 rows take about 6 MB.
"""

import base64
import gzip
import json
from typing import Any

import pyarrow as pa

from indexer.reporting.pictures import visible

_SLICE = 200
_TEXTS = ("file_id", "source", "path", "member", "format", "status", "text")


def packed(rows: pa.Table) -> str:
    """``rows`` (sql/report/table.sql) as base64 text of gzipped JSON: a list of slices, each column name -> values.

    Equal rows give equal text: gzip's header carries no time.
    """
    slices = [_slice(rows.slice(start, _SLICE)) for start in range(0, rows.num_rows, _SLICE)]
    text = f"[{','.join(slices)}]".encode()
    return base64.b64encode(gzip.compress(text, compresslevel=9, mtime=0)).decode("ascii")


def _slice(rows: pa.Table) -> str:
    values: dict[str, list[Any]] = rows.to_pydict()
    for name in _TEXTS:
        values[name] = [visible(text) for text in values[name]]
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))
