"""Scan source roots into the raw tables ``container``, ``member``, ``side_row`` and ``finding``.

In the order of the data flow::

    folder_listing  a root -> its files; entries that cannot be listed become findings
    root_listing    a source -> its containers and loose files
    plan            a source -> tasks for the containers that are new or changed
    worker          a container -> temporary Arrow files of raw rows (runs in worker processes)
    side_files      bytes of a csv, json, jsonl or txt file -> records
    commit          raw rows -> the manifest, one transaction per container
    run             all of the above; :func:`scan` is the public function
"""

from indexer.scanning.models import ScanOptions, ScanSummary, SourceSummary
from indexer.scanning.run import scan

__all__ = ["ScanOptions", "ScanSummary", "SourceSummary", "scan"]
