"""Roots -> raw rows: what lies on disk, in the tables ``container``, ``member``, ``side_row`` and ``finding``.

::

    walk        a root -> its files, fd-relative; what cannot be walked is a finding
    survey      a source -> its containers, its loose files, what of it was scanned before
    worker      a container -> temporary Arrow files of raw rows (runs in worker processes)
    side_files  bytes of a csv, json, jsonl or txt file -> records
    commit      raw rows -> the store, a transaction a container
    run         strings these together; :func:`scan` is all that others call
"""

from indexer.scanning.models import ScanOptions, ScanSummary, SourceSummary
from indexer.scanning.run import scan

__all__ = ["ScanOptions", "ScanSummary", "SourceSummary", "scan"]
